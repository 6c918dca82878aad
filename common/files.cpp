#include "common/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/file_descriptor.hpp"

namespace irmeterd {
namespace {

using irmeter::Error;

Error cannot_be_read(int error) {
  return Error{"cannot be read: " + std::generic_category().message(error)};
}

irmeter::Result<FileDescriptor> open_file(const std::string& path) {
  // Without O_NONBLOCK a pipe with no writer would hold the daemon here.
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) {
    return cannot_be_read(errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return Error{"is a directory, not a file"};
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{"is not a regular file"};
  }
  return file;
}

}  // namespace

irmeter::Result<std::string_view> read_file(const std::string& path, std::span<char> buffer) {
  const auto file = open_file(path);
  if (!file) {
    return file.error();
  }
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = read(file->get(), buffer.data() + filled, buffer.size() - filled);
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
  const auto file = open_file(path);
  return file ? std::nullopt : std::optional(file.error());
}

}  // namespace irmeterd
