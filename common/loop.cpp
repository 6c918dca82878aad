#include "common/loop.hpp"

#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

namespace irmeterd {
namespace {

void check(int result, const char* what) {
  if (result < 0) {
    throw std::system_error(-result, std::system_category(), what);
  }
}

std::uint64_t to_usec(irmeter::Instant at) {
  const auto count = at.time_since_epoch().count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

Loop::IoHandler ignoring_events(Loop::Handler handler) {
  return [call = std::move(handler)](std::uint32_t) { call(); };
}

}  // namespace

struct EventSource::Registration {
  sd_event_source* source = nullptr;
  std::function<void(std::uint32_t)> handler;
  std::optional<std::uint64_t> armed{};  // of a timer: to when
  bool running = false;

  // The trampolines are noexcept: an exception that reaches C code is a defect, and ends there.
  static int on_io(sd_event_source*, int, std::uint32_t events, void* self) noexcept {
    run(self, events);
    return 0;
  }
  // Off only where the handler has not set it anew: most do, and to go off and on again costs more
  // than all else about a timer.
  static int on_time(sd_event_source* source, std::uint64_t, void* self) noexcept {
    auto* const timer = static_cast<Registration*>(self);
    timer->armed.reset();
    if (run(self) && !timer->armed) {
      check(sd_event_source_set_enabled(source, SD_EVENT_OFF), "cannot stop a timer");
    }
    return 0;
  }
  static int on_signal(sd_event_source*, const signalfd_siginfo*, void* self) noexcept {
    run(self);
    return 0;
  }
  static int on_event(sd_event_source*, void* self) noexcept {
    run(self);
    return 0;
  }
  // A handler may end its own source, which then lives until it returns. Whether it is still there.
  static bool run(void* self, std::uint32_t events = 0) noexcept {
    auto* const registration = static_cast<Registration*>(self);
    registration->running = true;
    registration->handler(events);
    registration->running = false;
    const bool ended = registration->source == nullptr;
    if (ended) {
      Delete()(registration);
    }
    return !ended;
  }
};

void EventSource::Delete::operator()(Registration* registration) const {
  if (sd_event_source* const source = std::exchange(registration->source, nullptr)) {
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    sd_event_source_unref(source);
  }
  if (!registration->running) {
    delete registration;  // NOLINT(cppcoreguidelines-owning-memory): this is the owner's deleter
  }
}

EventSource::EventSource(std::function<void(std::uint32_t)> handler)
    : source_(new Registration{.handler = std::move(handler)}) {}

Loop::Loop() {
  check(sd_event_new(&event_), "cannot create the event loop");
}

Loop::~Loop() {
  sd_event_unref(event_);
}

irmeter::Instant Loop::now() const {
  std::uint64_t usec = 0;
  check(sd_event_now(event_, CLOCK_BOOTTIME, &usec), "cannot read the clock");
  return irmeter::Instant(irmeter::Duration(static_cast<std::int64_t>(usec)));
}

EventSource Loop::io(int fd, std::uint32_t events, IoHandler handler) {
  EventSource made(std::move(handler));
  check(sd_event_add_io(event_, &made.source_->source, fd, events, EventSource::Registration::on_io,
                        made.source_.get()),
        "cannot watch a descriptor");
  return made;
}

void Loop::set_events(EventSource& source, std::uint32_t events) {
  check(sd_event_source_set_io_events(source.source_->source, events), "cannot watch a descriptor");
}

EventSource Loop::timer(Handler handler, irmeter::Duration accuracy) {
  EventSource made(ignoring_events(std::move(handler)));
  check(sd_event_add_time(event_, &made.source_->source, CLOCK_BOOTTIME, 0,
                          static_cast<std::uint64_t>(accuracy.count()),
                          EventSource::Registration::on_time, made.source_.get()),
        "cannot make a timer");
  check(sd_event_source_set_enabled(made.source_->source, SD_EVENT_OFF), "cannot make a timer");
  return made;
}

void Loop::arm(EventSource& timer, irmeter::Instant at) {
  auto& [source, handler, armed, running] = *timer.source_;
  if (std::exchange(armed, to_usec(at)) != to_usec(at)) {
    check(sd_event_source_set_time(source, *armed), "cannot set a timer");
    check(sd_event_source_set_enabled(source, SD_EVENT_ON), "cannot set a timer");
  }
}

void Loop::disarm(EventSource& timer) {
  if (std::exchange(timer.source_->armed, std::nullopt)) {
    check(sd_event_source_set_enabled(timer.source_->source, SD_EVENT_OFF), "cannot stop a timer");
  }
}

EventSource Loop::signal(int number, Handler handler) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  check(-pthread_sigmask(SIG_BLOCK, &set, nullptr), "cannot block a signal");
  EventSource made(ignoring_events(std::move(handler)));
  check(sd_event_add_signal(event_, &made.source_->source, number,
                            EventSource::Registration::on_signal, made.source_.get()),
        "cannot watch a signal");
  return made;
}

EventSource Loop::deferred(Handler handler) {
  EventSource made(ignoring_events(std::move(handler)));
  check(sd_event_add_defer(event_, &made.source_->source, EventSource::Registration::on_event,
                           made.source_.get()),
        "cannot make an event source");
  check(sd_event_source_set_enabled(made.source_->source, SD_EVENT_OFF),
        "cannot make an event source");
  return made;
}

void Loop::trigger(EventSource& deferred) {
  check(sd_event_source_set_enabled(deferred.source_->source, SD_EVENT_ONESHOT),
        "cannot trigger an event source");
}

EventSource Loop::before_sleep(Handler handler) {
  // sd-event runs the prepare callback of every enabled source before each sleep; a timer that
  // never fires is the cheapest source to carry one.
  EventSource made = timer(std::move(handler));
  arm(made, irmeter::Instant::max());
  check(sd_event_source_set_prepare(made.source_->source, EventSource::Registration::on_event),
        "cannot make an event source");
  return made;
}

int Loop::run() {
  int code = 0;
  check(sd_event_loop(event_), "the event loop failed");
  check(sd_event_get_exit_code(event_, &code), "the event loop failed");
  return code;
}

void Loop::run_once(irmeter::Duration timeout) {
  check(sd_event_run(event_, static_cast<std::uint64_t>(timeout.count())), "the event loop failed");
}

void Loop::exit(int code) {
  check(sd_event_exit(event_, code), "cannot leave the event loop");
}

}  // namespace irmeterd
