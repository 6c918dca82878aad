#include "tests/support/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>

namespace irmeterd {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

// What is not in the environment already.
void inherit_some(std::vector<std::string>& environment) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('='));
    const auto has_name = [&](const std::string& other) {
      return other.substr(0, other.find('=')) == name;
    };
    if ((name == "PATH" || name.ends_with("SAN_OPTIONS")) &&
        std::ranges::none_of(environment, has_name)) {
      environment.emplace_back(text);
    }
  }
}

}  // namespace

Process::Process(std::vector<std::string> command, std::vector<std::string> environment,
                 const std::string& input) {
  inherit_some(environment);
  const std::vector<char*> arguments = pointers(command);
  const std::vector<char*> variables = pointers(environment);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::system_category(), "fork");
  }
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int from = ::open(input.c_str(), O_RDONLY | O_CLOEXEC);
    if (::getppid() == parent && ::dup2(from, STDIN_FILENO) >= 0 &&
        ::dup2(output_.fd(), STDOUT_FILENO) >= 0 && ::dup2(errors_.fd(), STDERR_FILENO) >= 0) {
      ::execvpe(arguments[0], arguments.data(), variables.data());
    }
    ::_exit(127);
  }
}

Process::~Process() {
  kill();
}

void Process::signal(int number) const {
  if (!exit_status_) {
    ::kill(pid_, number);
  }
}

void Process::kill() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    exit_status_ = -SIGKILL;
  }
}

bool Process::running() {
  return !exit_status();
}

std::optional<int> Process::exit_status() {
  int status = 0;
  if (!exit_status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  return exit_status_;
}

std::chrono::microseconds Process::processor_time() const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    throw std::system_error(errno, std::system_category(), "processor time");
  }
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec));
}

}  // namespace irmeterd
