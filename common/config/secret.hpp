// Text that must not be seen: shown only on demand, never printable, wiped at the end.
#pragma once

#include <string>
#include <string_view>

#include "lib/result.hpp"
#include "lib/session/key.hpp"

namespace irmeterd {

class Secret {
 public:
  Secret() = default;
  // Copies the text: whoever has the original wipes it.
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { irmeter::wipe(text_.data(), text_.size()); }

  [[nodiscard]] bool empty() const { return text_.empty(); }
  // For the one call that needs it.
  [[nodiscard]] std::string_view reveal() const { return text_; }

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string text_;
};

// What is left of a text without one line end behind it, which is no part of a secret.
[[nodiscard]] constexpr std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  }
  return text;
}

// The content of a file of at most so many bytes, without its line end. The error is that of
// read_file().
[[nodiscard]] irmeter::Result<Secret> read_secret(const std::string& path, std::size_t most);

}  // namespace irmeterd
