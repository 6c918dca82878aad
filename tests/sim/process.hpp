// Programs line by line: what they say is waited for.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <string>

#include "tests/support/patience.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmetersim {

using irmeterd::patience;
using irmeterd::TempDir;

// Looks again and again until the condition holds; false when it does not within our patience.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    constexpr int pause_ms = 5;
    ::poll(nullptr, 0, pause_ms);
  }
  return true;
}

class Process : public irmeterd::Process {
 public:
  using irmeterd::Process::Process;

  // The next line of standard output, or of standard error, without its end; empty when none comes.
  [[nodiscard]] std::string line() {
    return next_line([this] { return output(); }, output_seen_);
  }
  [[nodiscard]] std::string error_line() {
    return next_line([this] { return errors(); }, errors_seen_);
  }

  // Waits for the end; the exit status, or -1 when it did not end by itself and in time.
  [[nodiscard]] int wait() {
    return eventually([this] { return !running(); }) && *exit_status() >= 0 ? *exit_status() : -1;
  }

  // Everything it says until its end.
  [[nodiscard]] std::string all_output() {
    (void)wait();
    return output();
  }
  [[nodiscard]] std::string all_errors() {
    (void)wait();
    return errors();
  }

 private:
  std::string next_line(const std::function<std::string()>& said, std::size_t& seen) {
    std::string text;
    std::size_t end = std::string::npos;
    (void)eventually([&] {
      const bool is_all = !running();
      text = said();
      end = text.find('\n', seen);
      return end != std::string::npos || is_all;
    });
    if (end == std::string::npos) {
      return {};
    }
    std::string line = text.substr(seen, end - seen);
    seen = end + 1;
    return line;
  }

  std::size_t output_seen_ = 0;
  std::size_t errors_seen_ = 0;
};

}  // namespace irmetersim
