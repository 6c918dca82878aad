// What a process holds: descriptors by their kind, threads, memory. None of it may grow.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>

namespace irmeterd {

struct ProcessFigures {
  std::map<std::string, std::size_t> descriptors;  // "socket", "anon_inode:[timerfd]", "/dev/pts"
  std::size_t threads = 0;
  std::size_t anonymous_kib = 0;  // resident memory that no file is behind
  std::size_t resident_kib = 0;

  [[nodiscard]] std::string text() const;
};

// Throws std::exception when there is no such process.
[[nodiscard]] ProcessFigures figures_of(pid_t pid);

}  // namespace irmeterd
