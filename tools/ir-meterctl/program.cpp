#include "tools/ir-meterctl/program.hpp"

#include <fcntl.h>
#include <spawn.h>
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

constexpr int not_run = 127;  // a child in which exec failed; POSIX, posix_spawn()

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::system_category(), "pipe");
    }
    out = FileDescriptor(ends[0]);
    in = FileDescriptor(ends[1]);
  }
  FileDescriptor out;
  FileDescriptor in;
};

// What the child differs in from this process.
class Spawning {
 public:
  Spawning(const Pipe& input, const Pipe& output, const FileDescriptor& errors) {
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);  // which is ignored here
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, input.out.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, output.in.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, errors.get(), STDERR_FILENO);
  }
  ~Spawning() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;

  // The process, or nothing when there is no such program.
  [[nodiscard]] std::optional<pid_t> run(const std::vector<std::string>& command) const {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& word : command) {
      arguments.push_back(const_cast<char*>(word.c_str()));  // exec does not change them
    }
    arguments.push_back(nullptr);
    pid_t pid = -1;
    const int error =
        ::posix_spawnp(&pid, arguments[0], &files_, &attributes_, arguments.data(), environ);
    if (error == ENOENT || error == EACCES) {
      return std::nullopt;
    }
    if (error != 0) {
      throw std::system_error(error, std::system_category(), command.front());
    }
    return pid;
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t files_{};
};

std::string read_to_end(int fd) {
  std::string text;
  text.reserve(16'384);  // more than any secret, so that no copy of one is left behind
  std::array<char, 4096> part{};
  ssize_t count = 0;
  while ((count = ::read(fd, part.data(), part.size())) > 0 || (count < 0 && errno == EINTR)) {
    text.append(part.data(), count < 0 ? 0U : static_cast<std::size_t>(count));
  }
  irmeter::wipe(part.data(), part.size());
  return text;
}

}  // namespace

Finished run_program(const std::vector<std::string>& command, std::string_view input) {
  Pipe in;
  Pipe out;
  // A file, so that nobody waits for somebody to read it.
  const FileDescriptor errors(::memfd_create("errors", MFD_CLOEXEC));
  if (!errors) {
    throw std::system_error(errno, std::system_category(), "memfd_create");
  }
  const auto pid = Spawning(in, out, errors).run(command);
  in.out.reset();
  out.in.reset();
  if (!pid) {
    return {};
  }
  // Fits into the pipe at once; a program that does not want it is no failure here.
  (void)!::write(in.in.get(), input.data(), input.size());
  in.in.reset();
  Finished finished;
  finished.output = read_to_end(out.out.get());
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_run) {
    return {};
  }
  if (WIFEXITED(status)) {
    finished.status = WEXITSTATUS(status);
  }
  (void)::lseek(errors.get(), 0, SEEK_SET);
  finished.errors = read_to_end(errors.get());
  return finished;
}

}  // namespace irmeterctl
