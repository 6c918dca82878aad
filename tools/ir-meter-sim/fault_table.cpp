#include <array>

#include "tools/ir-meter-sim/fault.hpp"

namespace irmetersim {
namespace {

constexpr std::string_view anything = "packet, ACK or NAK, either way";
constexpr std::string_view sent = "packet, ACK or NAK of the client";
constexpr std::string_view first = "packet of the client after a second of silence";
constexpr std::string_view from_meter = "packet, ACK or NAK of the meter";
constexpr std::string_view packet = "packet of the meter";
constexpr std::string_view ack = "ACK of the meter";
constexpr std::string_view identification = "Identification";
constexpr std::string_view read = "read in a session";
constexpr std::string_view session = "session that gets too long";
constexpr std::string_view wrong_keys = "wrong keys in a row";
constexpr std::string_view registers = "read of the registers";
constexpr std::string_view present = "read of the present values";
constexpr std::string_view byte = "byte to the client";

constexpr std::array<FaultInfo, fault_count> table{{
    {FaultKind::silent, "silent", anything, "gets lost", true},
    {FaultKind::echo, "echo", sent, "comes back", true},
    {FaultKind::echo_damaged, "echo-damaged", sent,
     "comes back, its first byte as FF or 00, others lost or changed", true},
    {FaultKind::echo_only, "echo-only", anything, "gets lost, but what the client sent comes back"},
    {FaultKind::echo_only_damaged, "echo-only-damaged", anything,
     "gets lost, but what the client sent comes back damaged"},
    {FaultKind::first_nak, "first-nak", first, "is damaged, and refused with NAK", true},
    {FaultKind::first_lost, "first-lost", first, "gets lost", true},
    {FaultKind::chatter, "chatter", from_meter, "has foreign bytes in front of it or behind it",
     true},
    {FaultKind::chatter_inside, "chatter-inside", packet, "has foreign bytes inside", true},
    {FaultKind::noise, "noise", from_meter, "is nothing but noise", true},
    {FaultKind::ack_lost, "ack-lost", ack, "gets lost", true},
    {FaultKind::ack_zero, "ack-zero", ack, "arrives as 00", true},
    {FaultKind::ack_twice, "ack-twice", ack, "arrives twice", true},
    {FaultKind::ee_lost, "ee-lost", packet, "lacks its first byte", true},
    {FaultKind::truncated, "truncated", packet, "breaks off", true},
    {FaultKind::crc, "crc", packet, "has a wrong bit", true},
    {FaultKind::repeated, "repeated", packet, "arrives twice", true},
    {FaultKind::slow, "slow", packet, "pauses in front of every byte but the first", true, 0.4},
    {FaultKind::reset, "reset", packet,
     "breaks off because the meter starts anew, deaf for the pause", true, 2},
    {FaultKind::toggle_copy, "toggle-copy", identification,
     "begins a session in which responses have the request's toggle", true},
    {FaultKind::toggle_zero, "toggle-zero", identification,
     "begins a session in which the meter's toggle is always 0", true},
    {FaultKind::toggle_one, "toggle-one", identification,
     "begins a session in which the meter's toggle is always 1", true},
    {FaultKind::toggle_from_one, "toggle-from-one", identification,
     "begins a session in which the meter's toggle starts with 1", true},
    {FaultKind::checksum, "checksum", read, "is answered with a wrong table checksum", true},
    {FaultKind::count, "count", read, "is answered with a wrong count", true},
    {FaultKind::bsy, "bsy", read, "is answered with bsy (busy)", true},
    {FaultKind::dnr, "dnr", read, "is answered with dnr (data not ready)", true},
    {FaultKind::dlk, "dlk", read, "is answered with dlk (data locked)", true},
    {FaultKind::rno, "rno", read, "is answered with rno (renegotiate), and the session is over",
     true},
    {FaultKind::isss, "isss", read,
     "is answered with isss (invalid service sequence), and the session is over", true},
    {FaultKind::session_loss, "session-loss", read,
     "finds that the meter has forgotten the session", true},
    {FaultKind::session_silent, "session-silent", read,
     "finds that the meter has forgotten the session and waits for Identification", true},
    {FaultKind::session_limit, "session-limit", session,
     "ends after the limit in seconds; then silence for the pause", false, 300, 600},
    {FaultKind::session_limit_err, "session-limit-err", session,
     "ends after the limit in seconds; then Identification is refused for the pause", false, 300,
     600},
    {FaultKind::key_lock, "key-lock", wrong_keys,
     "lock the port when they reach the limit; then silence for the pause", false, 600, 3},
    {FaultKind::reads_refused, "reads-refused", read,
     "is answered with isc, although the key was accepted"},
    {FaultKind::register_jump, "register-jump", registers,
     "shows so many kWh more than were counted, or less", false, 0, 0, 1'100},
    {FaultKind::voltage, "voltage", present, "shows this voltage of L1 in mV", false, 0, 0,
     6'553'500},
    {FaultKind::current, "current", present, "shows this current of L1 in mA", false, 0, 0,
     16'777'215},
    {FaultKind::power, "power", present, "shows this power imported in W", false, 0, 0, 8'388'607},
    {FaultKind::power_factor, "power-factor", present,
     "shows this power factor of L1 in thousandths", false, 0, 0, 32'767},
    {FaultKind::frequency, "frequency", present, "shows this frequency in mHz", false, 0, 0,
     655'350},
    {FaultKind::unplug, "unplug", byte,
     "finds the device gone, or its TCP server; back after the pause", false, 2},
    {FaultKind::missing, "missing", "",
     "there is no device, or no TCP server: for= and from= say when"},
    {FaultKind::stall, "stall", byte, "begins a pause in which nothing passes; the line stays open",
     false, 10},
    {FaultKind::rst, "rst", byte, "breaks the TCP connection with RST"},
    {FaultKind::random, "random", "",
     "every fault marked with * at its own rate, repeatable by its seed", false, 0, 0, 0, 1},
}};

}  // namespace

std::span<const FaultInfo, fault_count> fault_table() {
  return table;
}

const FaultInfo& info(FaultKind kind) {
  return table[static_cast<std::size_t>(kind)];
}

}  // namespace irmetersim
