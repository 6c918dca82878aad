#include "tools/ir-meterctl/set_key.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "common/config/characters.hpp"
#include "common/config/secret.hpp"
#include "common/file_descriptor.hpp"

namespace irmeterctl {
namespace {

using irmeter::Error;
using irmeter::Key;
using irmeter::Result;

// Standard input without echo. Signals that would end or stop the process wait until it is back.
class SilentTerminal {
 public:
  SilentTerminal() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) {
      sigaddset(&set, number);
    }
    (void)::sigprocmask(SIG_BLOCK, &set, &signals_before_);
    signals_ = irmeterd::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC));
    if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
      silent_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
  }
  ~SilentTerminal() {
    if (silent_) {
      (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    (void)::sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  [[nodiscard]] bool silent() const { return silent_ && signals_; }

  // Waits for a line; false when a signal has come instead. It takes effect when this ends.
  [[nodiscard]] bool wait() const {
    std::array<pollfd, 2> ready{{{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
    while (::poll(ready.data(), ready.size(), -1) < 0 && errno == EINTR) {
    }
    return ready[1].revents == 0;
  }

 private:
  sigset_t signals_before_{};
  irmeterd::FileDescriptor signals_;
  termios before_{};
  bool silent_ = false;
};

// Room for what may be a key.
class Input {
 public:
  Input() = default;
  ~Input() { irmeter::wipe(bytes_.data(), bytes_.size()); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Adds what can be read now, which is a line from a terminal; false at the end.
  [[nodiscard]] bool read_some() {
    ssize_t count = -1;
    do {
      count = ::read(STDIN_FILENO, bytes_.data() + size_, bytes_.size() - size_);
    } while (count < 0 && errno == EINTR);
    size_ += count > 0 ? static_cast<std::size_t>(count) : 0U;
    return count > 0;
  }

  // Without a line end behind it.
  [[nodiscard]] std::string_view text() const {
    return irmeterd::without_line_end({bytes_.data(), size_});
  }

 private:
  std::array<char, 4096> bytes_{};  // what a terminal gives at most
  std::size_t size_ = 0;
};

void print(std::string_view text) {
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

Result<Key> ask(const SilentTerminal& terminal, std::string_view prompt) {
  print(prompt);
  Input input;
  const bool answered = terminal.wait() && input.read_some();
  print("\n");
  return answered ? Key::from_text(input.text()) : Error{"no key was typed in"};
}

Result<Key> ask_twice() {
  const SilentTerminal terminal;
  if (!terminal.silent()) {
    return Error{"the terminal does not hide what is typed: give the key on standard input"};
  }
  auto key = ask(terminal, "Read-only key (RK) of the meter, 20 characters, not shown: ");
  if (!key) {
    return key;
  }
  const auto again = ask(terminal, "The same again: ");
  return again && *again == *key ? key : Error{"the two keys typed in are not the same"};
}

}  // namespace

Result<Key> read_key() {
  if (::isatty(STDIN_FILENO) == 1) {
    return ask_twice();
  }
  Input input;
  while (input.read_some()) {
  }
  if (const auto fault = irmeterd::why_not_plain(input.text())) {
    return Error{"the key " + *fault};
  }
  return Key::from_text(input.text());
}

}  // namespace irmeterctl
