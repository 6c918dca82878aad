#include "tools/ir-meterctl/terminal.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/config/characters.hpp"
#include "common/config/credentials.hpp"
#include "common/keys/key_text.hpp"

namespace irmeterctl {
namespace {

using irmeter::Error;
using irmeter::Result;
using irmeterd::Secret;

constexpr char end_of_input = 4;  // Ctrl-D
constexpr char kill_line = 21;    // Ctrl-U
constexpr char erase = 8;         // Ctrl-H; most keyboards send the next one
constexpr char erase_too = 127;

bool ends_line(char c) {
  return c == '\n' || c == '\r' || c == end_of_input;
}

// Standard input without echo, character by character.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON);
      silent.c_cc[VMIN] = 1;
      silent.c_cc[VTIME] = 0;
      silent_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &silent) == 0;
    }
  }
  ~Silence() {
    if (silent_) {
      (void)::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    }
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  [[nodiscard]] bool silent() const { return silent_; }

 private:
  termios before_{};
  bool silent_ = false;
};

// Room for what may be a secret.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { irmeter::wipe(bytes_.data(), bytes_.size()); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Adds what can be read now; false at the end, and when it is full.
  [[nodiscard]] bool read_some() {
    ssize_t count = -1;
    do {
      count = ::read(STDIN_FILENO, bytes_.data() + size_, bytes_.size() - size_);
    } while (count < 0 && errno == EINTR);
    size_ += count > 0 ? static_cast<std::size_t>(count) : 0U;
    return count > 0;
  }
  void add(char c) {
    if (size_ < bytes_.size()) {
      bytes_[size_++] = c;
    }
  }
  // The last character of UTF-8.
  void remove_last() {
    while (size_ > 0 && (bytes_[--size_] & '\xC0') == '\x80') {
    }
  }
  void clear() { size_ = 0; }
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 4096> bytes_{};  // more than the service takes
  std::size_t size_ = 0;
};

// The prompt with dots behind it, in place of what stands in this line.
void show(std::string_view prompt, std::size_t characters) {
  constexpr std::size_t most = 24;  // so that it stays one line
  std::string line = "\r" + std::string(prompt) + std::string(std::min(characters, most), '.');
  line += characters == 0 ? "" : " " + std::to_string(characters);
  Terminal::print(line + "\x1b[K");
}

}  // namespace

Terminal::Terminal() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) {
    sigaddset(&set, number);
  }
  (void)::sigprocmask(SIG_BLOCK, &set, &signals_before_);
  signals_ = irmeterd::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC));
}

Terminal::~Terminal() {
  (void)::sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
}

void Terminal::print(std::string_view text) {
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

// The next character; nothing at the end, or when a signal has come.
std::optional<char> Terminal::next() const {
  std::array<pollfd, 2> ready{{{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
  while (::poll(ready.data(), ready.size(), -1) < 0 && errno == EINTR) {
  }
  char c = 0;
  return ready[1].revents == 0 && ::read(STDIN_FILENO, &c, 1) == 1 ? std::optional(c)
                                                                   : std::nullopt;
}

bool Terminal::told_to_end() const {
  pollfd signal{signals_.get(), POLLIN, 0};
  return ::poll(&signal, 1, 0) > 0;
}

std::optional<std::string> Terminal::line(std::string_view prompt) {
  print(prompt);
  std::string text;
  std::optional<char> c;
  while ((c = next()) && *c != '\n') {
    text += *c;
  }
  if (!c) {
    print("\n");
    return std::nullopt;
  }
  return text;
}

Result<Secret> Terminal::hidden(std::string_view prompt) {
  const Silence silence;
  if (!silence.silent() || !signals_) {
    return Error{"the terminal does not hide what is typed: give it on standard input"};
  }
  Buffer input;
  std::optional<char> c;
  do {
    show(prompt, irmeterd::count_characters(input.text()));
    c = next();
    if (c == kill_line) {
      input.clear();
    } else if (c && (*c == erase || *c == erase_too)) {
      input.remove_last();
    } else if (c && !ends_line(*c)) {
      input.add(*c);
    }
  } while (c && !ends_line(*c));
  print("\n");
  return c ? Result<Secret>(Secret(input.text())) : Error{"nothing was typed in"};
}

Result<Secret> Terminal::hidden_twice(std::string_view prompt, const SecretKind& kind) {
  auto secret = hidden(prompt);
  if (!secret) {
    return secret;
  }
  if (secret->empty()) {
    return Error{"no " + std::string(kind.what) + " was typed in"};
  }
  if (const auto fault = kind.why_not(secret->reveal())) {
    return Error{*fault};
  }
  if (const auto odd = what_is_odd(kind, secret->reveal())) {
    print("Careful: " + *odd + ".\n");
  }
  const auto again = hidden("The same again: ");
  return again && *again == *secret
             ? secret
             : Error{"the two " + std::string(kind.what) + "s typed in are not the same"};
}

std::optional<std::string> what_is_odd(const SecretKind& kind, std::string_view text) {
  const auto odd = irmeterd::what_is_odd(text);
  return odd ? std::optional("the " + std::string(kind.what) + " " + *odd) : std::nullopt;
}

std::optional<std::string> why_no_key(std::string_view text) {
  if (const auto fault = irmeterd::why_not_plain(text)) {
    return "the key " + *fault;
  }
  const auto key = irmeterd::parse_key(text);
  return key ? std::nullopt : std::optional(key.error().what);
}

std::optional<std::string> why_no_password(std::string_view text) {
  const auto fault = irmeterd::why_no_password(text);
  return fault ? std::optional("the password " + *fault) : std::nullopt;
}

Secret rest_of_input() {
  Buffer input;
  while (input.read_some()) {
  }
  return Secret(irmeterd::without_line_end(input.text()));
}

}  // namespace irmeterctl
