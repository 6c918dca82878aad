// Where ir-meterctl finds other programs when a test has put its own in place of them: in $PATH,
// instead of where they are installed.
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {

std::string place_of_program(const std::string& name) {
  std::istringstream path(std::getenv("PATH"));
  for (std::string directory; std::getline(path, directory, ':');) {
    std::string place = directory + "/" + name;
    if (::access(place.c_str(), X_OK) == 0) {
      return place;
    }
  }
  return "/nowhere/" + name;
}

}  // namespace irmeterctl
