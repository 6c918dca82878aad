// The service manager's end of sd_notify(3): a datagram socket and everything it was told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_descriptor.hpp"
#include "common/loop.hpp"

namespace irmeterd {

class NotifySocket {
 public:
  // Makes the socket at this path, at most 100 characters long. Throws std::exception.
  NotifySocket(Loop& loop, const std::string& path);

  // One message per datagram, in the order they came.
  [[nodiscard]] const std::vector<std::string>& messages() const { return messages_; }
  // Messages that have this assignment ("READY=1") among their lines.
  [[nodiscard]] std::size_t count(std::string_view assignment) const;
  // The value of the latest STATUS=.
  [[nodiscard]] std::string status() const;
  void forget() { messages_.clear(); }

 private:
  FileDescriptor socket_;
  EventSource source_;
  std::vector<std::string> messages_;
};

}  // namespace irmeterd
