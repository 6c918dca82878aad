// How a secret could show itself in a text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/hex.hpp"

namespace irmeterd {

// Every piece of this many characters, as it is and as hexadecimal of either case, with blanks
// between the bytes or without.
inline std::vector<std::string> forms_of(std::string_view secret, std::size_t telling) {
  std::vector<std::string> forms;
  for (std::size_t i = 0; i + telling <= secret.size(); ++i) {
    forms.emplace_back(secret.substr(i, telling));
    for (const std::string_view digits : {irmeter::hex_digits, irmeter::upper_hex_digits}) {
      for (const std::string_view between : {" ", ""}) {
        std::string hex;
        for (const char c : secret.substr(i, telling)) {
          hex += hex.empty() ? "" : between;
          hex += irmeter::hex(static_cast<std::uint8_t>(c), digits);
        }
        forms.push_back(std::move(hex));
      }
    }
  }
  return forms;
}

// No three characters in a row are to be seen.
inline void expect_without(std::string_view text, std::string_view secret,
                           const std::string& where) {
  for (const std::string& form : forms_of(secret, 3)) {
    EXPECT_EQ(text.find(form), std::string::npos) << where << ": " << text;
  }
}

}  // namespace irmeterd
