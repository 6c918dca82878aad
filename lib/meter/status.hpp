// BT03: the flags of a meter, and what kind of thing each of them is.
//
// Source: the OSGP Alliance's guide to the optical port; a capture of this table from that port was
// never published. Bytes 1 and 2 are the standard status of C12.19, those from 4 on the
// manufacturer's. How many there are depends on the firmware (BT00 byte 17).
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/bytes.hpp"
#include "lib/result.hpp"

namespace irmeter {

enum class FlagKind : std::uint8_t {
  problem,  // something does not work as it should
  tamper,   // somebody may have been at the meter
  notice,   // of the utility's business: unread, overflowed, changed; on many meters always set
};

struct StatusFlag {
  std::uint8_t bit;  // 0 is the lowest of byte 0
  std::string_view name;
  FlagKind kind;
};

// In the order of the bits. "Metering mode" (bit 0) is the ordinary state and no flag.
inline constexpr std::array<StatusFlag, 63> status_flags{{
    {1, "test_mode", FlagKind::problem},
    {2, "shop_mode", FlagKind::problem},
    {8, "unprogrammed", FlagKind::problem},
    {9, "configuration_error", FlagKind::problem},
    {10, "system_reset", FlagKind::notice},
    {11, "ram_failure", FlagKind::problem},
    {12, "rom_failure", FlagKind::problem},
    {13, "nvm_failure", FlagKind::problem},
    {14, "clock_error", FlagKind::problem},
    {15, "measurement_error", FlagKind::problem},
    {16, "low_battery", FlagKind::problem},
    {17, "low_loss_potential", FlagKind::problem},
    {18, "demand_overload", FlagKind::problem},
    {19, "power_failure", FlagKind::problem},
    {20, "cover_removed", FlagKind::tamper},
    {21, "reverse_energy", FlagKind::notice},
    {22, "backup_incomplete", FlagKind::notice},
    {23, "disconnect_error", FlagKind::problem},
    {24, "load_profile_2_unread", FlagKind::notice},
    {25, "load_profile_3_unread", FlagKind::notice},
    {26, "load_profile_4_unread", FlagKind::notice},
    {27, "neutral_deviation", FlagKind::problem},
    {32, "load_profile_overflow", FlagKind::notice},
    {33, "self_read", FlagKind::notice},
    {34, "disconnect_changed", FlagKind::notice},
    {35, "relay_1_open", FlagKind::notice},
    {36, "phase_loss", FlagKind::problem},
    {37, "phase_inversion", FlagKind::problem},
    {38, "plc_configuration", FlagKind::notice},
    {39, "general_error", FlagKind::problem},
    {40, "invalid_password", FlagKind::tamper},
    {41, "remote_inactive", FlagKind::notice},
    {42, "current_on_missing_phase", FlagKind::problem},
    {43, "pulse_1_tamper", FlagKind::tamper},
    {44, "pulse_2_tamper", FlagKind::tamper},
    {45, "software_crc", FlagKind::problem},
    {46, "code_bank_changed", FlagKind::notice},
    {47, "load_profile_backfill", FlagKind::notice},
    {48, "mep_changed", FlagKind::notice},
    {49, "mbus_alarm", FlagKind::problem},
    {50, "mbus_discovery", FlagKind::notice},
    {51, "phase_rotation", FlagKind::notice},
    {52, "prepay_exhausted", FlagKind::notice},
    {53, "prepay_warning", FlagKind::notice},
    {54, "event_log_overflow", FlagKind::notice},
    {55, "manufacturer_log", FlagKind::notice},
    {56, "dimension_change", FlagKind::notice},
    {57, "magnetic_tamper", FlagKind::tamper},
    {58, "lockout_override", FlagKind::tamper},
    {59, "power_quality", FlagKind::notice},
    {60, "event_log_unread", FlagKind::notice},
    {61, "thd", FlagKind::notice},
    {62, "load_profile_1_unread", FlagKind::notice},
    {63, "load_side_voltage", FlagKind::problem},
    {64, "voltage_unbalance", FlagKind::notice},
    {65, "password_written", FlagKind::notice},
    {66, "key_expiry", FlagKind::notice},
    {67, "p2p_security", FlagKind::notice},
    {68, "firmware_separation", FlagKind::notice},
    {69, "modem_error", FlagKind::notice},
    {70, "g3_alarm", FlagKind::notice},
    {71, "g3_event", FlagKind::notice},
    {72, "relay_2_open", FlagKind::notice},
}};
static_assert(std::ranges::is_sorted(status_flags, {}, &StatusFlag::bit));

// Those that are set, by their place in status_flags.
using StatusFlags = std::bitset<status_flags.size()>;

[[nodiscard]] std::vector<std::string_view> names_of(const StatusFlags& flags);

// From so many bytes on; what lies beyond byte 9 has no meaning.
inline constexpr std::size_t bt03_least_size = 4;
inline constexpr std::uint16_t bt03_known_size = 10;

// Flags in bytes that the table does not have are not set. An error for a table that is too short
// or nothing but ones.
[[nodiscard]] Result<StatusFlags> decode_bt03(ByteView table);

}  // namespace irmeter
