#include "tools/ir-meterctl/program.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "common/file_descriptor.hpp"
#include "lib/session/key.hpp"

namespace irmeterctl {
namespace {

using irmeterd::FileDescriptor;

constexpr int not_run = 127;  // the exit status of a child in which exec failed, as of a shell's

// In memory, so that nobody waits for somebody to read it, and of this process and its child alone.
FileDescriptor memory_file(std::string_view content = {}) {
  FileDescriptor file(::memfd_create("standard stream", MFD_CLOEXEC));
  if (!file || ::pwrite(file.get(), content.data(), content.size(), 0) !=
                   static_cast<ssize_t>(content.size())) {
    throw std::system_error(errno, std::system_category(), "memfd_create");
  }
  return file;
}

std::string content_of(const FileDescriptor& file) {
  std::string text;
  text.reserve(16'384);  // more than any secret, so that no copy of one is left behind
  std::array<char, 4096> part{};
  ssize_t count = 0;
  while ((count = ::pread(file.get(), part.data(), part.size(), static_cast<off_t>(text.size()))) >
         0) {
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  irmeter::wipe(part.data(), part.size());
  return text;
}

}  // namespace

Finished run_program(const std::vector<std::string>& command, std::string_view input) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));  // exec does not change them
  }
  arguments.push_back(nullptr);
  const std::string place = place_of_program(command.front());
  const std::array<FileDescriptor, 3> streams{memory_file(input), memory_file(), memory_file()};
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::system_error(errno, std::system_category(), command.front());
  }
  if (child == 0) {
    (void)std::signal(SIGPIPE, SIG_DFL);  // which is ignored here
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
      ::dup2(streams[static_cast<std::size_t>(stream)].get(), stream);
    }
    ::execv(place.c_str(), arguments.data());
    ::_exit(not_run);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_run) {
    return {};
  }
  return {WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt,
          content_of(streams[1]), content_of(streams[2])};
}

}  // namespace irmeterctl
