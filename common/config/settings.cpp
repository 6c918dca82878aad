#include "common/config/settings.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace irmeterd {

Settings load_settings(const std::string& config_path, const std::string& credentials_directory) {
  LoadedConfig loaded = load_config(config_path);
  Settings settings;
  settings.secrets = load_secrets(loaded.config, credentials_directory);
  settings.config = std::move(loaded.config);
  settings.problems = std::move(loaded.problems);
  std::ranges::copy(settings.secrets.problems, std::back_inserter(settings.problems));
  return settings;
}

std::vector<ConfigProblem> check_settings(const std::string& config_path,
                                          const std::string& credentials_directory) {
  LoadedConfig loaded = load_config(config_path);
  std::ranges::move(check_secrets(std::move(loaded.config), credentials_directory),
                    std::back_inserter(loaded.problems));
  return std::move(loaded.problems);
}

}  // namespace irmeterd
