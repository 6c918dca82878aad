#include "tools/ir-meterctl/setup/service_pause.hpp"

#include <string>

#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {
namespace {

bool is_active() {
  const std::string state = run_program({"systemctl", "is-active", service_unit}).output;
  return state.starts_with("active") || state.starts_with("activating") ||
         state.starts_with("reloading");
}

}  // namespace

ServicePause::~ServicePause() {
  if (paused_) {
    (void)run_program({"systemctl", "start", service_unit});
  }
}

void ServicePause::begin() {
  paused_ = paused_ || (allowed_ && is_active() &&
                        run_program({"systemctl", "stop", service_unit}).status == 0);
}

}  // namespace irmeterctl
