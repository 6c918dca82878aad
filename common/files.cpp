#include "common/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/file_descriptor.hpp"

namespace irmeterd {
namespace {

using irmeter::Error;

Error cannot_be_read(int error) {
  return Error{"cannot be read (" + std::generic_category().message(error) + ")"};
}

struct OpenFile {
  FileDescriptor file;
  std::size_t size;  // 0 of a file of the kernel's, whatever is in it
};

irmeter::Result<OpenFile> open_file(const std::string& path) {
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
  return OpenFile{std::move(file), static_cast<std::size_t>(status.st_size)};
}

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

void write_all(const FileDescriptor& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      fail(path);
    }
    text.remove_prefix(count < 0 ? 0U : static_cast<std::size_t>(count));
  }
}

void sync(const FileDescriptor& file, const std::string& path) {
  if (!file || fsync(file.get()) != 0) {
    fail(path);
  }
}

void give_to_owner_of(const std::string& directory, const FileDescriptor& file,
                      const std::string& path) {
  struct stat owner {};
  if (geteuid() == 0 && (stat(directory.c_str(), &owner) != 0 ||
                         fchown(file.get(), owner.st_uid, owner.st_gid) != 0)) {
    fail(path);
  }
}

void move(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    fail(to);
  }
}

}  // namespace

irmeter::Result<std::string_view> read_file(const std::string& path, std::span<char> buffer) {
  const auto file = open_file(path);
  if (!file) {
    return file.error();
  }
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = read(file->file.get(), buffer.data() + filled, buffer.size() - filled);
    if (count < 0 && errno != EINTR) {
      return cannot_be_read(errno);
    }
    filled += count < 0 ? 0U : static_cast<std::size_t>(count);
    if (count == 0 || (filled == file->size && filled < buffer.size())) {
      return std::string_view(buffer.data(), filled);
    }
  }
  // A full buffer and still no end.
  return Error{"is too large, at most " + std::to_string(buffer.size() - 1) + " bytes"};
}

std::optional<Error> check_readable(const std::string& path) {
  const auto file = open_file(path);
  return file ? std::nullopt : std::optional(file.error());
}

void replace_file(const std::string& path, std::string_view content, const NewFile& file) {
  const std::string temporary = path + ".new";
  const auto directory = [&path] { return std::filesystem::path(path).parent_path().string(); };
  const auto create = [&] {  // O_EXCL makes sure that the mode is ours
    return FileDescriptor(
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file.mode));
  };
  try {
    FileDescriptor written = create();
    if (!written && errno == EEXIST && unlink(temporary.c_str()) == 0) {  // left by a crash
      written = create();
    }
    if (!written) {
      fail(temporary);
    }
    if (file.inherited) {
      give_to_owner_of(directory(), written, temporary);
    }
    write_all(written, content, temporary);
    if (file.durable) {
      sync(written, temporary);
    }
    if (!file.keep_old.empty()) {
      move(path, file.keep_old);
    }
    move(temporary, path);
  } catch (const std::system_error&) {
    unlink(temporary.c_str());
    throw;
  }
  if (file.durable) {
    const std::string place = directory();
    sync(FileDescriptor(open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), place);
  }
}

}  // namespace irmeterd
