// ir-meterctl in the foreground of a terminal, with a person in front of it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/file_descriptor.hpp"
#include "common/loop.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {

class CtlTerminal {
 public:
  // variables: NAME=value, besides those of this process. The terminal has 80 columns and 40 lines.
  CtlTerminal(std::vector<std::string> arguments, std::vector<std::string> variables,
              const std::string& program = IR_METERCTL) {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> words;
    for (std::string& argument : arguments) {
      words.push_back(argument.data());
    }
    words.push_back(nullptr);
    int terminal = -1;
    const winsize size{40, 80, 0, 0};
    pid_ = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (pid_ == 0) {
      for (std::string& variable : variables) {
        ::putenv(variable.data());
      }
      ::execv(words.front(), words.data());
      ::_exit(127);
    }
    terminal_ = FileDescriptor(terminal);
    EXPECT_EQ(::fcntl(terminal, F_SETFL, O_NONBLOCK), 0);
    // Keeps the terminal as it was left, when the tool is gone.
    std::array<char, 64> name{};
    EXPECT_EQ(::ptsname_r(terminal, name.data(), name.size()), 0);
    far_ = FileDescriptor(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
  virtual ~CtlTerminal() {
    if (!ended()) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  CtlTerminal(const CtlTerminal&) = delete;
  CtlTerminal& operator=(const CtlTerminal&) = delete;

  // Until this is on the screen, behind what the last call has seen.
  ::testing::AssertionResult sees(const std::string& text) {
    const bool seen = wait_until(
        turns_,
        [&] {
          const std::size_t at = screen().find(text, seen_to_);
          seen_to_ = at == std::string::npos ? seen_to_ : at + text.size();
          return at != std::string::npos;
        },
        3 * patience);
    return seen ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << screen_;
  }
  void type(const std::string& text) {
    EXPECT_EQ(::write(terminal_.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  // Answers the question, once it is there.
  ::testing::AssertionResult answers(const std::string& question, const std::string& answer) {
    auto seen = sees(question);
    if (seen) {
      type(answer + "\n");
    }
    return seen;
  }
  [[nodiscard]] bool echoes() const {
    termios settings{};
    EXPECT_EQ(::tcgetattr(terminal_.get(), &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
  }
  // Exit status, or minus the signal.
  int end() {
    EXPECT_TRUE(wait_until(
        turns_, [this] { return ended(); }, 3 * patience))
        << screen_;
    (void)screen();
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  }

  std::string screen_;

 private:
  const std::string& screen() {
    std::array<char, 1000> part{};
    ssize_t count = 0;
    while ((count = ::read(terminal_.get(), part.data(), part.size())) > 0) {
      screen_.append(part.data(), static_cast<std::size_t>(count));
    }
    return screen_;
  }
  bool ended() {
    (void)screen();  // so that it does not wait for room
    ended_ = ended_ || ::waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
  }

  Loop turns_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::size_t seen_to_ = 0;
  FileDescriptor terminal_;
  FileDescriptor far_;
};

}  // namespace irmeterd
