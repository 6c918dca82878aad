// Text that must not be seen: shown only on demand, never printable, wiped at the end.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace irmeterd
