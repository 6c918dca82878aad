// Keys and passwords: read once at start and reload, from systemd's credentials or from files the
// configuration names.
//
// The credential NAME is looked for as NAME, which the service has from an encrypted file or else
// as a lone line end, and then as NAME.plain: with systemd 252 one credential comes from an
// encrypted file or from a plain one, not from whichever there is.
//
// A secret stands alone in its file; one line end behind it is no part of it. No message quotes
// what is in such a file, and every buffer that held it is wiped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config.hpp"
#include "common/config/secret.hpp"
#include "common/mqtt/faults.hpp"
#include "lib/session/key.hpp"

namespace irmeterd {

struct MeterKey {
  std::optional<irmeter::Key> key;
  std::string place;  // without a key: the credential's name, or the path of its file

  friend bool operator==(const MeterKey&, const MeterKey&) = default;
};

struct Secrets {
  std::map<std::string, MeterKey> meter_keys;  // by the meter's name, one for every meter
  Secret mqtt_password;                        // empty: none is configured
  std::string mqtt_client_key_file;            // where it is, for the TLS library; likewise
  std::optional<MqttFailure> mqtt_lacks;       // why it is of no use to connect; the meter is read
  std::vector<ConfigProblem> mqtt_problems;    // what is wrong with the files that MQTT needs
  std::vector<ConfigProblem> problems;         // empty, or the rest is not to be used
};

// The file of a credential in $CREDENTIALS_DIRECTORY, or nothing where it is not there. directory:
// that, or empty.
[[nodiscard]] std::optional<std::string> credential_file(const std::string& directory,
                                                         const std::string& name);

// Why a text cannot be the MQTT password, as it reads on from it; nothing where it can.
[[nodiscard]] std::optional<std::string> why_no_password(std::string_view text);

// Reads every secret of the configuration and sees whether the TLS files can be read. A key that is
// not there is no problem, it may come later; a file of one that is unreadable or holds something
// else is. What MQTT needs keeps no meter from being read, whatever is wrong with it.
// credentials_directory: $CREDENTIALS_DIRECTORY, or empty.
// Also of use with a configuration that has problems, to report all of them at once.
[[nodiscard]] Secrets load_secrets(const Config& config, const std::string& credentials_directory);

}  // namespace irmeterd
