// A key or password as the service will get it, read where an administrator has stored it, and the
// place where the daemon records what became of a key.
//
// systemd hands credentials to the service alone, so whoever checks from outside looks into the
// credential stores: encrypted first, as the service does.
#pragma once

#include <optional>
#include <string>

#include "common/config/config.hpp"
#include "common/config/secret.hpp"
#include "lib/session/key.hpp"
#include "tools/ir-meterctl/output.hpp"

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

struct StoredKey {
  std::optional<irmeter::Key> key;
  std::string place;              // a path; empty where nothing is stored
  std::optional<Advice> problem;  // why what is stored there is no key
};

// The key to check a meter with. root: as for find_credential().
[[nodiscard]] StoredKey find_key(const irmeterd::MeterConfig& meter, const std::string& root);

// Why this user must not use a key: what became of it could not be recorded in the service's state
// directory, or is not to be seen. root makes the directory where it is not there yet.
// of_this_system: it lies below the real / .
[[nodiscard]] std::optional<Advice> why_no_record(const std::string& state_directory,
                                                  bool of_this_system);

}  // namespace irmeterctl
