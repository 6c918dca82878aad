// Outputs that never wait for who reads them: a socket of this machine, and standard error. What is
// not taken at once is for the caller to count, or to send again.
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <string_view>

#include "common/file_descriptor.hpp"

namespace irmeterd {

// Datagrams to a socket in the file system, or, after '@', to one with an abstract name. It may
// come and go.
class DatagramOutput {
 public:
  // One that cannot be an address, such as the empty one, has nobody who takes anything.
  explicit DatagramOutput(std::string_view address) noexcept;

  // Returns 0, or an errno: EAGAIN where the receiver's queue is full.
  [[nodiscard]] int send(std::string_view datagram) const noexcept;

 private:
  FileDescriptor socket_;
  sockaddr_un address_{};
  socklen_t size_ = 0;
};

// Standard error, whatever it is by then. Its flags stay as they are, since other programs share
// them: a terminal or a pipe is opened a second time.
class ErrorOutput {
 public:
  // False where not all of it was taken; the rest is lost.
  [[nodiscard]] bool write(std::string_view text) noexcept;

 private:
  [[nodiscard]] ssize_t try_write(std::string_view text) noexcept;

  FileDescriptor own_;  // of the terminal or pipe that standard error was at the last call
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool cut_ = false;  // the last line has no end
};

}  // namespace irmeterd
