// A clock on the wall that a test can set, for a program that it runs.
//
// A library loaded in front of the program's own adds to every answer of the real clock what stands
// in a file that both have mapped.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace irmeterd {

class ShiftedClock {
 public:
  ShiftedClock();
  ~ShiftedClock();
  ShiftedClock(const ShiftedClock&) = delete;
  ShiftedClock& operator=(const ShiftedClock&) = delete;

  // For the environment of the program.
  [[nodiscard]] std::vector<std::string> variables() const;

  // Sets it so far ahead of this process's own clock, at once.
  void set_ahead(std::chrono::seconds by);
  [[nodiscard]] std::chrono::system_clock::time_point now() const;

 private:
  TempDir directory_;
  std::string file_;
  std::int64_t* seconds_ahead_ = nullptr;
};

}  // namespace irmeterd
