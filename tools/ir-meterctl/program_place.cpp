#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {

std::string place_of_program(const std::string& name) {
  return "/usr/bin/" + name;
}

}  // namespace irmeterctl
