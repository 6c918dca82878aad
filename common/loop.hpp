// sd-event with owners: one loop, and event sources that end with the object that made them.
//
// Handlers run on the loop's thread and must not throw; one that does ends the process, because
// nobody could tell what state it left behind. Time is the boot clock, which goes on during
// suspend, as the core's Instant.
#pragma once

#include <systemd/sd-event.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "lib/time.hpp"

namespace irmeterd {

// An event source. Moving keeps it, destroying ends it.
class EventSource {
 public:
  EventSource() = default;
  explicit operator bool() const { return source_ != nullptr; }
  void reset() { source_.reset(); }

 private:
  friend class Loop;
  struct Registration;
  struct Delete {
    void operator()(Registration* registration) const;
  };
  explicit EventSource(std::function<void(std::uint32_t)> handler);
  std::unique_ptr<Registration, Delete> source_;
};

class Loop {
 public:
  // Throws std::system_error when the kernel gives no event loop.
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The moment the loop woke up, or the present one when it is not running yet.
  [[nodiscard]] irmeter::Instant now() const;

  using IoHandler = std::function<void(std::uint32_t events)>;  // EPOLL* bits
  using Handler = std::function<void()>;

  // Calls handler whenever fd has one of the events (EPOLLIN and so on). The fd must outlive it.
  [[nodiscard]] EventSource io(int fd, std::uint32_t events, IoHandler handler);
  static void set_events(EventSource& source, std::uint32_t events);

  // A timer that is off until armed, and fires once each time it is armed. Accuracy is how much
  // later than its time it may fire to share a wake-up with others.
  [[nodiscard]] EventSource timer(Handler handler,
                                  irmeter::Duration accuracy = std::chrono::milliseconds(50));
  // Costs nothing where it is armed to that moment already.
  static void arm(EventSource& timer, irmeter::Instant at);
  static void disarm(EventSource& timer);

  // Calls handler when the signal arrives; blocks the signal for every thread started later.
  [[nodiscard]] EventSource signal(int number, Handler handler);

  // A handler that runs once in the loop's next turn after each trigger().
  [[nodiscard]] EventSource deferred(Handler handler);
  static void trigger(EventSource& deferred);

  // Runs handler before the loop goes to sleep, every time, as long as the source exists.
  [[nodiscard]] EventSource before_sleep(Handler handler);

  // Runs until exit(); returns what was passed to it.
  int run();
  // One turn: waits up to timeout for something to do and does it. For whoever waits for a
  // condition of its own in place of run().
  void run_once(irmeter::Duration timeout);
  void exit(int code);

  [[nodiscard]] sd_event* raw() const { return event_; }

 private:
  sd_event* event_ = nullptr;
};

}  // namespace irmeterd
