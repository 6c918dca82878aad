#include "lib/trace/trace.hpp"

#include "lib/hex.hpp"
#include "lib/session/service.hpp"
#include "lib/trace/text.hpp"

namespace irmeter {
namespace {

constexpr std::size_t longest_stray = 64;

// The first `shown` bytes, and "**" for each of the others.
std::string bytes_text(ByteView bytes, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text += ' ' + (i < shown ? hex(bytes[i], upper_hex_digits) : "**");
  }
  return text;
}

std::string line(const char* label, const std::string& bytes, const std::string& meaning) {
  return label + bytes + (bytes.empty() ? " # " : "  # ") + meaning;
}

// A request, with what of it may be shown. Where it is not the first packet of its message, nobody
// knows what is in it.
std::string request_line(const char* label, const ReceivedPacket& request, const char* prefix) {
  const ByteView payload = request.packet.payload;
  const bool begins = request.packet.begins_message();
  const std::size_t shown = !begins              ? packet_header_size
                            : is_public(payload) ? request.raw.size()
                                                 : packet_header_size + 1;
  return line(label, bytes_text(request.raw, shown),
              prefix + (begins ? describe_request(payload) : std::string("continued")));
}

// The first packet of the response to a read by offset and count.
bool answers_read(ByteView response, ByteView request) {
  const auto read = request.empty() ? std::nullopt : asked_for(request);
  return read && response.size() > 2 && response[0] == 0 &&
         (response[1] << 8U | response[2]) == read->count;
}

std::string bytes_not_shown(std::size_t bytes) {
  return count_text(bytes) + ", not shown";
}

void drop_front(Bytes& bytes, std::size_t count) {
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

Trace::Trace(std::size_t max_packet_size, const std::optional<Key>& key)
    : client_{.label = "C>", .scanner = PacketScanner(max_packet_size)},
      meter_{.label = "M>", .scanner = PacketScanner(max_packet_size)},
      key_(key) {}

Trace::Lines Trace::client(ByteView bytes) {
  Lines lines;
  push(client_, bytes, lines);
  end_stray(client_, lines);
  return lines;
}

Trace::Lines Trace::meter(ByteView bytes) {
  Lines lines;
  push(meter_, bytes, lines);
  return lines;
}

Trace::Lines Trace::rest() {
  Lines lines;
  end_meter_bytes(lines);
  return lines;
}

void Trace::push(Side& side, ByteView bytes, Lines& lines) {
  side.bytes.insert(side.bytes.end(), bytes.begin(), bytes.end());
  side.scanner.push(bytes);
  take_items(side, lines);
}

void Trace::take_items(Side& side, Lines& lines) {
  while (const auto item = side.scanner.next()) {
    take_noise(side);
    if (const auto* packet = std::get_if<ReceivedPacket>(&*item)) {
      drop_front(side.bytes, packet->raw.size());
      end_stray(side, lines);
      side.torn = false;
      if (&side == &client_) {
        on_request(*packet, lines);
      } else {
        on_meter_packet(*packet, lines);
      }
    } else if (std::holds_alternative<ReceivedDamage>(*item)) {
      on_damage(side, lines);
    } else {
      const std::uint8_t byte = side.bytes.front();
      drop_front(side.bytes, 1);
      on_control(side, byte, lines);
    }
  }
  take_noise(side);
  if (side.stray.size() >= longest_stray) {
    end_stray(side, lines);
  }
}

void Trace::take_noise(Side& side) {
  const auto count = static_cast<std::size_t>(side.scanner.noise() - side.noise);
  side.noise = side.scanner.noise();
  side.stray.insert(side.stray.end(), side.bytes.begin(),
                    side.bytes.begin() + static_cast<std::ptrdiff_t>(count));
  drop_front(side.bytes, count);
  side.torn = side.torn || count != 0;
}

// The last byte that was nothing is the one the packet began with.
void Trace::on_damage(Side& side, Lines& lines) {
  if (side.damaged) {
    return;
  }
  side.stray.pop_back();
  end_stray(side, lines);
  side.stray = {start_of_packet};
  side.damaged = true;
}

void Trace::on_control(Side& side, std::uint8_t byte, Lines& lines) {
  if (side.torn && (hiding_ || &side == &client_)) {  // it may be a byte of a Security packet
    side.stray.push_back(byte);
    return;
  }
  end_stray(side, lines);
  if (&side == &client_ && byte == nak_byte) {
    end_meter_bytes(lines);
  }
  lines.push_back(line(side.label, bytes_text({&byte, 1}, 1), byte == ack_byte ? "ACK" : "NAK"));
}

void Trace::on_request(const ReceivedPacket& received, Lines& lines) {
  end_meter_bytes(lines);
  lines.push_back(request_line(client_.label, received, ""));
  if (received.packet.begins_message() && is_public(received.packet.payload)) {
    request_ = received.packet.payload;
    request_raw_ = received.raw;
  } else {
    hide();
  }
}

// From now on bytes of the meter's side may be the key.
void Trace::hide() {
  request_.clear();
  request_raw_.clear();
  meter_.torn = meter_.torn && hiding_;
  hiding_ = true;
}

void Trace::on_meter_packet(const ReceivedPacket& received, Lines& lines) {
  const Packet& packet = received.packet;
  const std::uint8_t code = packet.payload[0];
  if (packet.begins_message() && code > last_response_code) {
    const bool harmless = code == service_code::security || received.raw == request_raw_ ||
                          !(hiding_ || has_key(received.raw));
    if (harmless) {
      lines.push_back(request_line(meter_.label, received, "echo: "));
    } else {
      lines.push_back(line(meter_.label, "", bytes_not_shown(received.raw.size())));
    }
  } else if (hiding_ && !packet.begins_message() && packet.sequence != expected_sequence_) {
    lines.push_back(line(meter_.label, "", bytes_not_shown(received.raw.size())));
  } else {
    show_response(received, lines);
  }
}

void Trace::show_response(const ReceivedPacket& received, Lines& lines) {
  const Packet& packet = received.packet;
  const bool in_step = packet.begins_message() || packet.sequence == expected_sequence_;
  if (packet.begins_message()) {
    message_.clear();
  }
  message_.insert(message_.end(), packet.payload.begin(), packet.payload.end());
  expected_sequence_.reset();
  std::string meaning = "part of a message whose beginning is missing";
  if (in_step && packet.sequence != 0) {
    expected_sequence_ = static_cast<std::uint8_t>(packet.sequence - 1);
    meaning = std::string(packet.first ? "first packet, " : "") + std::to_string(packet.sequence) +
              " to follow";
  } else if (in_step) {
    meaning = (packet.multi ? "last packet: " : "") + describe_response(message_, request_);
  }
  if (has_key(message_)) {
    lines.push_back(line(meter_.label, "", bytes_not_shown(received.raw.size())));
  } else {
    lines.push_back(line(meter_.label, bytes_text(received.raw, received.raw.size()), meaning));
  }
  if (packet.begins_message() && answers_read(packet.payload, request_)) {
    hiding_ = false;
  }
}

void Trace::end_meter_bytes(Lines& lines) {
  meter_.scanner.gap();
  take_items(meter_, lines);
  end_stray(meter_, lines);
}

void Trace::end_stray(Side& side, Lines& lines) {
  if (!side.stray.empty()) {
    if (&side == &client_) {  // perhaps a damaged Security packet
      hide();
    }
    const std::string kind = side.damaged ? "damaged packet" : "noise";
    const std::size_t size = side.stray.size();
    const bool hidden = hiding_ || (key_ && key_->shares(side.stray, 3));
    lines.push_back(hidden ? line(side.label, "", kind + ", " + bytes_not_shown(size))
                           : line(side.label, bytes_text(side.stray, size), kind));
    side.stray.clear();
  }
  side.damaged = false;
}

}  // namespace irmeter
