#include <array>

#include "tools/ir-meter-sim/fault.hpp"

namespace irmetersim {

std::span<const FaultInfo, fault_count> fault_table() {
  using enum FaultKind;
  static constexpr std::string_view anything = "packet, ACK or NAK, either way";
  static constexpr std::string_view sent = "packet, ACK or NAK of the client";
  static constexpr std::string_view first = "packet of the client after a second of silence";
  static constexpr std::string_view from_meter = "packet, ACK or NAK of the meter";
  static constexpr std::string_view packet = "packet of the meter";
  static constexpr std::string_view ack = "ACK of the meter";
  static constexpr std::string_view identification = "Identification";
  static constexpr std::string_view read = "read in a session";
  static constexpr std::string_view session = "session that gets too long";
  static constexpr std::string_view wrong_keys = "wrong keys in a row";
  static constexpr std::string_view dimensions = "read of BT20 or BT21";
  static constexpr std::string_view registers = "read of the registers";
  static constexpr std::string_view present = "read of the present values";
  static constexpr std::string_view byte = "byte to the client";
  static constexpr std::string_view connection = "TCP connection";
  static constexpr std::string_view ff_byte = "FF to the client";
  static constexpr std::array<FaultInfo, fault_count> table{{
      {silent, "silent", anything, "gets lost", true},
      {echo, "echo", sent, "comes back", true},
      {echo_damaged, "echo-damaged", sent,
       "comes back, its first byte as FF or 00, others lost or changed", true},
      {echo_only, "echo-only", anything, "gets lost, but what the client sent comes back"},
      {echo_only_damaged, "echo-only-damaged", anything,
       "gets lost, but what the client sent comes back damaged"},
      {first_nak, "first-nak", first, "is damaged, and refused with NAK", true},
      {first_lost, "first-lost", first, "gets lost", true},
      {chatter, "chatter", from_meter, "has foreign bytes in front of it or behind it", true},
      {chatter_inside, "chatter-inside", packet, "has foreign bytes inside", true},
      {noise, "noise", from_meter, "is nothing but noise", true},
      {ack_lost, "ack-lost", ack, "gets lost", true},
      {ack_zero, "ack-zero", ack, "arrives as 00", true},
      {ack_twice, "ack-twice", ack, "arrives twice", true},
      {ee_lost, "ee-lost", packet, "lacks its first byte", true},
      {truncated, "truncated", packet, "breaks off", true},
      {crc, "crc", packet, "has a wrong bit", true},
      {repeated, "repeated", packet, "arrives twice", true},
      {slow, "slow", packet, "pauses in front of every byte but the first", true, 0.4},
      {reset, "reset", packet, "breaks off because the meter starts anew, deaf for the pause", true,
       2},
      {toggle_copy, "toggle-copy", identification,
       "begins a session in which responses have the request's toggle", true},
      {toggle_zero, "toggle-zero", identification,
       "begins a session in which the meter's toggle is always 0", true},
      {toggle_one, "toggle-one", identification,
       "begins a session in which the meter's toggle is always 1", true},
      {toggle_from_one, "toggle-from-one", identification,
       "begins a session in which the meter's toggle starts with 1", true},
      {checksum, "checksum", read, "is answered with a wrong table checksum", true},
      {count, "count", read, "is answered with a wrong count", true},
      {bsy, "bsy", read, "is answered with bsy (busy)", true},
      {dnr, "dnr", read, "is answered with dnr (data not ready)", true},
      {dlk, "dlk", read, "is answered with dlk (data locked)", true},
      {rno, "rno", read, "is answered with rno (renegotiate), and the session is over", true},
      {isss, "isss", read,
       "is answered with isss (invalid service sequence), and the session is over", true},
      {session_loss, "session-loss", read, "finds that the meter has forgotten the session", true},
      {session_silent, "session-silent", read,
       "finds that the meter has forgotten the session and waits for Identification", true},
      {session_limit, "session-limit", session,
       "ends after the limit in seconds; then silence for the pause", false, 300, 600},
      {session_limit_err, "session-limit-err", session,
       "ends after the limit in seconds; then Identification is refused for the pause", false, 300,
       600},
      {key_lock, "key-lock", wrong_keys,
       "lock the port when they reach the limit; then silence for the pause", false, 600, 3},
      {reads_refused, "reads-refused", read, "is answered with isc, although the key was accepted"},
      {refused, "refused", read, "is answered with this response code: 5 is iar, 3 isc, 4 onp",
       false, 0, 0, 5},
      {dimensions_refused, "dimensions-refused", dimensions,
       "is answered with this response code: 5 is iar, 4 onp, 2 sns", false, 0, 0, 5},
      {register_jump, "register-jump", registers,
       "shows so many kWh more than were counted, or less", false, 0, 0, 1'100},
      {voltage, "voltage", present, "shows this voltage of L1 in mV", false, 0, 0, 6'553'500},
      {current, "current", present, "shows this current of L1 in mA", false, 0, 0, 16'777'215},
      {power, "power", present, "shows this power imported in W", false, 0, 0, 8'388'607},
      {power_factor, "power-factor", present, "shows this power factor of L1 in thousandths", false,
       0, 0, 32'767},
      {frequency, "frequency", present, "shows this frequency in mHz", false, 0, 0, 655'350},
      {status, "status", "read of the status", "shows this bit of BT03 set, here magnetic-tamper",
       false, 0, 0, 57},
      {log_moves, "log-moves", "read of the log", "finds one more entry in it, of this event",
       false, 0, 0, 3},
      {unplug, "unplug", byte, "finds the device gone, or its TCP server; back after the pause",
       false, 2},
      {missing, "missing", "", "there is no device, or no TCP server: for= and from= say when"},
      {stall, "stall", byte, "begins a pause in which nothing passes; the line stays open", false,
       10},
      {rst, "rst", byte, "breaks the TCP connection with RST"},
      {banner, "banner", connection, "begins with a line of text"},
      {telnet, "telnet", ff_byte, "is doubled, as by a server that speaks telnet"},
      {random, "random", "", "every fault marked with * at its own rate, repeatable by its seed",
       false, 0, 0, 0, 1},
  }};
  return table;
}

const FaultInfo& info(FaultKind kind) {
  return fault_table()[static_cast<std::size_t>(kind)];
}

}  // namespace irmetersim
