#include "common/line/line.hpp"

#include <sys/epoll.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace irmeterd {
namespace {

// A probe that takes its power from the port's lines needs this long before it can send, and what
// it sends until then is garbage.
constexpr std::chrono::milliseconds warm_up{50};

// Several requests; a line that takes less than one a poll is not to be talked to.
constexpr std::size_t most_unsent = 256;

// A server that has not acknowledged what it was sent this often is gone. On a local network that
// is clear after 1.4 s, and the meter's state is to be right within 2 s; by default the kernel
// would try for a quarter of an hour.
constexpr unsigned most_unacknowledged = 4;
constexpr std::chrono::milliseconds check_interval{250};

}  // namespace

Line::Line(Loop& loop, const MeterConfig& meter, Handlers handlers)
    : loop_(loop), meter_(meter), handlers_(std::move(handlers)), talk_(meter.device) {
  wake_ = loop_.timer([this] { ready_ ? on_rested() : on_warm(); }, std::chrono::microseconds(1));
  if (is_tcp_url(meter_.device)) {
    check_ = loop_.timer([this] { on_check(); });
  }
}

void Line::open() {
  close();
  if (is_tcp_url(meter_.device)) {
    connect_ = std::make_unique<TcpConnect>(loop_, meter_.device, [this](OpenedLine opened) {
      const auto finished = std::move(connect_);
      on_opened(std::move(opened));
    });
  } else {
    on_opened(open_path(meter_));
  }
}

void Line::close() {
  connect_.reset();
  watch_.reset();
  Loop::disarm(wake_);
  if (check_) {
    Loop::disarm(check_);
  }
  resting_ = checking_ = false;
  fd_.reset();
  irmeter::wipe(unsent_.data(), unsent_.size());
  unsent_.clear();
  ready_ = false;
}

void Line::on_opened(OpenedLine opened) {
  if (const auto* failure = std::get_if<irmeter::Failure>(&opened)) {
    fail(*failure);
    return;
  }
  fd_ = std::move(std::get<FileDescriptor>(opened));
  const bool needs_power = isatty(fd_.get()) != 0;
  Loop::arm(wake_, needs_power ? loop_.now() + warm_up : loop_.now());
}

void Line::on_warm() {
  (void)tcflush(fd_.get(), TCIOFLUSH);  // a socket has nothing to flush, and says so
  try {
    watch_ = loop_.io(fd_.get(), EPOLLIN, [this](std::uint32_t events) { on_event(events); });
  } catch (const std::system_error& error) {
    fail({irmeter::Fault::unusable_device, meter_.device + ": " + error.what()});
    return;
  }
  ready_ = true;
  talk_.connected();
  handlers_.ready();
}

void Line::on_rested() {
  resting_ = false;
  on_event(EPOLLIN);
  if (ready_) {
    watch();
  }
}

void Line::on_event(std::uint32_t events) {
  const bool hung_up = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (hung_up || (events & EPOLLIN) != 0) {
    std::array<std::uint8_t, 512> buffer{};
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      on_bytes(irmeter::ByteView(buffer).first(static_cast<std::size_t>(count)));
      return;  // more, or the end of it, comes in the next turn
    }
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      lost(errno);
      return;
    }
    // A terminal that reads nothing says 0 as well; only a socket has ended then.
    if (hung_up || (count == 0 && isatty(fd_.get()) == 0)) {
      irmeter::Failure ended = line_ended(meter_.device);
      ended.context += talk_.quotation();
      fail(ended);
      return;
    }
  }
  if ((events & EPOLLOUT) != 0) {
    flush();
  }
}

void Line::on_bytes(irmeter::ByteView bytes) {
  if (!is_tcp_url(meter_.device)) {
    handlers_.bytes(bytes);
    return;
  }
  const auto [light, failure] = talk_.received(bytes);
  if (failure) {
    fail(*failure);
  } else if (!light.empty()) {
    handlers_.bytes(light);
  }
}

void Line::write(irmeter::ByteView bytes) {
  if (unsent_.size() + bytes.size() > most_unsent) {
    const auto fault =
        is_tcp_url(meter_.device) ? irmeter::Fault::no_server : irmeter::Fault::unusable_device;
    fail({fault, meter_.device + ": does not take what is sent"});
    return;
  }
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  talk_.sent();
  flush();
}

void Line::flush() {
  if (!ready_) {
    return;
  }
  while (!unsent_.empty()) {
    const ssize_t count = ::write(fd_.get(), unsent_.data(), unsent_.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && errno == EAGAIN) {
      break;
    }
    if (count < 0) {
      lost(errno);
      return;
    }
    irmeter::wipe(unsent_.data(), static_cast<std::size_t>(count));  // it may have been the key
    unsent_.erase(unsent_.begin(), unsent_.begin() + count);
    if (check_ && !std::exchange(checking_, true)) {
      Loop::arm(check_, loop_.now() + check_interval);
    }
  }
  watch();
}

void Line::rest_until(irmeter::Instant then) {
  if (ready_) {
    resting_ = true;
    Loop::arm(wake_, then);
    watch();
  }
}

void Line::watch() {
  Loop::set_events(watch_, (resting_ ? 0U : EPOLLIN) | (unsent_.empty() ? 0U : EPOLLOUT));
}

void Line::on_check() {
  const unsigned times = times_unacknowledged(fd_.get());
  checking_ = times > 0;
  if (times >= most_unacknowledged) {
    lost(ETIMEDOUT);
  } else if (checking_) {
    Loop::arm(check_, loop_.now() + check_interval);
  }
}

void Line::lost(int error) {
  fail(error == EIO ? line_ended(meter_.device) : line_failure(error, meter_.device));
}

void Line::fail(const irmeter::Failure& failure) {
  close();
  handlers_.failed(failure);
}

}  // namespace irmeterd
