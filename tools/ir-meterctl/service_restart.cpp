#include "tools/ir-meterctl/service_restart.hpp"

#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {

Restart restart_service() {
  constexpr const char* unit = "ir-meterd.service";
  const std::string state = run_program({"systemctl", "is-active", unit}).output;
  if (state.empty()) {
    return {false, "not restarted, because systemd does not run here; do that yourself"};
  }
  if (state.starts_with("inactive") || state.starts_with("failed") ||
      state.starts_with("unknown")) {
    return {false, "not running; start it with 'sudo systemctl enable --now ir-meterd'"};
  }
  if (run_program({"systemctl", "try-restart", unit}).status != 0) {
    return {true, "could not be restarted; see 'systemctl status ir-meterd'"};
  }
  return {false, "restarted"};
}

}  // namespace irmeterctl
