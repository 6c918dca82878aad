// What this thread has cost: a descriptor that nobody looks after makes a loop spin.
#pragma once

#include <sys/resource.h>

#include <chrono>

namespace irmeterd {

inline std::chrono::microseconds thread_time() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  const auto time = [](const timeval& value) {
    return std::chrono::seconds(value.tv_sec) + std::chrono::microseconds(value.tv_usec);
  };
  return time(used.ru_utime) + time(used.ru_stime);
}

}  // namespace irmeterd
