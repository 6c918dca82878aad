#include "common/config/checks.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "common/config/characters.hpp"
#include "common/config/url.hpp"
#include "lib/session/key.hpp"

namespace irmeterd {
namespace {

constexpr std::size_t max_text = 1024;
constexpr std::size_t max_name = 64;
constexpr std::size_t max_credential = 249;  // NAME_MAX, with room for ".plain"
constexpr std::size_t max_quoted = 60;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < ' ' || byte == 0x7F;
}
// UTF-8: a byte that is not the first of its character.
bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_separator(char c) {
  return is_blank(c) || c == '.' || c == '_' || c == '-' || c == ':';
}

// A meter's key as people have it: 20 characters, often hexadecimal digits and often in groups, or
// all of that in hexadecimal once more.
bool looks_like_key(std::string_view text) {
  std::string bare(text);
  std::erase_if(bare, is_separator);
  const bool has_digit = std::any_of(bare.begin(), bare.end(), is_digit);
  if (!has_digit || (bare.size() != irmeter::Key::size && bare.size() != 2 * irmeter::Key::size)) {
    return false;
  }
  const bool is_bare = bare.size() == text.size() && bare.size() == irmeter::Key::size;
  return std::all_of(bare.begin(), bare.end(), is_hex_digit) ||
         (is_bare && text.find_first_of("/\"") == std::string_view::npos);
}

constexpr const char* store_key = "store the key with 'sudo ir-meterctl set-key'";
constexpr const char* is_like_key =
    "looks like a meter's key, which must not stand in this file; take it out, and store the key "
    "with 'sudo ir-meterctl set-key'";
constexpr const char* store_password = "store the password with 'sudo ir-meterctl set-password'";

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

enum class SecretKind : std::uint8_t { meter_key, password, client_key };

std::string not_in_this_file(SecretKind kind) {
  const std::string take_out = "must not stand in this file; take this line out, ";
  switch (kind) {
    case SecretKind::meter_key:
      return take_out + "and " + store_key;
    case SecretKind::password:
      return take_out + "write password_credential = \"mqtt-password\" under [mqtt], and " +
             store_password;
    case SecretKind::client_key:
      break;
  }
  return take_out + "and write client_key_file with the path of a file that holds the key";
}

bool is_credential_character(char c) {
  return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

// Levenshtein's distance: how many characters to insert, remove or replace.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

Objection check_text(std::string_view text) {
  if (text.empty()) {
    return "must not be empty; leave the key out to have the default";
  }
  if (text.size() > max_text) {
    return "is too long; at most " + std::to_string(max_text) + " bytes";
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return in_quotes(text) + " has control characters in it; write plain text";
  }
  return std::nullopt;
}

Objection check_characters(std::string_view text) {
  const auto look_alike = find_look_alike(text);
  if (look_alike && look_alike->unseen) {
    return "has " + look_alike->what;
  }
  if (!text.empty() && (is_blank(text.front()) || is_blank(text.back()))) {
    return std::string(is_blank(text.front()) ? "begins" : "ends") +
           " with a blank; write it without";
  }
  return std::nullopt;
}

Objection check_likeness(std::string_view text) {
  if (looks_like_key(text)) {
    return is_like_key;
  }
  const auto look_alike = find_look_alike(text);
  return look_alike ? Objection("has " + look_alike->what) : std::nullopt;
}

Objection check_not_secret(std::string_view table, std::string_view key) {
  constexpr std::array<std::string_view, 9> keys{"key",      "meter_key",     "meterkey",
                                                 "rk",       "read_only_key", "readonly_key",
                                                 "read_key", "security_key",  "mbk"};
  constexpr std::array<std::string_view, 9> passwords{
      "password", "passwd", "pass", "pw", "pwd", "passphrase", "secret", "mqtt_password", "token"};
  const std::string name = in_small_letters(key);
  if (is_one_of(name, keys)) {
    return not_in_this_file(table == "mqtt" ? SecretKind::client_key : SecretKind::meter_key);
  }
  if (is_one_of(name, passwords)) {
    return not_in_this_file(table == "meter" ? SecretKind::meter_key : SecretKind::password);
  }
  return std::nullopt;
}

Objection check_not_like_secret(std::string_view table, std::string_view key) {
  const std::string name = in_small_letters(key);
  for (const std::string_view word : {"key", "pass", "secret", "token"}) {
    if (name.find(word) != std::string::npos) {
      return check_not_secret(table, word == "pass" ? "password" : word);
    }
  }
  return std::nullopt;
}

Objection check_meter_name(std::string_view text) {
  if (text.size() <= max_name && !text.empty() && is_lower(text.front()) &&
      std::all_of(text.begin(), text.end(),
                  [](char c) { return is_lower(c) || is_digit(c) || c == '_'; })) {
    return std::nullopt;
  }
  return in_quotes(text) + " is not a meter's name; write a-z, then a-z, 0-9 or _, at most " +
         std::to_string(max_name) + " characters";
}

Objection check_device(std::string_view text) {
  if (is_tcp_url(text)) {
    const auto endpoint = parse_tcp_url(text);
    if (endpoint) {
      return std::nullopt;
    }
    const bool has_password = text.find('@') != std::string_view::npos;
    return (has_password ? "" : in_quotes(text) + " ") + endpoint.error().what +
           "; write \"tcp://host:port\"";
  }
  if (text.starts_with('/')) {
    const auto look_alike = find_look_alike(text);
    return look_alike ? "has " + look_alike->what : check_text(text);
  }
  const bool has_password = text.find('@') != std::string_view::npos;
  return (has_password ? "" : in_quotes(text) + " ") +
         "is no device; write an absolute path such as \"/dev/ir-probe\", or \"tcp://host:port\"";
}

Objection check_mqtt_url(std::string_view text) {
  const auto url = parse_mqtt_url(text);
  if (url) {
    return std::nullopt;
  }
  const std::string message =
      url.error().what + "; write \"mqtt://host:port\" or \"mqtts://host:port\"";
  if (text.find('@') == std::string_view::npos) {
    return message;
  }
  return message + ", the user under username and password_credential = \"mqtt-password\", and " +
         store_password;
}

Objection check_topic_prefix(std::string_view text) {
  if (auto objection = check_text(text)) {
    return objection;
  }
  if (text.find_first_of("+#") != std::string_view::npos) {
    return in_quotes(text) + " has a wildcard in it; write topic levels without + and #";
  }
  if (text.starts_with('/') || text.ends_with('/')) {
    return in_quotes(text) + " has a slash at one end; write it without";
  }
  if (text.starts_with('$')) {
    return in_quotes(text) +
           " begins with $, which is the broker's own; write another first letter";
  }
  return std::nullopt;
}

Objection check_credential_name(std::string_view text) {
  if (text.empty()) {
    return check_text(text);
  }
  if (text.size() > max_credential || text.starts_with('.') ||
      !std::all_of(text.begin(), text.end(), is_credential_character)) {
    return "is not a credential's name; write a file name without a folder, of a-z, A-Z, 0-9, ., _ "
           "and -, such as \"meter-key\"";
  }
  if (looks_like_key(text) ||
      (text.size() == irmeter::Key::size && text.find_first_of("._-") == std::string_view::npos)) {
    return is_like_key;
  }
  return std::nullopt;
}

Objection check_secret_path(std::string_view text) {
  if (text.empty() || text.starts_with('/')) {
    return check_absolute_path(text);
  }
  return "is not an absolute path; write one that begins with /";
}

Objection check_absolute_path(std::string_view text) {
  if (text.starts_with('/')) {
    return check_text(text);
  }
  return in_quotes(text) + " is not an absolute path; write one that begins with /";
}

std::string in_quotes(std::string_view text) {
  std::size_t size = std::min(text.size(), max_quoted);
  while (size < text.size() && size > 0 && is_continuation(text[size])) {
    --size;
  }
  return "\"" + on_one_line(text.substr(0, size)) + (size < text.size() ? "...\"" : "\"");
}

std::string on_one_line(std::string_view text) {
  std::string result(text);
  std::replace_if(result.begin(), result.end(), is_control, '?');
  return result;
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = 3;  // two slips at most
  for (const std::string_view candidate : candidates) {
    const bool begins_so = text.size() >= 3 && candidate.starts_with(text);
    const std::size_t slips = begins_so ? 0 : distance(text, candidate);
    if (slips < best_distance && slips * 2 <= candidate.size()) {
      best = candidate;
      best_distance = slips;
    }
  }
  return best;
}

}  // namespace irmeterd
