// C12.18 services: the requests a reader sends, and what the meter answers.
//
// Only services that read or that open and close a session exist here; there is no way to express a
// write. Numbers in requests and responses are big-endian. Source: ANSI C12.18-2006, application
// layer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/link/packet.hpp"
#include "lib/result.hpp"
#include "lib/session/key.hpp"

namespace irmeter {

// First byte of every request.
namespace service_code {

inline constexpr std::uint8_t identification = 0x20;
inline constexpr std::uint8_t terminate = 0x21;
inline constexpr std::uint8_t full_read = 0x30;
inline constexpr std::uint8_t read_by_offset = 0x3F;  // the last of the reads
inline constexpr std::uint8_t logon = 0x50;
inline constexpr std::uint8_t security = 0x51;
inline constexpr std::uint8_t logoff = 0x52;
inline constexpr std::uint8_t first_negotiate = 0x60;  // 0x60 and a speed for each that is offered
inline constexpr std::uint8_t negotiate_one_speed = 0x61;
inline constexpr std::uint8_t last_negotiate = 0x6B;
inline constexpr std::uint8_t wait = 0x70;

}  // namespace service_code

// Responses begin with 0x00 to 0x1F, requests with what is above.
inline constexpr std::uint8_t last_response_code = 0x1F;

// First byte of every response.
enum class ResponseCode : std::uint8_t {
  ok = 0x00,
  err = 0x01,
  sns = 0x02,
  isc = 0x03,
  onp = 0x04,
  iar = 0x05,
  bsy = 0x06,
  dnr = 0x07,
  dlk = 0x08,
  rno = 0x09,
  isss = 0x0A,
};

// "isc (insufficient security clearance)" and so on; "code 0x1c" for what the standard lacks.
[[nodiscard]] std::string describe(std::uint8_t response_code);

// A table is named by its number: BT23 is 23, ET03 is 2048 + 3.
using TableId = std::uint16_t;
inline constexpr TableId extended_table(std::uint16_t number) {
  return static_cast<TableId>(2048 + number);
}

// "BT23", "ET03".
[[nodiscard]] std::string table_name(TableId table);

namespace request {

// User name and id for Logon. The meter does not check them, it logs the id.
inline constexpr std::uint16_t user_id = 1;
inline constexpr std::string_view user_name = "ir-meterd";

[[nodiscard]] Bytes identification();
// packet_size counts whole packets; the only speed offered is 9600 baud.
[[nodiscard]] Bytes negotiate(std::uint16_t packet_size, std::uint8_t packet_count);
[[nodiscard]] Bytes logon(std::uint16_t id, std::string_view name);
[[nodiscard]] Bytes security(const Key& key);
[[nodiscard]] Bytes full_read(TableId table);
// offset: 0 to 2^24-1 bytes.
[[nodiscard]] Bytes partial_read(TableId table, std::uint32_t offset, std::uint16_t count);
[[nodiscard]] Bytes logoff();
[[nodiscard]] Bytes terminate();

}  // namespace request

// What the meter grants; use these values, not those asked for.
struct Negotiated {
  std::uint16_t packet_size = default_packet_size;
  std::uint8_t packet_count = default_packet_count;

  // Table bytes that fit the answer to one read: result code, count and checksum take 4.
  [[nodiscard]] std::size_t max_read() const;
};

// The body of responses that were ok; each error says what is malformed.
[[nodiscard]] Result<Negotiated> parse_negotiated(ByteView response);
// The table bytes of a read, after count and checksum have been checked.
[[nodiscard]] Result<Bytes> parse_table(ByteView response);
// At least standard, version and revision; features behind them are ignored.
[[nodiscard]] bool parse_identification(ByteView response);

}  // namespace irmeter
