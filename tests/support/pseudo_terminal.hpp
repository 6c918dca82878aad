// A line whose far end is the test itself: what a reader opens at path() talks to fd().
#pragma once

#include <fcntl.h>
#include <stdlib.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "common/file_descriptor.hpp"

namespace irmeterd {

class PseudoTerminal {
 public:
  PseudoTerminal() : near_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
    std::array<char, 64> name{};
    if (!near_ || ::grantpt(near_.get()) != 0 || ::unlockpt(near_.get()) != 0 ||
        ::ptsname_r(near_.get(), name.data(), name.size()) != 0) {
      throw std::system_error(errno, std::system_category(), "pseudo-terminal");
    }
    path_ = name.data();
    far_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }

  // Does not block.
  [[nodiscard]] int fd() const { return near_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  FileDescriptor near_;
  FileDescriptor far_;  // kept open, so that a reader that leaves does not end the line
  std::string path_;
};

}  // namespace irmeterd
