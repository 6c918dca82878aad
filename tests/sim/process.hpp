// Running programs in tests: a child process that never outlives its test, reading what it says
// with a deadline.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/link/packet.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/ir-meter-sim/descriptor.hpp"

namespace irmetersim {

// How long a step may take on a slow, shared machine before the test gives up on it.
inline constexpr std::chrono::seconds patience{60};

// Waits for input until the deadline; false when there was none.
inline bool readable(int fd, std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd descriptor{fd, POLLIN, 0};
  return left.count() > 0 && ::poll(&descriptor, 1, static_cast<int>(left.count())) == 1;
}

using irmeterd::TempDir;

class Process {
 public:
  // Runs argv[0]; input is its standard input, home its HOME.
  explicit Process(std::vector<std::string> argv, const std::string& input = "/dev/null",
                   const std::string& home = "/") {
    std::array<int, 2> out{};
    std::array<int, 2> error{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(error.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("pipe2");
    }
    out_ = Descriptor(out[0]);
    error_ = Descriptor(error[0]);
    const Descriptor out_end(out[1]);
    const Descriptor error_end(error[1]);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_end.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, error_end.get(), 2);
    std::vector<char*> arguments;
    for (std::string& argument : argv) {
      arguments.push_back(argument.data());
    }
    arguments.push_back(nullptr);
    std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
    std::string home_setting = "HOME=" + home;
    const std::array<char*, 3> environment{path.data(), home_setting.data(), nullptr};
    const int result =
        ::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (result != 0) {
      throw std::runtime_error("cannot run " + argv[0]);
    }
    alive_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  // The next line of standard output, or of standard error, without its end.
  [[nodiscard]] std::string line() { return next_line(out_.get()); }
  [[nodiscard]] std::string error_line() { return next_line(error_.get()); }

  // Everything up to the end of standard output or standard error: ends when the process has.
  [[nodiscard]] std::string all_output() { return drain(out_.get()); }
  [[nodiscard]] std::string all_errors() { return drain(error_.get()); }

  void signal(int number) const { ::kill(pid_, number); }

  // Waits for the end; the exit status, or -1 when it did not end by itself and in time.
  [[nodiscard]] int wait() {
    int status = -1;
    if (!readable(alive_.get(), std::chrono::steady_clock::now() + patience) ||
        ::wait4(pid_, &status, 0, &usage_) != pid_) {
      return -1;
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // The processor time it took; only after wait().
  [[nodiscard]] std::chrono::microseconds processor_time() const {
    const auto time = [](const timeval& value) {
      return std::chrono::seconds(value.tv_sec) + std::chrono::microseconds(value.tv_usec);
    };
    return time(usage_.ru_utime) + time(usage_.ru_stime);
  }

 private:
  static std::string next_line(int fd) {
    std::string text;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    char character = 0;
    while (readable(fd, deadline) && ::read(fd, &character, 1) == 1 && character != '\n') {
      text += character;
    }
    return text;
  }

  static std::string drain(int fd) {
    std::string text;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::array<char, 4'096> buffer{};
    while (readable(fd, deadline)) {
      const ssize_t count = ::read(fd, buffer.data(), buffer.size());
      if (count <= 0) {
        break;
      }
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

  pid_t pid_ = -1;
  Descriptor out_;
  Descriptor error_;
  Descriptor alive_;
  rusage usage_{};
};

}  // namespace irmetersim
