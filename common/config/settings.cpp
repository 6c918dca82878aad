#include "common/config/settings.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/config/checks.hpp"

namespace irmeterd {
namespace {

// What is behind a path, whatever it is called; nothing where there is nothing.
std::optional<std::pair<dev_t, ino_t>> identity_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return S_ISCHR(status.st_mode) ? std::pair(status.st_rdev, ino_t{})
                                 : std::pair(status.st_dev, status.st_ino);
}

void append(std::vector<ConfigProblem>& all, std::vector<ConfigProblem> more) {
  std::ranges::move(more, std::back_inserter(all));
}

}  // namespace

Settings load_settings(const std::string& config_path, const std::string& credentials_directory) {
  LoadedConfig loaded = load_config(config_path);
  Settings settings;
  settings.secrets = load_secrets(loaded.config, credentials_directory);
  settings.warnings = find_open_files(config_path, loaded.config);
  append(settings.warnings, find_shared_devices(config_path, loaded));
  append(settings.warnings, settings.secrets.mqtt_problems);
  settings.config = std::move(loaded.config);
  settings.problems = std::move(loaded.problems);
  std::ranges::copy(settings.secrets.problems, std::back_inserter(settings.problems));
  return settings;
}

std::vector<ConfigProblem> find_shared_devices(const std::string& config_path,
                                               const LoadedConfig& loaded) {
  std::vector<ConfigProblem> problems;
  const auto& meters = loaded.config.meters;
  for (std::size_t i = 1; i < meters.size(); ++i) {
    const auto device = identity_of(meters[i].device);
    for (std::size_t other = 0; device && other < i; ++other) {
      if (meters[other].device != meters[i].device && identity_of(meters[other].device) == device) {
        problems.push_back(
            {config_path, loaded.device_places[i].line, loaded.device_places[i].column,
             "device: " + in_quotes(meters[i].device) + " is the same device as " +
                 in_quotes(meters[other].device) + " in line " +
                 std::to_string(loaded.device_places[other].line) + "; write another"});
      }
    }
  }
  return problems;
}

std::vector<ConfigProblem> find_open_files(const std::string& config_path, const Config& config) {
  std::vector<ConfigProblem> warnings;
  const auto mode_of = [](const std::string& path) {
    struct stat status {};
    const bool is_file =
        !path.empty() && stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
    return is_file ? status.st_mode : mode_t{};  // nobody is to close /etc or /dev/null
  };
  if ((mode_of(config_path) & S_IWOTH) != 0) {
    warnings.push_back(
        {config_path, 0, 0,
         "everybody may write this file; close it with 'chmod o-w " + config_path + "'"});
  }
  const auto look_at_secret = [&](const std::string& path, const std::string& what) {
    const mode_t mode = mode_of(path);
    if ((mode & (S_IROTH | S_IWOTH)) != 0) {
      warnings.push_back({path, 0, 0,
                          "everybody may " +
                              std::string((mode & S_IROTH) != 0 ? "read " : "write ") + what +
                              "; close the file with 'chown ir-meterd " + path +
                              "' and 'chmod 600 " + path + "'"});
    }
  };
  for (const MeterConfig& meter : config.meters) {
    look_at_secret(meter.key_file, "the key of meter " + in_quotes(meter.name));
  }
  if (config.mqtt) {
    look_at_secret(config.mqtt->password_file, "the MQTT password");
    look_at_secret(config.mqtt->client_key_file, "the MQTT client key");
  }
  return warnings;
}

}  // namespace irmeterd
