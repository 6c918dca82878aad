// C12.18 services: the requests a reader sends, and what the meter answers.
//
// Only services that read or that open and close a session exist here; there is no way to express a
// write. Numbers in requests and responses are big-endian. Source: ANSI C12.18-2006, application
// layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/fault.hpp"
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

// What a refusal means where nothing else is known of it: busy, session_lost, or refused.
[[nodiscard]] Fault fault_of_refusal(std::uint8_t response_code);

// "isc (insufficient security clearance)" and so on; "code 0x1c" for what the standard lacks.
[[nodiscard]] std::string describe(std::uint8_t response_code);

// A table is named by its number: BT23 is 23, ET03 is 2048 + 3.
using TableId = std::uint16_t;
inline constexpr TableId extended_table(std::uint16_t number) {
  return static_cast<TableId>(2048 + number);
}

// "BT23", "ET03".
[[nodiscard]] std::string table_name(TableId table);

// Part of a table, or with a count of 0 the whole of it.
struct TableRead {
  TableId table = 0;
  std::uint32_t offset = 0;  // bytes into the table, 0 to 2^24-1
  std::uint16_t count = 0;   // bytes

  friend bool operator==(const TableRead&, const TableRead&) = default;
};

// The requests that are more than the byte of their service.
namespace request {

// User name and id for Logon. The meter does not check them, it logs the id.
inline constexpr std::uint16_t user_id = 1;
inline constexpr std::string_view user_name = "ir-meterd";

// packet_size counts whole packets; the only speed offered is 9600 baud.
[[nodiscard]] Bytes negotiate(std::uint16_t packet_size, std::uint8_t packet_count);
[[nodiscard]] Bytes logon(std::uint16_t id, std::string_view name);
[[nodiscard]] Bytes security(const Key& key);
[[nodiscard]] Bytes read(const TableRead& what);

}  // namespace request

// Bytes of the response that grants the read, at least.
[[nodiscard]] std::size_t response_size(const TableRead& what);
// The body of responses that were ok; each error says what is malformed.
[[nodiscard]] Result<Negotiated> parse_negotiated(ByteView response);
// The table bytes of a read, after count and checksum have been checked.
// They lie in the response.
[[nodiscard]] Result<ByteView> parse_table(ByteView response);
// At least standard, version and revision; features behind them are ignored.
[[nodiscard]] bool parse_identification(ByteView response);

}  // namespace irmeter
