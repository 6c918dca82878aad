// A key or password as the service will get it, read where an administrator has stored it.
//
// systemd hands credentials to the service alone, so whoever checks from outside looks into the
// credential stores: encrypted first, as the service does.
#pragma once

#include <optional>
#include <string>

#include "common/config/secret.hpp"
#include "tools/ir-meterctl/advice.hpp"

namespace irmeterctl {

struct StoredSecret {
  irmeterd::Secret text;          // without its line end
  std::string place;              // "/etc/credstore/meter-key"; empty where nothing is stored
  std::optional<Advice> problem;  // why there is no text
};

// From $CREDENTIALS_DIRECTORY if there is one, else from the stores below root ("" for the
// machine's own).
[[nodiscard]] StoredSecret find_credential(const std::string& name, const std::string& root);

[[nodiscard]] StoredSecret read_secret_file(const std::string& path);

}  // namespace irmeterctl
