// Which texts the configuration accepts, key by key, apart from the format they are written in.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace irmeterd {

// What is wrong with a value and what would be right, as it reads on from the key; nothing when the
// value is fine.
using Objection = std::optional<std::string>;

// [a-z][a-z0-9_]*, at most 64 characters: it becomes part of D-Bus paths and a folder's name.
[[nodiscard]] Objection check_meter_name(std::string_view text);
// An absolute path, or tcp://host:port.
[[nodiscard]] Objection check_device(std::string_view text);
// mqtt:// or mqtts://. Never quotes the text, there may be a password in it.
[[nodiscard]] Objection check_mqtt_url(std::string_view text);
// Without wildcards and without a slash at either end.
[[nodiscard]] Objection check_topic_prefix(std::string_view text);
// A file name that systemd accepts for a credential, and that needs no quotes in a unit. Never
// quotes the text: it may be the key or the password itself.
[[nodiscard]] Objection check_credential_name(std::string_view text);
[[nodiscard]] Objection check_absolute_path(std::string_view text);
// The same for a file with a secret, without quoting a text that is no path, for the same reason.
[[nodiscard]] Objection check_secret_path(std::string_view text);
// What holds for every text: neither empty nor overlong, no control characters.
[[nodiscard]] Objection check_text(std::string_view text);
// What holds for every text before it is looked at: no blanks at its ends, nothing that nobody can
// see. Never quotes the text.
[[nodiscard]] Objection check_characters(std::string_view text);
// Why a text that is no value of its key is none, where that is another mistake than the key's own:
// it looks like a meter's key, or has characters that only look like the right ones.
[[nodiscard]] Objection check_likeness(std::string_view text);

// What to do with a secret that stands in the file, as it reads on from the name of it; nothing for
// a key that is not called like one. table: "meter", "mqtt", or another.
[[nodiscard]] Objection check_not_secret(std::string_view table, std::string_view key);
// The same of names that may also be slips of others: all that speak of keys or passwords.
[[nodiscard]] Objection check_not_like_secret(std::string_view table, std::string_view key);

// The text in quotes, fit for a message: on one line, and cut when long.
[[nodiscard]] std::string in_quotes(std::string_view text);
// The text with question marks for its control characters.
[[nodiscard]] std::string on_one_line(std::string_view text);

// The candidate the text is most likely a slip of; empty when none is near.
[[nodiscard]] std::string_view nearest(std::string_view text,
                                       std::span<const std::string_view> candidates);

}  // namespace irmeterd
