#include "tests/support/message_bus.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace irmeterd {
namespace {

// The two standard configurations, reduced to what decides who may do what.
constexpr const char* session_policy = R"(
  <type>session</type>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>)";
constexpr const char* system_policy = R"(
  <type>system</type>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>)";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

// The bus prints its address when it listens; an end of file means it has ended instead.
bool says_address(int fd) {
  pollfd ready{fd, POLLIN, 0};
  char byte = 0;
  while (::poll(&ready, 1, 60'000) > 0) {
    if (::read(fd, &byte, 1) <= 0) {
      return false;
    }
    if (byte == '\n') {
      return true;
    }
  }
  return false;
}

}  // namespace

MessageBus::MessageBus(Type type) {
  std::filesystem::create_directory(directory_ + "/policy");
  // Other users must reach the socket in the tests of who may do what.
  std::filesystem::permissions(directory_, std::filesystem::perms(0755));

  std::ofstream(directory_ + "/bus.conf")
      << R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>)"
      << (type == Type::system ? system_policy : session_policy) << "\n  <listen>" << address()
      << "</listen>\n  <auth>EXTERNAL</auth>\n  <includedir>" << directory_
      << "/policy</includedir>\n</busconfig>\n";
}

MessageBus::~MessageBus() {
  kill();
}

void MessageBus::start() {
  const std::string config = "--config-file=" + directory_ + "/bus.conf";
  int said[2];
  if (::pipe2(said, O_CLOEXEC) != 0) {
    fail("pipe2");
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() == parent && ::dup2(said[1], STDOUT_FILENO) >= 0) {
      ::execlp("dbus-daemon", "dbus-daemon", config.c_str(), "--nofork", "--nopidfile",
               "--print-address=1", nullptr);
    }
    ::_exit(127);
  }
  ::close(said[1]);
  const bool listens = pid_ > 0 && says_address(said[0]);
  ::close(said[0]);
  if (!listens) {
    kill();
    throw std::runtime_error("dbus-daemon does not start");
  }
}

void MessageBus::freeze() {
  ::kill(pid_, SIGSTOP);
}

void MessageBus::thaw() {
  ::kill(pid_, SIGCONT);
}

void MessageBus::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

void MessageBus::reload() const {
  ::kill(pid_, SIGHUP);
}

void MessageBus::install_policy(const std::string& file) const {
  std::filesystem::copy_file(
      file, directory_ + "/policy/" + std::filesystem::path(file).filename().string());
}

}  // namespace irmeterd
