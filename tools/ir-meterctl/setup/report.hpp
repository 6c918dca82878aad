// What setup has found out and done.
#pragma once

#include <string>
#include <vector>

#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

struct SetupReport {
  std::string device;
  std::string meter;                  // its id
  std::string key;                    // "stored", "kept" or "later"
  std::string broker;                 // a URL; empty: none
  std::string file;                   // the configuration
  std::string old_file;               // what it was before; empty: nothing has changed in it
  std::string service;                // what became of the service, as a clause
  std::string state;                  // of the meter afterwards; empty: not waited for
  std::vector<std::string> entities;  // of Home Assistant, for its energy dashboard
  Facts values;                       // what the meter gave

  // Whether the meter is read now, as far as that was tried.
  [[nodiscard]] bool good() const { return state.empty() || state == "online"; }
};
[[nodiscard]] Document document_of(const SetupReport& report);
// Where it has ended before anything was written, or could not be written.
[[nodiscard]] Document problem_document(const Advice& problem);

}  // namespace irmeterctl
