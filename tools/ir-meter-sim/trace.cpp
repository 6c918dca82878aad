#include "tools/ir-meter-sim/trace.hpp"

#include <chrono>
#include <iomanip>
#include <sstream>

namespace irmetersim {
void Trace::print(const irmeter::Trace::Lines& lines, irmeter::Duration since_start) {
  for (const std::string& line : lines) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(3) << std::setw(9)
         << std::chrono::duration<double>(since_start).count() << ' ' << line;
    out_ << text.str() << std::endl;
  }
}

}  // namespace irmetersim
