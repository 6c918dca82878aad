// All that a start or a reload needs from outside: the configuration and the secrets it names.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.hpp"
#include "common/config/credentials.hpp"

namespace irmeterd {

struct Settings {
  Config config;
  Secrets secrets;
  std::vector<ConfigProblem> problems;  // of either; empty, or the rest is not to be used
  std::vector<ConfigProblem> warnings;  // what can be lived with
};

// credentials_directory: $CREDENTIALS_DIRECTORY, or empty.
[[nodiscard]] Settings load_settings(const std::string& config_path,
                                     const std::string& credentials_directory);

// Meters whose devices are the same one by another name, such as a link and its target. A warning,
// since it is true of this moment only: a link may lead elsewhere once all probes are there.
[[nodiscard]] std::vector<ConfigProblem> find_shared_devices(const std::string& config_path,
                                                             const LoadedConfig& loaded);
// Files that others may read or write and should not: the configuration and the keys it names.
[[nodiscard]] std::vector<ConfigProblem> find_open_files(const std::string& config_path,
                                                         const Config& config);

}  // namespace irmeterd
