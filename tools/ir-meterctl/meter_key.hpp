// The key to check a meter with, and the place where the daemon records what became of it.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/config/config.hpp"
#include "lib/session/key.hpp"
#include "tools/ir-meterctl/advice.hpp"

namespace irmeterctl {

struct StoredKey {
  std::optional<irmeter::Key> key;
  std::string place;              // a path; empty where nothing is stored
  std::optional<Advice> problem;  // why what is stored there is no key
};

// root: what stands for / , empty for the real one; also below.
[[nodiscard]] StoredKey find_key(const irmeterd::MeterConfig& meter, const std::string& root);

// The service's state directory, which root makes where it is not there yet. Or why this user must
// not use a key: what became of it could not be recorded, or is not to be seen.
[[nodiscard]] std::variant<std::string, Advice> state_directory(const std::string& root);

}  // namespace irmeterctl
