#include "common/loop.hpp"

#include <csignal>
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

}  // namespace

struct EventSource::Holder {
  sd_event_source* source = nullptr;
  std::function<void(std::uint32_t)> io_handler;
  std::function<void()> handler;

  // The trampolines are noexcept: an exception that reaches C code is a defect, and ends there.
  static int on_io(sd_event_source*, int, std::uint32_t events, void* self) noexcept {
    // A handler may end its own source; the copy keeps the closure alive until it returns.
    const auto call = static_cast<Holder*>(self)->io_handler;
    call(events);
    return 0;
  }
  static int on_time(sd_event_source*, std::uint64_t, void* self) noexcept { return run(self); }
  static int on_signal(sd_event_source*, const signalfd_siginfo*, void* self) noexcept {
    return run(self);
  }
  static int on_event(sd_event_source*, void* self) noexcept { return run(self); }
  static int run(void* self) noexcept {
    const auto call = static_cast<Holder*>(self)->handler;
    call();
    return 0;
  }
};

void EventSource::Delete::operator()(Holder* holder) const {
  if (holder->source != nullptr) {
    sd_event_source_set_enabled(holder->source, SD_EVENT_OFF);
    sd_event_source_unref(holder->source);
  }
  delete holder;  // NOLINT(cppcoreguidelines-owning-memory): this is the owner's deleter
}

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

EventSource Loop::adopt(std::unique_ptr<EventSource::Holder> holder, int result, const char* what) {
  EventSource owner;
  owner.source_.reset(holder.release());
  check(result, what);
  return owner;
}

EventSource Loop::io(int fd, std::uint32_t events, IoHandler handler) {
  auto holder = std::make_unique<EventSource::Holder>();
  holder->io_handler = std::move(handler);
  const int result = sd_event_add_io(event_, &holder->source, fd, events,
                                     EventSource::Holder::on_io, holder.get());
  return adopt(std::move(holder), result, "cannot watch a descriptor");
}

void Loop::set_events(EventSource& source, std::uint32_t events) {
  check(sd_event_source_set_io_events(source.source_->source, events), "cannot watch a descriptor");
}

EventSource Loop::timer(Handler handler, irmeter::Duration accuracy) {
  auto holder = std::make_unique<EventSource::Holder>();
  holder->handler = std::move(handler);
  const int result = sd_event_add_time(event_, &holder->source, CLOCK_BOOTTIME, 0,
                                       static_cast<std::uint64_t>(accuracy.count()),
                                       EventSource::Holder::on_time, holder.get());
  EventSource owner = adopt(std::move(holder), result, "cannot make a timer");
  disarm(owner);
  return owner;
}

void Loop::arm(EventSource& timer, irmeter::Instant at) {
  check(sd_event_source_set_time(timer.source_->source, to_usec(at)), "cannot set a timer");
  check(sd_event_source_set_enabled(timer.source_->source, SD_EVENT_ONESHOT), "cannot set a timer");
}

void Loop::disarm(EventSource& timer) {
  check(sd_event_source_set_enabled(timer.source_->source, SD_EVENT_OFF), "cannot stop a timer");
}

EventSource Loop::signal(int number, Handler handler) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  check(-pthread_sigmask(SIG_BLOCK, &set, nullptr), "cannot block a signal");
  auto holder = std::make_unique<EventSource::Holder>();
  holder->handler = std::move(handler);
  const int result = sd_event_add_signal(event_, &holder->source, number,
                                         EventSource::Holder::on_signal, holder.get());
  return adopt(std::move(holder), result, "cannot watch a signal");
}

EventSource Loop::deferred(Handler handler) {
  auto holder = std::make_unique<EventSource::Holder>();
  holder->handler = std::move(handler);
  const int result =
      sd_event_add_defer(event_, &holder->source, EventSource::Holder::on_event, holder.get());
  EventSource owner = adopt(std::move(holder), result, "cannot make an event source");
  check(sd_event_source_set_enabled(owner.source_->source, SD_EVENT_OFF),
        "cannot make an event source");
  return owner;
}

void Loop::trigger(EventSource& deferred) {
  check(sd_event_source_set_enabled(deferred.source_->source, SD_EVENT_ONESHOT),
        "cannot trigger an event source");
}

EventSource Loop::before_sleep(Handler handler) {
  auto holder = std::make_unique<EventSource::Holder>();
  holder->handler = std::move(handler);
  // sd-event runs the prepare callback of every enabled source before each sleep; a timer that
  // never fires is the cheapest source to carry one.
  int result = sd_event_add_time(event_, &holder->source, CLOCK_BOOTTIME, UINT64_MAX, 0,
                                 EventSource::Holder::on_time, holder.get());
  if (result >= 0) {
    result = sd_event_source_set_prepare(holder->source, EventSource::Holder::on_event);
  }
  return adopt(std::move(holder), result, "cannot make an event source");
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
