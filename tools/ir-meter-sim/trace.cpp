#include "tools/ir-meter-sim/trace.hpp"

#include <chrono>
#include <iomanip>
#include <sstream>
#include <string>

namespace irmetersim {
namespace {

// The most that Negotiate may be told to grant.
constexpr std::size_t any_packet_size = 8'192;

}  // namespace

Trace::Trace(std::ostream& out) : out_(out), trace_(any_packet_size) {}

void Trace::from_client(irmeter::ByteView bytes, irmeter::Duration since_start) {
  print(trace_.client(bytes), since_start);
}

void Trace::from_meter(irmeter::ByteView bytes, irmeter::Duration since_start) {
  print(trace_.meter(bytes), since_start);
}

void Trace::print(const irmeter::Trace::Lines& lines, irmeter::Duration since_start) {
  for (const std::string& line : lines) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(3) << std::setw(9)
         << std::chrono::duration<double>(since_start).count() << ' ' << line;
    out_ << text.str() << std::endl;
  }
}

}  // namespace irmetersim
