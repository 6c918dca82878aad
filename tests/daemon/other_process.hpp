// Another process that has a terminal open: a child of the test, as whatever user it is then.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>

#include "common/file_descriptor.hpp"

namespace irmeterd {

class OtherProcess {
 public:
  // Opens the terminal and does something with it, until it is ended. It is called name, of at most
  // 15 characters.
  OtherProcess(
      const std::string& path, const std::string& name,
      const std::function<bool(int)>& use = [](int) { return true; }) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("no pipe");
    }
    const FileDescriptor reader(ends[0]);
    FileDescriptor writer(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::prctl(PR_SET_NAME, name.c_str());
      // What the test has open is not what another program would have.
      const bool own = ::dup2(writer.get(), 3) == 3 && ::close_range(4, ~0U, 0) == 0 &&
                       ::setresgid(::getegid(), ::getegid(), ::getegid()) == 0 &&
                       ::setresuid(::geteuid(), ::geteuid(), ::geteuid()) == 0;
      ::prctl(PR_SET_DUMPABLE, 1);  // else /proc would not show what it has open
      const int fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
      const bool ready = own && fd >= 0 && use(fd) && ::write(3, "", 1) == 1;
      while (ready) {
        ::pause();
      }
      ::_exit(1);
    }
    writer.reset();
    char byte = 0;
    if (pid_ < 0 || ::read(reader.get(), &byte, 1) != 1) {
      end();
      throw std::runtime_error("the other process does not start");
    }
  }
  ~OtherProcess() { end(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // It is gone when this returns.
  void end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace irmeterd
