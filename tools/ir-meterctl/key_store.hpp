// Where systemd looks for the credentials of a service: encrypted in /etc/credstore.encrypted where
// this machine can do that, else plain in /etc/credstore; never in both.
#pragma once

#include <string>

#include "lib/result.hpp"
#include "lib/session/key.hpp"

namespace irmeterctl {

struct Stored {
  std::string path;
  bool encrypted = false;
  std::string why_plain;  // a clause; empty when encrypted
  std::string removed;    // the other form, which was there; empty: it was not
};

// Stores the key as a credential of this name (check_credential_name), which replaces an older one
// in one step. root stands in front of the paths; empty: none. The error is a sentence without its
// full stop.
[[nodiscard]] irmeter::Result<Stored> store_key(const irmeter::Key& key, const std::string& name,
                                                const std::string& root);

}  // namespace irmeterctl
