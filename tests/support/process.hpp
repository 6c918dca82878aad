// A program run by a test: everything it says is kept, and it never outlives the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/memory_file.hpp"

namespace irmeterd {

class Process {
 public:
  // Runs command[0], looked up in $PATH, with these variables (NAME=value) and nothing else of this
  // process's environment but $PATH and the settings of sanitizers. Throws std::exception when the
  // system refuses; a program that does not exist ends with exit status 127. input: the file that
  // is its standard input.
  explicit Process(std::vector<std::string> command, std::vector<std::string> environment = {},
                   const std::string& input = "/dev/null");
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  // As by SIGKILL; it is gone when this returns.
  void kill();

  [[nodiscard]] bool running();
  // How it ended: its exit status, or minus the signal that ended it; nothing while it runs.
  [[nodiscard]] std::optional<int> exit_status();

  // Everything written so far to standard output and to standard error.
  [[nodiscard]] std::string output() const { return output_.text(); }
  [[nodiscard]] std::string errors() const { return errors_.text(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Processor time used so far; only while it runs.
  [[nodiscard]] std::chrono::microseconds processor_time() const;

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_status_;
  MemoryFile output_;
  MemoryFile errors_;
};

}  // namespace irmeterd
