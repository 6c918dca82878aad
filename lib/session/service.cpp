#include "lib/session/service.hpp"

#include <array>

#include "lib/hex.hpp"

namespace irmeter {
namespace {

constexpr std::uint8_t baud_9600 = 0x06;

constexpr std::size_t user_name_size = 10;
// Result code, count (2) and checksum of a read response.
constexpr std::size_t read_overhead = 4;

void put16(Bytes& bytes, std::uint16_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

constexpr std::array<std::string_view, 11> code_texts{
    "ok (accepted)",
    "err (rejected)",
    "sns (service not supported)",
    "isc (insufficient security clearance)",
    "onp (operation not possible)",
    "iar (inappropriate action requested)",
    "bsy (device busy)",
    "dnr (data not ready)",
    "dlk (data locked)",
    "rno (renegotiate)",
    "isss (invalid service sequence state)",
};

}  // namespace

Fault fault_of_refusal(std::uint8_t response_code) {
  switch (static_cast<ResponseCode>(response_code)) {
    case ResponseCode::bsy:
    case ResponseCode::dnr:
    case ResponseCode::dlk:
      return Fault::busy;
    case ResponseCode::isss:
    case ResponseCode::rno:
      return Fault::session_lost;
    default:
      return Fault::refused;
  }
}

std::string describe(std::uint8_t response_code) {
  return response_code < code_texts.size() ? std::string(code_texts[response_code])
                                           : "code 0x" + hex(response_code);
}

std::string table_name(TableId table) {
  const bool extended = table >= extended_table(0);
  const unsigned number = extended ? table - extended_table(0) : table;
  return (extended ? "ET" : "BT") + std::string(number < 10 ? "0" : "") + std::to_string(number);
}

namespace request {

Bytes negotiate(std::uint16_t packet_size, std::uint8_t packet_count) {
  Bytes bytes{service_code::negotiate_one_speed};
  put16(bytes, packet_size);
  bytes.push_back(packet_count);
  bytes.push_back(baud_9600);
  return bytes;
}

Bytes logon(std::uint16_t id, std::string_view name) {
  Bytes bytes{service_code::logon};
  put16(bytes, id);
  name = name.substr(0, user_name_size);
  bytes.insert(bytes.end(), name.begin(), name.end());
  bytes.insert(bytes.end(), user_name_size - name.size(), ' ');
  return bytes;
}

Bytes security(const Key& key) {
  Bytes bytes;
  bytes.reserve(1 + Key::size);
  bytes.push_back(service_code::security);
  bytes.insert(bytes.end(), key.bytes().begin(), key.bytes().end());
  return bytes;
}

Bytes read(const TableRead& what) {
  Bytes bytes{what.count == 0 ? service_code::full_read : service_code::read_by_offset};
  put16(bytes, what.table);
  if (what.count != 0) {
    bytes.push_back(static_cast<std::uint8_t>(what.offset >> 16U & 0xFFU));
    put16(bytes, static_cast<std::uint16_t>(what.offset & 0xFFFFU));
    put16(bytes, what.count);
  }
  return bytes;
}

}  // namespace request

Result<Negotiated> parse_negotiated(ByteView response) {
  if (response.size() < 5) {
    return Error{"the answer to Negotiate is too short"};
  }
  const Negotiated granted{static_cast<std::uint16_t>(response[1] << 8U | response[2]),
                           response[3]};
  // A packet that cannot hold the whole of BT01 is of no use to this reader.
  constexpr std::size_t useful = packet_overhead + read_overhead + 24;
  if (granted.packet_size < useful || granted.packet_count == 0) {
    return Error{"the meter offers packets of " + std::to_string(granted.packet_size) + " bytes, " +
                 std::to_string(granted.packet_count) + " of them"};
  }
  if (response[4] != baud_9600) {
    return Error{"the meter answers Negotiate with another speed than 9600 baud"};
  }
  return granted;
}

std::size_t response_size(const TableRead& what) {
  return read_overhead + what.count;
}

Result<ByteView> parse_table(ByteView response) {
  if (response.size() < read_overhead) {
    return Error{"the answer to a read is too short"};
  }
  const std::size_t count = static_cast<std::size_t>(response[1]) << 8U | response[2];
  if (response.size() != count + read_overhead) {
    return Error{"the answer to a read announces " + std::to_string(count) + " bytes and has " +
                 std::to_string(response.size() - read_overhead)};
  }
  const ByteView data = response.subspan(3, count);
  if (table_checksum(data) != response.back()) {
    return Error{"the checksum of the table data is wrong"};
  }
  return data;
}

bool parse_identification(ByteView response) {
  return response.size() >= 4;
}

}  // namespace irmeter
