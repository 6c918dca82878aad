// The steps of set-key: taking the key from the user, storing it where systemd looks for the
// credentials of a service, and having the service restarted, which reads them only when it starts.
#pragma once

#include <string>

#include "lib/result.hpp"
#include "lib/session/key.hpp"

namespace irmeterctl {

// Reads standard input. At a terminal it asks twice on standard error, without echo, because a slip
// shown to the meter raises an alarm at the grid company; the echo is back when this returns, and
// when a signal ends the process meanwhile. Otherwise the key is all there is, with one line end
// behind it or none.
[[nodiscard]] irmeter::Result<irmeter::Key> read_key();

struct Stored {
  std::string path;
  bool encrypted = false;
  std::string why_plain;  // a clause; empty when encrypted
  std::string removed;    // the other form, which was there; empty: it was not
};

// Stores the key as a credential of this name (check_credential_name), which replaces an older one
// in one step: encrypted in /etc/credstore.encrypted where this machine can do that, else plain in
// /etc/credstore; never in both. root stands in front of the paths; empty: none. The error is a
// sentence without its full stop.
[[nodiscard]] irmeter::Result<Stored> store_key(const irmeter::Key& key, const std::string& name,
                                                const std::string& root);

struct Restart {
  bool failed = false;
  std::string outcome;  // a clause for a person: "restarted", "not running; start it with ..."
};

// Restarts ir-meterd.service if it runs, and waits until it is ready again.
[[nodiscard]] Restart restart_service();

}  // namespace irmeterctl
