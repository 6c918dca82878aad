#include "tools/ir-meter-sim/meter_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/ir-meter-sim/meter_tables.hpp"

namespace irmetersim {
namespace {

// Up to so many baud codes may follow a request to negotiate; each number has its own code.
constexpr std::uint8_t negotiate_code = 0x60;
constexpr std::size_t most_baud_codes = 11;

constexpr std::uint8_t baud_code_9600 = 0x06;
constexpr std::size_t smallest_packet = 32;  // Security must fit
// A read response beside its data: result, count, checksum.
constexpr std::size_t read_overhead = 4;

std::size_t big_endian(ByteView bytes) {
  std::size_t value = 0;
  for (const std::uint8_t byte : bytes) {
    value = value << 8U | byte;
  }
  return value;
}

void append_big_endian(Bytes& bytes, std::size_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8U & 0xFFU));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

}  // namespace

MeterSession::MeterSession(const SessionSettings& settings, Bytes identification,
                           TableSource tables)
    : settings_(settings), identification_(std::move(identification)), tables_(std::move(tables)) {}

void MeterSession::reset() {
  state_ = SessionState::base;
  authenticated_ = false;
  packet_size_ = irmeter::default_packet_size;
  packet_count_ = irmeter::default_packet_count;
}

Bytes MeterSession::handle(ByteView request) {
  struct Service {
    std::uint8_t code = 0;
    std::optional<SessionState> state;  // the only one it is allowed in
    std::size_t size = 0;               // of its body
    Bytes (MeterSession::*carry_out)(ByteView body) = nullptr;
  };
  constexpr std::array<Service, 7> services{{
      {0x20, SessionState::base, 0, &MeterSession::identify},
      {0x21, std::nullopt, 0, &MeterSession::terminate},
      {0x30, SessionState::session, 2, &MeterSession::read},
      {0x3F, SessionState::session, 7, &MeterSession::read},  // a part of a table
      {0x50, SessionState::id, 12, &MeterSession::log_on},    // id and name of the user
      {0x51, SessionState::session, key_size, &MeterSession::check_key},
      {0x52, SessionState::session, 0, &MeterSession::log_off},
  }};
  const std::uint8_t code = request.front();
  const ByteView body = request.subspan(1);
  Service service{code, SessionState::id, 3U + code - negotiate_code, &MeterSession::negotiate};
  if (code < negotiate_code || code > negotiate_code + most_baud_codes || !settings_.negotiates) {
    const auto* const found = std::ranges::find(services, code, &Service::code);
    if (found == services.end()) {
      return answer(Response::sns);
    }
    service = *found;
  }
  if (service.state && service.state != state_) {
    return answer(Response::isss);
  }
  return body.size() == service.size ? (this->*service.carry_out)(body) : answer(Response::err);
}

Bytes MeterSession::identify(ByteView) {
  state_ = SessionState::id;
  Bytes response = answer(Response::ok);
  response.insert(response.end(), identification_.begin(), identification_.end());
  return response;
}

// Grants what was asked for up to this meter's own limits. The speed stays what it is.
Bytes MeterSession::negotiate(ByteView body) {
  const std::size_t size = big_endian(body.first(2));
  const std::size_t count = body[2];
  if (size < smallest_packet || count == 0) {
    return answer(Response::onp);
  }
  packet_size_ = std::min(size, settings_.packet_size);
  packet_count_ = std::min(count, settings_.packet_count);
  Bytes response = answer(Response::ok);
  append_big_endian(response, packet_size_);
  response.push_back(static_cast<std::uint8_t>(packet_count_));
  response.push_back(baud_code_9600);
  return response;
}

// The user is recorded by real meters but not checked.
Bytes MeterSession::log_on(ByteView body) {
  user_ = static_cast<std::uint16_t>(big_endian(body.first(2)));
  state_ = SessionState::session;
  authenticated_ = false;
  return answer(Response::ok);
}

Bytes MeterSession::check_key(ByteView body) {
  authenticated_ = std::ranges::equal(body, settings_.key, {}, {},
                                      [](char c) { return static_cast<std::uint8_t>(c); });
  invalid_passwords_ += authenticated_ ? 0 : 1;
  return answer(authenticated_ ? Response::ok : Response::isc);
}

Bytes MeterSession::log_off(ByteView) {
  state_ = SessionState::id;
  authenticated_ = false;
  return answer(Response::ok);
}

Bytes MeterSession::terminate(ByteView) {
  reset();
  return answer(Response::ok);
}

// Of a whole table, or of the part that the body names.
Bytes MeterSession::read(ByteView body) {
  const bool partial = body.size() > 2;
  const auto id = static_cast<std::uint16_t>(big_endian(body.first(2)));
  if (!authenticated_ && !MeterTables::is_open(id)) {
    return answer(Response::isc);
  }
  const std::optional<Bytes> table = tables_(id);
  if (!table) {
    return answer(Response::iar);
  }
  const std::size_t offset = partial ? big_endian(body.subspan(2, 3)) : 0;
  const std::size_t count = partial ? big_endian(body.subspan(5, 2)) : table->size();
  const std::size_t room = (packet_size_ - irmeter::packet_overhead) * packet_count_;
  if (count == 0 || count + read_overhead > room) {
    return answer(Response::onp);
  }
  // What lies behind the table's end reads as zero, without an error.
  Bytes data(count);
  if (offset < table->size()) {
    const auto found = ByteView(*table).subspan(offset);
    std::ranges::copy(found.first(std::min(count, found.size())), data.begin());
  }
  Bytes response = answer(Response::ok);
  append_big_endian(response, count);
  response.insert(response.end(), data.begin(), data.end());
  response.push_back(irmeter::table_checksum(data));
  return response;
}

}  // namespace irmetersim
