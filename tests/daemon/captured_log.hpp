// What the code under test writes to standard error, which is where its log goes.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include "common/file_descriptor.hpp"
#include "tests/support/memory_file.hpp"

namespace irmeterd {

class CapturedLog {
 public:
  CapturedLog() : before_(::dup(STDERR_FILENO)) { ::dup2(file_.fd(), STDERR_FILENO); }
  ~CapturedLog() { ::dup2(before_.get(), STDERR_FILENO); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  [[nodiscard]] std::string text() const { return file_.text(); }
  // How often a piece of text stands in the log.
  [[nodiscard]] std::size_t count(std::string_view piece) const {
    return occurrences(text(), piece);
  }

 private:
  FileDescriptor before_;
  MemoryFile file_;
};

}  // namespace irmeterd
