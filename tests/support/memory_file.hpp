// A file in memory that takes what a program or a stream writes, however much nobody reads of it.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "common/file_descriptor.hpp"

namespace irmeterd {

class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("output", MFD_CLOEXEC)) {
    if (!fd_) {
      throw std::system_error(errno, std::system_category(), "memfd_create");
    }
  }

  [[nodiscard]] int fd() const { return fd_.get(); }

  // Everything written so far.
  [[nodiscard]] std::string text() const {
    std::string text;
    std::array<char, 65536> part{};
    ssize_t size = 0;
    while ((size = ::pread(fd_.get(), part.data(), part.size(), static_cast<off_t>(text.size()))) >
           0) {
      text.append(part.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  FileDescriptor fd_;
};

// How often a piece stands in a text.
inline std::size_t occurrences(std::string_view text, std::string_view piece) {
  std::size_t count = 0;
  for (auto at = text.find(piece); at != std::string_view::npos; at = text.find(piece, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace irmeterd
