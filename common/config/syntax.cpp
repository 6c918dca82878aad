#include "common/config/syntax.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/config/characters.hpp"
#include "common/config/checks.hpp"
#include "common/config/keys.hpp"

namespace irmeterd {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// A line in its parts.
struct LineParts {
  std::string bare;                       // the line with blanks in place of the texts in quotes
  std::string_view key;                   // in front of the sign; empty: there is none
  char sign = '=';                        // or :
  std::string_view value;                 // behind it, without a comment
  std::optional<std::size_t> open_quote;  // of a text that does not end
};

bool is_letter(std::string_view c) {
  return !c.empty() && ((c[0] >= 'a' && c[0] <= 'z') || (c[0] >= 'A' && c[0] <= 'Z'));
}

LineParts split(std::string_view line) {
  LineParts parts;
  parts.bare = line;
  std::size_t end = line.size();
  for (std::size_t at = 0; at < end; ++at) {
    if (line[at] == '#') {
      end = at;
      break;
    }
    if (line[at] != '"' && line[at] != '\'') {
      continue;
    }
    std::size_t close = at + 1;
    while (close < line.size() && line[close] != line[at]) {
      close += line[at] == '"' && line[close] == '\\' ? 2U : 1U;
    }
    if (close >= line.size()) {
      parts.open_quote = at;
      break;
    }
    std::fill(parts.bare.begin() + static_cast<std::ptrdiff_t>(at + 1),
              parts.bare.begin() + static_cast<std::ptrdiff_t>(close), ' ');
    at = close;
  }
  parts.bare.resize(end);
  const std::size_t sign = parts.bare.find_first_of("=:");
  const std::string_view key = trimmed(line.substr(0, sign));
  if (sign != std::string::npos && is_letter(key.substr(0, 1))) {
    parts.key = key;
    parts.sign = line[sign];
    parts.value = trimmed(line.substr(sign + 1, end - sign - 1));
  }
  return parts;
}

bool is_key_of_ours(std::string_view name) {
  const auto known = all_keys();
  return std::ranges::find(known, name, &ConfigKeyInfo::name) != known.end();
}

// The parser's words, as far as they quote nothing but a character.
std::string without_value(std::string_view description) {
  description = description.substr(0, description.find(", saw '"));
  // Nor with a name that is none of ours, such as "existing integer 'NAME'": it may be the secret.
  if (const std::size_t quote = description.find(" '"); quote != std::string_view::npos) {
    const std::string_view rest = description.substr(quote + 2);
    const bool is_ours = is_key_of_ours(rest.substr(0, rest.find('\'')));
    description = is_ours ? description : description.substr(0, quote);
  }
  return description.find("representable") == std::string_view::npos ? on_one_line(description)
                                                                     : "a number is too large";
}

bool is_flag(std::string_view value) {
  constexpr std::array<std::string_view, 6> words{"true", "false", "yes", "no", "on", "off"};
  return std::ranges::find(words, in_small_letters(value)) != words.end();
}

}  // namespace

SyntaxFault explain_syntax(std::string_view line, std::uint32_t column,
                           std::string_view description) {
  const auto column_of = [line](std::size_t at) {
    return count_characters(line.substr(0, at)) + 1;
  };
  const LineParts parts = split(line);
  if (const auto look_alike = find_look_alike(parts.bare)) {
    return {column_of(look_alike->at), "has " + look_alike->what};
  }
  if (parts.key.empty()) {
    return {column, "not valid TOML: " + without_value(description)};
  }
  const bool is_known = is_key_of_ours(parts.key);
  const auto key_column = column_of(static_cast<std::size_t>(parts.key.data() - line.data()));
  if (!is_known) {
    if (const Objection objection = check_not_like_secret({}, parts.key)) {
      // Only its first word: what follows may be the secret.
      return {key_column,
              in_quotes(parts.key.substr(0, parts.key.find_first_of(blanks))) + " " + *objection};
    }
  }
  if (parts.sign == ':') {
    return {column, "has a colon behind a key; write an equals sign"};
  }
  const std::string name = is_known ? std::string(parts.key) : "the value";
  const auto value_column =
      parts.value.empty() ? column
                          : column_of(static_cast<std::size_t>(parts.value.data() - line.data()));
  if (parts.open_quote) {
    return {column_of(*parts.open_quote), name + ": the text has no quotation mark at its end"};
  }
  if (parts.value.empty()) {
    return {column, name + ": has no value; write one behind the equals sign"};
  }
  if (is_flag(parts.value)) {
    return {value_column, name + ": write true or false, in small letters"};
  }
  if (std::string_view("\"'[{").find(parts.value.front()) == std::string_view::npos) {
    return {value_column, name + ": is not in quotes; write text as in interval = \"10s\""};
  }
  return {column, "not valid TOML: " + without_value(description)};
}

}  // namespace irmeterd
