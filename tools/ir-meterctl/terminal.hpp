// The person at the terminal: lines that are typed in, and secrets that are not shown.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <string_view>

#include "common/config/secret.hpp"
#include "common/file_descriptor.hpp"
#include "lib/result.hpp"

namespace irmeterctl {

struct SecretKind {
  std::string_view what;  // "key"
  // What is wrong with one, as a clause; nothing where it may be one.
  std::optional<std::string> (*why_not)(std::string_view text);
};
// "the key ends with a space, which is a part of it"; nothing where it looks as it should. It is
// taken all the same.
[[nodiscard]] std::optional<std::string> what_is_odd(const SecretKind& kind, std::string_view text);
[[nodiscard]] std::optional<std::string> why_no_key(std::string_view text);
[[nodiscard]] std::optional<std::string> why_no_password(std::string_view text);
inline constexpr SecretKind key_kind{"key", why_no_key};
inline constexpr std::string_view key_prompt = "Read-only key (RK) of the meter, 20 characters: ";
inline constexpr SecretKind password_kind{"password", why_no_password};

// Asks on standard error and reads standard input. As long as it exists, signals that would end or
// stop the process wait: they take effect when it ends, and the terminal is as it was before.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  static void print(std::string_view text);

  // A line without its end. Nothing where input has ended, or a signal has come.
  [[nodiscard]] std::optional<std::string> line(std::string_view prompt);
  // Whether such a signal has come.
  [[nodiscard]] bool told_to_end() const;
  // The same of a secret: in place of each character a dot is shown, and behind them how many they
  // are. The error is a clause: the terminal cannot hide it, or nothing was typed in.
  [[nodiscard]] irmeter::Result<irmeterd::Secret> hidden(std::string_view prompt);
  // A second time too, because nobody has seen what was typed.
  [[nodiscard]] irmeter::Result<irmeterd::Secret> hidden_twice(std::string_view prompt,
                                                               const SecretKind& kind);

 private:
  [[nodiscard]] std::optional<char> next() const;

  sigset_t signals_before_{};
  irmeterd::FileDescriptor signals_;
};

// All of standard input, which is no terminal, up to what a secret may be; without its line end.
[[nodiscard]] irmeterd::Secret rest_of_input();

}  // namespace irmeterctl
