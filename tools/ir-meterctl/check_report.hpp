// The lines of a check, shown as they come in text and all together in JSON.
#pragma once

#include <string>
#include <vector>

#include "tools/ir-meterctl/check_line.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

class CheckReport {
 public:
  // name_meters: there are several, and each line says of which it is.
  CheckReport(Output& output, bool name_meters) : output_(output), name_meters_(name_meters) {}

  void add(const std::vector<CheckLine>& lines);
  // Text gets a last line, JSON everything. True when all is well.
  bool finish();

 private:
  Output& output_;
  bool name_meters_;
  std::vector<CheckLine> lines_;
};

}  // namespace irmeterctl
