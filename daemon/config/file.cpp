#include "daemon/config/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace irmeterd {
namespace {

using irmeter::Error;

Error cannot_be_read(int error) {
  return Error{"cannot be read: " + std::generic_category().message(error)};
}

class OpenFile {
 public:
  // Without O_NONBLOCK a pipe with no writer would hold the daemon here.
  explicit OpenFile(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)),
        error_(fd_ < 0 ? errno : 0) {}
  ~OpenFile() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  [[nodiscard]] std::optional<Error> trouble() const {
    struct stat status {};
    if (error_ != 0) {
      return cannot_be_read(error_);
    }
    if (fstat(fd_, &status) != 0) {
      return cannot_be_read(errno);
    }
    if (S_ISDIR(status.st_mode)) {
      return Error{"is a directory, not a file"};
    }
    if (!S_ISREG(status.st_mode)) {
      return Error{"is not a regular file"};
    }
    return std::nullopt;
  }

 private:
  int fd_;
  int error_;
};

}  // namespace

irmeter::Result<std::string_view> read_file(const std::string& path, std::span<char> buffer) {
  const OpenFile file(path);
  if (auto trouble = file.trouble()) {
    return *trouble;
  }
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = read(file.fd(), buffer.data() + filled, buffer.size() - filled);
    if (count == 0) {
      return std::string_view(buffer.data(), filled);
    }
    if (count < 0 && errno != EINTR) {
      return cannot_be_read(errno);
    }
    filled += count < 0 ? 0U : static_cast<std::size_t>(count);
  }
  // A full buffer and still no end.
  return Error{"is too large, at most " + std::to_string(buffer.size() - 1) + " bytes"};
}

std::optional<Error> check_readable(const std::string& path) {
  return OpenFile(path).trouble();
}

}  // namespace irmeterd
