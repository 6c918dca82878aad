#include "tools/ir-meter-sim/meter_session.hpp"

#include <algorithm>
#include <utility>

#include "tools/ir-meter-sim/meter_tables.hpp"

namespace irmetersim {
namespace {

namespace service {
constexpr std::uint8_t identify = 0x20;
constexpr std::uint8_t terminate = 0x21;
constexpr std::uint8_t full_read = 0x30;
constexpr std::uint8_t offset_read = 0x3F;
constexpr std::uint8_t log_on = 0x50;
constexpr std::uint8_t security = 0x51;
constexpr std::uint8_t log_off = 0x52;
constexpr std::uint8_t negotiate = 0x60;  // up to 0x6B: so many baud codes follow
constexpr std::uint8_t negotiate_last = 0x6B;
}  // namespace service

constexpr std::uint8_t baud_code_9600 = 0x06;
constexpr std::size_t user_size = 12;        // id and name
constexpr std::size_t smallest_packet = 32;  // Security must fit
// A read response beside its data: result, count, checksum.
constexpr std::size_t read_overhead = 4;

Bytes answer(Response response) {
  return {static_cast<std::uint8_t>(response)};
}

std::size_t big_endian(ByteView bytes) {
  std::size_t value = 0;
  for (const std::uint8_t byte : bytes) {
    value = value << 8U | byte;
  }
  return value;
}

void append_uint16(Bytes& bytes, std::size_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8U & 0xFFU));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

}  // namespace

MeterSession::MeterSession(SessionSettings settings, TableSource tables)
    : settings_(std::move(settings)), tables_(std::move(tables)) {}

void MeterSession::reset() {
  state_ = SessionState::base;
  authenticated_ = false;
  packet_size_ = irmeter::default_packet_size;
  packet_count_ = irmeter::default_packet_count;
}

Bytes MeterSession::handle(ByteView request) {
  const std::uint8_t code = request.front();
  const ByteView body = request.subspan(1);
  if (code >= service::negotiate && code <= service::negotiate_last) {
    return negotiate(body, code - service::negotiate);
  }
  switch (code) {
    case service::identify:
      return identify(body);
    case service::log_on:
      return log_on(body);
    case service::security:
      return check_key(body);
    case service::full_read:
      return read(body, false);
    case service::offset_read:
      return read(body, true);
    case service::log_off:
      return log_off(body);
    case service::terminate:
      return terminate(body);
    default:
      return answer(Response::sns);
  }
}

Bytes MeterSession::identify(ByteView body) {
  if (state_ != SessionState::base) {
    return answer(Response::isss);
  }
  if (!body.empty()) {
    return answer(Response::err);
  }
  state_ = SessionState::id;
  Bytes response = answer(Response::ok);
  response.insert(response.end(), settings_.identification.begin(), settings_.identification.end());
  return response;
}

// Grants what was asked for up to this meter's own limits. The speed stays what it is.
Bytes MeterSession::negotiate(ByteView body, std::size_t baud_codes) {
  if (!settings_.negotiates) {
    return answer(Response::sns);
  }
  if (state_ != SessionState::id) {
    return answer(Response::isss);
  }
  if (body.size() != 3 + baud_codes) {
    return answer(Response::err);
  }
  const std::size_t size = big_endian(body.first(2));
  const std::size_t count = body[2];
  if (size < smallest_packet || count == 0) {
    return answer(Response::onp);
  }
  packet_size_ = std::min(size, settings_.packet_size);
  packet_count_ = std::min(count, settings_.packet_count);
  Bytes response = answer(Response::ok);
  append_uint16(response, packet_size_);
  response.push_back(static_cast<std::uint8_t>(packet_count_));
  response.push_back(baud_code_9600);
  return response;
}

// The user is recorded by real meters but not checked.
Bytes MeterSession::log_on(ByteView body) {
  if (state_ != SessionState::id) {
    return answer(Response::isss);
  }
  if (body.size() != user_size) {
    return answer(Response::err);
  }
  state_ = SessionState::session;
  authenticated_ = false;
  return answer(Response::ok);
}

Bytes MeterSession::check_key(ByteView body) {
  if (state_ != SessionState::session) {
    return answer(Response::isss);
  }
  if (body.size() != key_size) {
    return answer(Response::err);
  }
  authenticated_ = std::ranges::equal(body, settings_.key, {}, {},
                                      [](char c) { return static_cast<std::uint8_t>(c); });
  if (!authenticated_) {
    ++invalid_passwords_;
    return answer(Response::isc);
  }
  return answer(Response::ok);
}

Bytes MeterSession::log_off(ByteView body) {
  if (state_ != SessionState::session) {
    return answer(Response::isss);
  }
  if (!body.empty()) {
    return answer(Response::err);
  }
  state_ = SessionState::id;
  authenticated_ = false;
  return answer(Response::ok);
}

Bytes MeterSession::terminate(ByteView body) {
  if (!body.empty()) {
    return answer(Response::err);
  }
  reset();
  return answer(Response::ok);
}

Bytes MeterSession::read(ByteView body, bool partial) const {
  if (state_ != SessionState::session) {
    return answer(Response::isss);
  }
  if (body.size() != (partial ? 7U : 2U)) {
    return answer(Response::err);
  }
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
  append_uint16(response, count);
  response.insert(response.end(), data.begin(), data.end());
  response.push_back(irmeter::table_checksum(data));
  return response;
}

}  // namespace irmetersim
