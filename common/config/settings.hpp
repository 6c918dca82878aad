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
};

// credentials_directory: $CREDENTIALS_DIRECTORY, or empty.
[[nodiscard]] Settings load_settings(const std::string& config_path,
                                     const std::string& credentials_directory);

// The problems alone, as far as they can be seen from outside the service.
[[nodiscard]] std::vector<ConfigProblem> check_settings(const std::string& config_path,
                                                        const std::string& credentials_directory);

}  // namespace irmeterd
