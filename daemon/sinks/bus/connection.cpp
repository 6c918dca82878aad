#include "daemon/sinks/bus/connection.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

namespace irmeterd::bus {
namespace {

// Bounds the few calls that wait for the bus itself; it answers within milliseconds or is hung.
constexpr std::chrono::microseconds call_timeout = std::chrono::seconds(2);

// The end of the connection comes as a message. What follows of it may destroy the connection,
// which is not for a handler of its own to do.
int on_disconnected(sd_bus_message*, void* lost, sd_bus_error*) noexcept {
  Loop::trigger(*static_cast<EventSource*>(lost));
  return 0;
}

}  // namespace

void check(int result, const char* what) {
  if (result < 0) {
    throw std::system_error(-result, std::generic_category(), what);
  }
}

Connection::Connection(Bus kind) {
  check(kind == Bus::session ? sd_bus_open_user(&bus_) : sd_bus_open_system(&bus_),
        "cannot connect to it");
  const int greeted = sd_bus_flush(bus_);
  if (greeted < 0) {
    sd_bus_close_unref(bus_);
    check(greeted, "it does not greet");
  }
  sd_bus_set_method_call_timeout(bus_, static_cast<std::uint64_t>(call_timeout.count()));
}

Connection::~Connection() {
  disconnected_.reset();
  sd_bus_flush_close_unref(bus_);
}

void Connection::own(const char* name) {
  const int result = sd_bus_request_name(bus_, name, 0);
  if (result == -EEXIST) {
    throw std::runtime_error("another process owns the name " + std::string(name));
  }
  if (result == -EACCES || result == -EPERM) {
    throw std::runtime_error("its policy does not let this user own the name " + std::string(name));
  }
  check(result, "it gives no name");
}

bool Connection::is_owned(const char* name) {
  return sd_bus_get_name_creds(bus_, name, 0, nullptr) >= 0;
}

void Connection::attach(Loop& loop, std::function<void()> lost) {
  lost_ = loop.deferred(std::move(lost));
  sd_bus_slot* slot = nullptr;
  check(
      sd_bus_match_signal(bus_, &slot, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
                          "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, &lost_),
      "cannot watch the connection");
  disconnected_.reset(slot);
  check(sd_bus_attach_event(bus_, loop.raw(), SD_EVENT_PRIORITY_NORMAL),
        "cannot serve the connection");
}

}  // namespace irmeterd::bus
