// What can go wrong between a reader and its meter, by name: the table that the program's --help
// prints and that tests in virtual time use with the same words.
//
// A fault is written NAME[:PARAMETER=VALUE,...]. Every parameter means the same for every fault:
// each has occasions (a packet, a read, a session), and the parameters choose at which of them it
// strikes.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/result.hpp"
#include "lib/time.hpp"

namespace irmetersim {

using irmeter::Duration;
using irmeter::Instant;

enum class FaultKind : std::uint8_t {
  // The light between probe and meter.
  silent,
  echo,
  echo_damaged,
  echo_only,
  echo_only_damaged,
  first_nak,
  first_lost,
  chatter,
  chatter_inside,
  noise,
  ack_lost,
  ack_zero,
  ack_twice,
  ee_lost,
  truncated,
  crc,
  repeated,
  slow,
  reset,
  // The meter itself.
  toggle_copy,
  toggle_zero,
  toggle_one,
  toggle_from_one,
  checksum,
  count,
  bsy,
  dnr,
  dlk,
  rno,
  isss,
  session_loss,
  session_silent,
  session_limit,
  session_limit_err,
  key_lock,
  reads_refused,
  refused,
  dimensions_refused,
  // What it claims to measure.
  register_jump,
  voltage,
  current,
  power,
  power_factor,
  frequency,
  status,
  log_moves,
  // The line to the probe.
  unplug,
  missing,
  stall,
  rst,
  banner,
  telnet,
  // Many of the above.
  random,
};
inline constexpr std::size_t fault_count = 53;

struct FaultInfo {
  FaultKind kind;
  std::string_view name;
  std::string_view occasion;     // what the fault is looked at for
  std::string_view description;  // what happens to it
  bool random = false;           // part of FaultKind::random: a reader recovers from it by itself
  // Defaults of parameters that not every fault has; zero: it does not have this one.
  double pause = 0;
  std::int64_t limit = 0;
  std::int64_t value = 0;
  double rate = 100;
};

// In the order of FaultKind.
[[nodiscard]] std::span<const FaultInfo, fault_count> fault_table();
[[nodiscard]] const FaultInfo& info(FaultKind kind);

// A fault and when it strikes.
struct Fault {
  FaultKind kind{};
  std::uint64_t after = 0;  // so many occasions pass unharmed
  std::uint64_t every = 1;  // then it strikes at each so-manieth
  std::uint64_t times = std::numeric_limits<std::uint64_t>::max();  // and is over after so many
  double rate = 100;                                                // in so many cases of a hundred
  std::uint64_t seed = 1;  // of everything about it that is random
  Duration from{};         // since it was switched on
  Duration lasting = Duration::max();
  Duration pause{};                    // how long it keeps up, each time
  std::int64_t limit = 0;              // what the meter puts up with before it strikes
  std::int64_t value = 0;              // what is shown, or how much more
  std::optional<std::uint16_t> table;  // reads of others are no occasion
};

[[nodiscard]] irmeter::Result<Fault> parse_fault(std::string_view spec);

// The part of --help about faults.
[[nodiscard]] std::string fault_help();

}  // namespace irmetersim
