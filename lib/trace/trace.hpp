// What passes between reader and meter, as lines of text: for a person to follow, and to be
// replayed.
//
// A line names the sender (C> the client, M> the meter) and has its bytes in hexadecimal as they
// were on the wire, then '#' and what they mean: a line of the transcripts in tests/transcripts.
//
//   C> EE 00 00 00 00 08 3F 00 17 00 00 00 00 08 B3 D9  # read BT23 0+8
//   M> 06  # ACK
//
// The key is not in them. Of a Security packet "**" stands for the key and for the CRC, which is a
// function of it. A probe that hears itself returns the key as well, perhaps damaged and in pieces,
// and nobody knows how late. So from a Security packet on, until the meter has answered a read that
// was asked for behind it, only whole packets of the meter and ACKs and NAKs that stand alone are
// shown of what is received; the rest is counted. So is at any time whatever has a piece of the key
// in it: an echo may come in later still, and a meter may put in its tables what it was shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/link/scanner.hpp"
#include "lib/session/key.hpp"

namespace irmeter {

class Trace {
 public:
  using Lines = std::vector<std::string>;

  // max_packet_size: as for a PacketScanner. The key is the one that the client has.
  explicit Trace(std::size_t max_packet_size = default_packet_size,
                 const std::optional<Key>& key = std::nullopt);

  // What one end sent, in pieces of any size. Returned are the lines that are complete now; noise
  // of the meter is gathered until something follows it.
  [[nodiscard]] Lines client(ByteView bytes);
  [[nodiscard]] Lines meter(ByteView bytes);

  // What is left of the meter's bytes, which will not be followed by anything.
  [[nodiscard]] Lines rest();

 private:
  // Bytes of one sender: the scanner tells what they are, and how many were none of it.
  struct Side {
    const char* label;
    PacketScanner scanner;
    Bytes bytes = {};         // those the scanner has not told of
    std::uint64_t noise = 0;  // those it has told of that were nothing
    Bytes stray = {};         // the latest of them, without a line yet
    bool damaged = false;     // they began like a packet
    bool torn = false;        // there were such bytes since the last whole packet
  };

  void push(Side& side, ByteView bytes, Lines& lines);
  void take_items(Side& side, Lines& lines);
  void take_noise(Side& side);
  void on_damage(Side& side, Lines& lines);
  void on_control(Side& side, std::uint8_t byte, Lines& lines);
  void hide();
  [[nodiscard]] bool has_key(Bytes bytes) const { return key_ && key_->hide_in(bytes); }
  void on_request(const ReceivedPacket& received, Lines& lines);
  void on_meter_packet(const ReceivedPacket& received, Lines& lines);
  void show_response(const ReceivedPacket& received, Lines& lines);
  void end_meter_bytes(Lines& lines);
  void end_stray(Side& side, Lines& lines);

  Side client_;
  Side meter_;
  Bytes request_;      // the payload of the latest one, if it may be shown
  Bytes request_raw_;  // and its whole packet
  Bytes message_;      // the response in several packets that is coming in
  std::optional<std::uint8_t> expected_sequence_;  // of its next packet
  bool hiding_ = false;                            // the key may still come back
  std::optional<Key> key_;
};

}  // namespace irmeter
