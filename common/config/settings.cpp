#include "common/config/settings.hpp"

#include <iterator>
#include <utility>

namespace irmeterd {
namespace {

void append(std::vector<ConfigProblem>& problems, std::vector<ConfigProblem> more) {
  problems.insert(problems.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

}  // namespace

Settings load_settings(const std::string& config_path, const std::string& credentials_directory) {
  LoadedConfig loaded = load_config(config_path);
  Settings settings;
  settings.secrets = load_secrets(loaded.config, credentials_directory);
  settings.config = std::move(loaded.config);
  settings.problems = std::move(loaded.problems);
  append(settings.problems, settings.secrets.problems);
  return settings;
}

std::vector<ConfigProblem> check_settings(const std::string& config_path,
                                          const std::string& credentials_directory) {
  LoadedConfig loaded = load_config(config_path);
  append(loaded.problems, check_secrets(std::move(loaded.config), credentials_directory));
  return std::move(loaded.problems);
}

}  // namespace irmeterd
