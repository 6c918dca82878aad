// The key to check a meter with, and the place where the daemon remembers what became of it.
#pragma once

#include <string>

#include "common/config/config.hpp"
#include "common/config/credentials.hpp"
#include "lib/result.hpp"

namespace irmeterctl {

struct StoredKey {
  irmeterd::MeterKey key;
  std::string place;  // a path; empty where nothing is stored
};

// root: what stands for / , empty for the real one; also below.
[[nodiscard]] StoredKey find_key(const irmeterd::MeterConfig& meter, const std::string& root);

// The service's state directory, which root makes where it is not there yet. The error is a
// sentence on why this user must not use a key: what became of it could not be remembered, or is
// not to be seen.
[[nodiscard]] irmeter::Result<std::string> state_directory(const std::string& root);

}  // namespace irmeterctl
