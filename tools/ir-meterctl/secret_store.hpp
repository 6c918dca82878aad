// Where systemd looks for the credentials of a service: putting a secret there, and having the
// service restarted, which reads them only when it starts.
#pragma once

#include <string>
#include <vector>

#include "common/config/secret.hpp"
#include "lib/result.hpp"

namespace irmeterctl {

struct Stored {
  std::string path;
  bool encrypted = false;
  std::string why_plain;  // a clause; empty when encrypted
  std::string removed;    // the other form, which was there; empty: it was not
};

// Stores the secret as a credential of this name (check_credential_name), which replaces an older
// one in one step: encrypted in /etc/credstore.encrypted where this machine can do that, else plain
// in /etc/credstore; never in both. root stands in front of the paths; empty: none. The error is a
// sentence without its full stop.
[[nodiscard]] irmeter::Result<Stored> store_secret(const irmeterd::Secret& secret,
                                                   const std::string& name,
                                                   const std::string& root);

// The credentials that the unit loads as it comes.
inline constexpr const char* shipped_key_credential = "meter-key";
inline constexpr const char* shipped_password_credential = "mqtt-password";

struct Restart {
  bool failed = false;
  std::string outcome;  // a clause for a person: "restarted", "not running; start it with ..."
};

// Restarts ir-meterd.service if it runs, and waits until it is ready again.
[[nodiscard]] Restart restart_service();

}  // namespace irmeterctl
