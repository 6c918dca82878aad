#include "daemon/sinks/bus/compat.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace irmeterd::bus {
namespace {

// Bounds the few calls that wait for the bus itself; it answers within milliseconds or is hung.
constexpr std::chrono::seconds call_timeout{2};

// Messages served before other event sources get their turn.
constexpr int batch = 32;

#if SDBUS_MAJOR >= 2
using ServiceName = sdbus::ServiceName;
using ErrorName = sdbus::Error::Name;

bool process_one(sdbus::IConnection& connection) {
  return connection.processPendingEvent();
}

std::optional<irmeter::Duration> time_left(const sdbus::IConnection::PollData& poll) {
  const auto left = poll.getRelativeTimeout();
  return left == std::chrono::microseconds::max() ? std::nullopt : std::optional(left);
}
#else
using ServiceName = std::string;
using ErrorName = std::string;

bool process_one(sdbus::IConnection& connection) {
  return connection.processPendingRequest();
}

std::optional<irmeter::Duration> time_left(const sdbus::IConnection::PollData& poll) {
  return poll.getRelativeTimeout();
}
#endif

}  // namespace

sdbus::Error make_error(const std::string& name, const std::string& text) {
  return sdbus::Error(ErrorName{name}, text);
}

std::unique_ptr<sdbus::IConnection> open(Bus kind) {
  auto connection = kind == Bus::session ? sdbus::createSessionBusConnection()
                                         : sdbus::createSystemBusConnection();
  connection->setMethodCallTimeout(call_timeout);
  return connection;
}

void own_name(sdbus::IConnection& connection, const std::string& name) {
  try {
    connection.requestName(ServiceName{name});
  } catch (const sdbus::Error& error) {
    const std::string_view why = error.getName();
    if (why == "org.freedesktop.DBus.Error.FileExists") {
      throw std::runtime_error("another process owns the name " + name);
    }
    if (why == "org.freedesktop.DBus.Error.AccessDenied") {
      throw std::runtime_error("its policy does not let this user own the name " + name);
    }
    throw;
  }
}

Attachment::Attachment(Loop& loop, sdbus::IConnection& connection, Lost lost)
    : loop_(loop),
      connection_(connection),
      lost_(std::move(lost)),
      socket_(loop.io(connection.getEventLoopPollData().fd, 0, [this](std::uint32_t) { serve(); })),
      timer_(loop.timer([this] { serve(); }, std::chrono::milliseconds(1))),
      turn_(loop.before_sleep([this] { await(); })) {}

void Attachment::serve() {
  try {
    for (int i = 0; i < batch && process_one(connection_); ++i) {
    }
  } catch (const std::exception& error) {
    end(error);
  }
}

void Attachment::await() {
  try {
    const auto poll = connection_.getEventLoopPollData();
    // poll(2) and epoll(7) share their bits.
    Loop::set_events(socket_, static_cast<std::uint32_t>(poll.events));
    if (const auto left = time_left(poll)) {
      Loop::arm(timer_, loop_.now() + *left);
    } else {
      Loop::disarm(timer_);
    }
  } catch (const std::exception& error) {
    end(error);
  }
}

// A dead descriptor is ready for ever: stop watching it. Nothing of *this may be used after the
// handler, which may have destroyed it.
void Attachment::end(const std::exception& error) {
  socket_.reset();
  timer_.reset();
  turn_.reset();
  const Lost lost = std::move(lost_);
  lost(error.what());
}

}  // namespace irmeterd::bus
