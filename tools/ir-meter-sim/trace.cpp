#include "tools/ir-meter-sim/trace.hpp"

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

namespace irmetersim {
namespace {

constexpr std::size_t any_packet_size = 8'192;
constexpr std::uint8_t security = 0x51;

struct Code {
  std::uint8_t first;
  std::uint8_t last;
  std::string_view name;
};

// Requests and responses share the first byte and never its values.
constexpr std::array<Code, 19> codes{{
    {0x00, 0x00, "ok"},
    {0x01, 0x01, "err"},
    {0x02, 0x02, "sns"},
    {0x03, 0x03, "isc"},
    {0x04, 0x04, "onp"},
    {0x05, 0x05, "iar"},
    {0x06, 0x06, "bsy"},
    {0x07, 0x07, "dnr"},
    {0x08, 0x08, "dlk"},
    {0x09, 0x09, "rno"},
    {0x0A, 0x0A, "isss"},
    {0x20, 0x20, "identify"},
    {0x21, 0x21, "terminate"},
    {0x30, 0x3E, "read"},
    {0x3F, 0x3F, "read part"},
    {0x50, 0x50, "log on"},
    {security, security, "security"},
    {0x52, 0x52, "log off"},
    {0x60, 0x6B, "negotiate"},
}};

// Requests are printed as far as they cannot contain the key.
std::string describe(const irmeter::Packet& packet, bool request) {
  const std::uint8_t code = packet.payload.front();
  const bool continued = packet.multi && !packet.first;
  const auto named = std::ranges::find_if(
      codes, [code](const Code& c) { return code >= c.first && code <= c.last; });
  std::ostringstream text;
  text << "toggle " << packet.toggle;
  if (packet.multi) {
    text << ", " << static_cast<unsigned>(packet.sequence) << " to follow";
  }
  text << ": "
       << (continued              ? "..."
           : named == codes.end() ? "unknown"
                                  : named->name)
       << std::hex << std::setfill('0');
  for (std::size_t i = 0; i < packet.payload.size(); ++i) {
    if (request && (continued || (code == security && i > 0))) {
      text << " **";
    } else {
      text << ' ' << std::setw(2) << static_cast<unsigned>(packet.payload[i]);
    }
  }
  return text.str();
}

}  // namespace

Trace::Trace(std::ostream& out)
    : out_(out),
      client_{"client", irmeter::PacketScanner(any_packet_size)},
      meter_{"meter ", irmeter::PacketScanner(any_packet_size)} {}

void Trace::from_client(irmeter::ByteView bytes, irmeter::Duration since_start) {
  print(client_, bytes, since_start);
}

void Trace::from_meter(irmeter::ByteView bytes, irmeter::Duration since_start) {
  print(meter_, bytes, since_start);
}

void Trace::print(Side& side, irmeter::ByteView bytes, irmeter::Duration since_start) {
  side.scanner.push(bytes);
  while (const auto item = side.scanner.next()) {
    std::ostringstream line;
    line << std::fixed << std::setprecision(3) << std::setw(9)
         << std::chrono::duration<double>(since_start).count() << ' ' << side.label << ' ';
    if (const auto* found = std::get_if<irmeter::ReceivedPacket>(&*item)) {
      line << describe(found->packet, &side == &client_);
    } else if (std::holds_alternative<irmeter::ReceivedAck>(*item)) {
      line << "ACK";
    } else if (std::holds_alternative<irmeter::ReceivedNak>(*item)) {
      line << "NAK";
    } else {
      line << "damaged packet";
    }
    out_ << line.str() << std::endl;
  }
}

}  // namespace irmetersim
