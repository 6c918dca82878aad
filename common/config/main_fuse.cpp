#include "common/config/main_fuse.hpp"

#include <charconv>

namespace irmeterd {
namespace {

using irmeter::Error;

constexpr unsigned max_amperes = 4000;

// A whole number off the front of the text, and what must stand behind it.
bool take(std::string_view& text, unsigned& number, char unit) {
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || rest == end || *rest != unit) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
  return true;
}

}  // namespace

irmeter::Result<irmeter::MainFuse> parse_main_fuse(std::string_view text) {
  unsigned phases = 0;
  unsigned amperes = 0;
  if (!take(text, phases, 'x') || !take(text, amperes, 'A') || !text.empty()) {
    return Error{"is not a main fuse; write phases and amperes, such as \"3x63A\" or \"1x35A\""};
  }
  if (phases != 1 && phases != 3) {
    return Error{"has neither 1 phase nor 3; write a fuse such as \"3x63A\" or \"1x35A\""};
  }
  if (amperes < 1 || amperes > max_amperes) {
    return Error{"is out of range; write 1 to 4000 A for each phase"};
  }
  return irmeter::MainFuse{phases, amperes};
}

}  // namespace irmeterd
