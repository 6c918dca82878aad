#include "lib/session/key.hpp"

#include <algorithm>
#include <string>

namespace irmeter {

Result<Key> Key::from_text(std::string_view text) {
  if (text.size() != size) {
    return Error{"the key has " + std::to_string(text.size()) +
                 " characters, a meter key has exactly 20"};
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < ' ' || text[i] > '~') {
      return Error{"character " + std::to_string(i + 1) +
                   " of the key is not a printable ASCII character"};
    }
  }
  Key key;
  std::copy(text.begin(), text.end(), key.bytes_.begin());
  return key;
}

}  // namespace irmeter
