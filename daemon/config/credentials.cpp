#include "daemon/config/credentials.hpp"

#include <array>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/config/checks.hpp"
#include "daemon/config/file.hpp"

namespace irmeterd {
namespace {

// Room for a secret while it is looked at.
class SecretBuffer {
 public:
  SecretBuffer() = default;
  ~SecretBuffer() { irmeter::wipe(bytes_.data(), bytes_.size()); }
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;

  // The content without its line end.
  [[nodiscard]] irmeter::Result<std::string_view> read(const std::string& path) {
    auto content = read_file(path, bytes_);
    if (!content) {
      return content;
    }
    std::string_view text = *content;
    if (text.ends_with('\n')) {
      text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    }
    return text;
  }

 private:
  std::array<char, 4097> bytes_{};
};

// A credential as a file; named after the variable where nobody handed any over.
std::string credential_path(const std::string& directory, const std::string& name) {
  return (directory.empty() ? "$CREDENTIALS_DIRECTORY" : directory) + "/" + name;
}

bool has_credential(const std::string& directory, const std::string& name) {
  std::error_code unknown;  // neither there nor missing: reading it tells why
  return !directory.empty() &&
         std::filesystem::status(credential_path(directory, name), unknown).type() !=
             std::filesystem::file_type::not_found;
}

std::string how_to_provide(const std::string& name) {
  return "put it into /etc/credstore/" + name +
         ", see that the service loads it (LoadCredential=" + name + ") and restart ir-meterd";
}

std::string unreadable(std::string_view what, const irmeter::Error& error) {
  return std::string(what) + " " + error.what + "; it must be a file that ir-meterd may read";
}

class SecretReader {
 public:
  explicit SecretReader(const std::string& directory) : directory_(directory) {}

  MeterKey meter_key(const MeterConfig& meter) {
    if (meter.key_file.empty() && !has_credential(directory_, meter.key_credential)) {
      return {std::nullopt,
              "There is no key in " + credential_path(directory_, meter.key_credential) + ": " +
                  how_to_provide(meter.key_credential) + ", or name its file with key_file."};
    }
    const std::string path =
        meter.key_file.empty() ? credential_path(directory_, meter.key_credential) : meter.key_file;
    const std::string what = "key of meter " + in_quotes(meter.name);
    SecretBuffer buffer;
    const auto text = buffer.read(path);
    if (!text) {
      report(path, unreadable(what, text.error()));
      return {};
    }
    const auto key = irmeter::Key::from_text(*text);
    if (!key) {
      report(path, what + ": " + key.error().what);
      return {};
    }
    return {*key, {}};
  }

  Secret mqtt_password(const MqttConfig& mqtt) {
    const std::string& name = mqtt.password_credential;
    if (name.empty() && mqtt.password_file.empty()) {
      return {};
    }
    const std::string path = name.empty() ? mqtt.password_file : credential_path(directory_, name);
    if (!name.empty() && !has_credential(directory_, name)) {
      report(path, "MQTT password is not there; " + how_to_provide(name));
      return {};
    }
    SecretBuffer buffer;
    const auto text = buffer.read(path);
    if (!text) {
      report(path, unreadable("MQTT password", text.error()));
    } else if (text->empty()) {
      report(path, "MQTT password is empty; write it into the file, on one line");
    } else if (text->find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      report(path, "MQTT password is more than a line of text; write it alone, on one line");
    } else {
      return Secret(*text);
    }
    return {};
  }

  void tls_files(const MqttConfig& mqtt) {
    const std::initializer_list<std::pair<std::string_view, const std::string&>> files{
        {"ca_file", mqtt.ca_file},
        {"cert_file", mqtt.cert_file},
        {"client_key_file", mqtt.client_key_file},
    };
    for (const auto& [key, path] : files) {
      const auto error = path.empty() ? std::nullopt : check_readable(path);
      if (error) {
        report(path, unreadable(key, *error));
      }
    }
  }

  std::vector<ConfigProblem> take_problems() { return std::move(problems_); }

 private:
  void report(const std::string& path, std::string message) {
    problems_.push_back({path, 0, 0, std::move(message)});
  }

  const std::string& directory_;
  std::vector<ConfigProblem> problems_;
};

}  // namespace

Secrets load_secrets(const Config& config, const std::string& credentials_directory) {
  SecretReader reader(credentials_directory);
  Secrets secrets;
  for (const MeterConfig& meter : config.meters) {
    secrets.meter_keys.emplace(meter.name, reader.meter_key(meter));
  }
  if (config.mqtt) {
    secrets.mqtt_password = reader.mqtt_password(*config.mqtt);
    reader.tls_files(*config.mqtt);
  }
  secrets.problems = reader.take_problems();
  return secrets;
}

std::vector<ConfigProblem> check_secrets(Config config, const std::string& credentials_directory) {
  if (credentials_directory.empty() && config.mqtt) {
    config.mqtt->password_credential.clear();
  }
  return load_secrets(config, credentials_directory).problems;
}

}  // namespace irmeterd
