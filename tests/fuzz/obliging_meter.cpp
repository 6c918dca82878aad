#include "tests/fuzz/obliging_meter.hpp"

#include <array>

#include "lib/meter/tables.hpp"

namespace fuzz {
namespace {

using irmeter::Bytes;
using irmeter::ByteView;

constexpr auto bt00_table =
    std::to_array<std::uint8_t>({0x02, 0x2A, 0x88, 0x45, 0x4C, 0x4F, 0x4E, 0x02, 0x00, 0xFF, 0x0C,
                                 0x01, 0x00, 0x0A, 0x0D, 0x02, 0x0C, 0x09, 0x04});
constexpr auto bt01_table = std::to_array<std::uint8_t>(
    {'E',  'L',  'O',  'N',  '8',  '3',  '3',  '3',  '4',  '4',  '3',  'I',
     0x31, 0x55, 0x31, 0x55, 0x00, 0x00, 0x00, 0x00, 0x12, 0x34, 0x56, 0x78});
constexpr auto bt21_table =
    std::to_array<std::uint8_t>({0x03, 0x0C, 0x00, 0x0F, 0x00, 0x00, 0x00, 0x04, 0x00, 0x0A});
constexpr auto bt23_table =
    std::to_array<std::uint8_t>({0xFB, 0x13, 0x04, 0x02, 0x4D, 0x89, 0x1A, 0x00});
constexpr auto bt28_table = std::to_array<std::uint8_t>(
    {0x00, 0x00, 0x00, 0x00, 0xE7, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x47, 0x00,
     0x00, 0x00, 0x56, 0x02, 0x00, 0x00, 0xBC, 0x02, 0x00, 0x00, 0xC1, 0x02, 0x00, 0x00,
     0xE0, 0x87, 0x03, 0x00, 0xB1, 0x8E, 0x03, 0x00, 0xD5, 0x84, 0x03, 0x00});

ByteView table(unsigned id) {
  switch (id) {
    case irmeter::bt00:
      return bt00_table;
    case irmeter::bt01:
      return bt01_table;
    case irmeter::bt21:
      return bt21_table;
    case irmeter::bt23:
      return bt23_table;
    case irmeter::bt28:
      return bt28_table;
    default:
      return {};
  }
}

unsigned big_endian(ByteView bytes) {
  unsigned value = 0;
  for (const std::uint8_t byte : bytes) {
    value = value << 8U | byte;
  }
  return value;
}

// Past a table's end a meter reads zeros.
Bytes part(ByteView table, std::size_t offset, std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count && offset + i < table.size(); ++i) {
    bytes[i] = table[offset + i];
  }
  return bytes;
}

}  // namespace

Bytes obliging_answer(ByteView request) {
  switch (request[0]) {
    case 0x20:  // Identification
      return {0, 2, 0, 0};
    case 0x61:  // Negotiate
      return {0, 0, 64, 2, 6};
    case 0x30:  // full read
      return table_response(table(big_endian(request.subspan(1, 2))));
    case 0x3F:  // partial read
      return table_response(part(table(big_endian(request.subspan(1, 2))),
                                 big_endian(request.subspan(3, 3)),
                                 big_endian(request.subspan(6, 2))));
    default:
      return {0};
  }
}

Bytes table_response(ByteView data) {
  Bytes response{0, static_cast<std::uint8_t>(data.size() >> 8U),
                 static_cast<std::uint8_t>(data.size() & 0xFFU)};
  response.insert(response.end(), data.begin(), data.end());
  response.push_back(irmeter::table_checksum(data));
  return response;
}

ByteView obliging_registers() {
  return bt23_table;
}
ByteView obliging_present_values() {
  return bt28_table;
}

}  // namespace fuzz
