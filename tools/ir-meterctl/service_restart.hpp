// Having systemd restart the service, which reads its credentials when it starts, and only then.
#pragma once

#include <string>

namespace irmeterctl {

struct Restart {
  bool failed = false;
  std::string outcome;  // a clause for a person: "restarted", "not running; start it with ..."
};

// Restarts ir-meterd.service if it runs, and waits until it is ready again.
[[nodiscard]] Restart restart_service();

}  // namespace irmeterctl
