#include "common/config/credentials.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/config/characters.hpp"
#include "common/config/checks.hpp"
#include "common/files.hpp"
#include "common/keys/key_text.hpp"

namespace irmeterd {
namespace {

constexpr std::size_t max_secret = 4'096;  // bytes

bool is_missing(const std::string& path) {
  std::error_code unknown;  // neither there nor missing: reading it tells why
  return std::filesystem::status(path, unknown).type() == std::filesystem::file_type::not_found;
}

// False for a lone line end too, which stands for a credential that is not there.
bool is_there(const std::string& path) {
  std::error_code unknown;  // likewise
  return std::filesystem::is_regular_file(path, unknown)
             ? std::filesystem::file_size(path, unknown) > 1
             : !is_missing(path);
}

// The name of a credential that is not there, as far as it is for everybody's eyes: somebody may
// have written the key or the password in place of the name.
std::string shown(const std::string& name) {
  constexpr std::array<std::string_view, 3> ours{"meter-key", "mqtt-password", "mqtt-client-key"};
  const bool is_name = std::any_of(ours.begin(), ours.end(), [&](std::string_view beginning) {
    return name.starts_with(beginning);
  });
  return is_name ? name : "NAME";
}

std::string unreadable(std::string_view what, const irmeter::Error& error) {
  return std::string(what) + " " + error.what + "; it must be a file that ir-meterd may read";
}

class SecretReader {
 public:
  SecretReader(const std::string& directory, Secrets& secrets)
      : directory_(directory), secrets_(secrets) {}

  MeterKey meter_key(const MeterConfig& meter) {
    const std::string& name = meter.key_credential;
    const auto credential = credential_file(directory_, name);
    if (meter.key_file.empty() && !credential) {
      return {std::nullopt, shown(name)};
    }
    const std::string path = meter.key_file.empty() ? *credential : meter.key_file;
    if (is_missing(path)) {
      return {std::nullopt, path};
    }
    const std::string what = "key of meter " + in_quotes(meter.name);
    const auto text = read_secret(path, max_secret);
    if (!text) {
      refuse(path, unreadable(what, text.error()));
      return {};
    }
    if (const auto fault = why_not_plain(text->reveal())) {
      refuse(path, what + " " + *fault + "; " + std::string(save_as_plain));
      return {};
    }
    const auto key = parse_key(text->reveal());
    if (!key) {
      refuse(path, what + ": " + key.error().what);
      return {};
    }
    return {*key, {}};
  }

  Secret mqtt_password(const MqttConfig& mqtt) {
    const auto path = find(mqtt.password_credential, mqtt.password_file);
    if (!path || path->empty()) {
      return {};
    }
    auto secret = read_secret(*path, max_secret);
    if (!secret) {
      miss(*path, unreadable("MQTT password", secret.error()));
    } else if (const auto fault = why_no_password(secret->reveal())) {
      miss(*path, "MQTT password " + *fault + "; " +
                      (why_not_plain(secret->reveal()) ? std::string(save_as_plain)
                                                       : "write it alone, on one line"));
    } else {
      return *secret;
    }
    return {};
  }

  // Sees whether the TLS files can be read; where the client's key is.
  std::string tls_files(const MqttConfig& mqtt) {
    const std::string& name = mqtt.client_key_credential;
    std::string client_key = find(name, mqtt.client_key_file).value_or("");
    const std::initializer_list<std::pair<std::string_view, const std::string&>> files{
        {"ca_file", mqtt.ca_file},
        {"cert_file", mqtt.cert_file},
        {name.empty() ? "client_key_file" : "MQTT client key", client_key},
    };
    for (const auto& [key, path] : files) {
      const auto error = path.empty() ? std::nullopt : check_readable(path);
      if (error) {
        miss(path, unreadable(key, *error));
      }
    }
    return client_key;
  }

 private:
  // The file of a credential, or the other file where none is named.
  std::optional<std::string> find(const std::string& credential, const std::string& file) {
    if (credential.empty()) {
      return file;
    }
    auto path = credential_file(directory_, credential);
    if (!path) {
      secrets_.mqtt_lacks = {MqttFault::no_secret, shown(credential)};
    }
    return path;
  }

  void refuse(const std::string& path, std::string message) {
    secrets_.problems.push_back({path, 0, 0, std::move(message)});
  }

  // The first is what MQTT is said to lack.
  void miss(const std::string& path, std::string message) {
    secrets_.mqtt_problems.push_back({path, 0, 0, std::move(message)});
    if (!secrets_.mqtt_lacks) {
      secrets_.mqtt_lacks = {MqttFault::unusable_file, secrets_.mqtt_problems.back().text()};
    }
  }

  const std::string& directory_;
  Secrets& secrets_;
};

}  // namespace

irmeter::Result<Secret> read_secret(const std::string& path, std::size_t most) {
  std::vector<char> buffer(most + 1);
  const auto content = read_file(path, buffer);
  irmeter::Result<Secret> secret =
      content ? irmeter::Result(Secret(without_line_end(*content))) : content.error();
  irmeter::wipe(buffer.data(), buffer.size());
  return secret;
}

std::optional<std::string> credential_file(const std::string& directory, const std::string& name) {
  if (directory.empty()) {
    return std::nullopt;
  }
  std::string path = directory + "/" + name;
  if (!is_there(path)) {
    path += ".plain";
  }
  return is_there(path) ? std::optional(std::move(path)) : std::nullopt;
}

std::optional<std::string> why_no_password(std::string_view text) {
  if (text.empty()) {
    return "is empty";
  }
  if (auto fault = why_not_plain(text)) {
    return fault;
  }
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos
             ? std::nullopt
             : std::optional<std::string>("is more than a line of text");
}

Secrets load_secrets(const Config& config, const std::string& credentials_directory) {
  Secrets secrets;
  SecretReader reader(credentials_directory, secrets);
  for (const MeterConfig& meter : config.meters) {
    secrets.meter_keys.emplace(meter.name, reader.meter_key(meter));
  }
  if (config.mqtt) {
    secrets.mqtt_password = reader.mqtt_password(*config.mqtt);
    secrets.mqtt_client_key_file = reader.tls_files(*config.mqtt);
  }
  return secrets;
}

}  // namespace irmeterd
