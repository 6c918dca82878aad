// The one place where another thread's events enter the loop: a list under a lock, and an eventfd
// that wakes the loop. A library with threads of its own posts here from its callbacks and touches
// nothing else of ours.
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "common/file_descriptor.hpp"

namespace irmeterd {

template <typename Event>
class Mailbox {
 public:
  // Throws std::system_error when the kernel gives no eventfd.
  Mailbox() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_) {
      throw std::system_error(errno, std::system_category(), "cannot make an eventfd");
    }
  }

  // From any thread. The event is dropped where limit or more are waiting; what must not be lost is
  // posted without a limit, and must be few by its nature.
  void post(Event event, std::size_t limit = SIZE_MAX) noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (events_.size() >= limit) {
        return;
      }
      events_.push_back(std::move(event));
    }
    // Fails only where the count is at its end, and then the loop has long been woken.
    static_cast<void>(eventfd_write(fd_.get(), 1));
  }

  // On the loop's thread, when fd() is readable: everything posted so far, in order.
  [[nodiscard]] std::vector<Event> take() {
    eventfd_t count = 0;
    static_cast<void>(eventfd_read(fd_.get(), &count));
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
  std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace irmeterd
