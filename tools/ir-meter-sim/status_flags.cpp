#include "tools/ir-meter-sim/status_flags.hpp"

#include <algorithm>
#include <array>

namespace irmetersim {
namespace {

// Bit after bit; empty: without a meaning.
constexpr std::array<std::string_view, 74> names{
    "metering", "test_mode", "shop_mode", "", "", "", "", "",
    // C12.19's standard status
    "unprogrammed", "configuration_error", "system_reset", "ram_failure", "rom_failure",
    "nvm_failure", "clock_error", "measurement_error", "low_battery", "low_loss_potential",
    "demand_overload", "power_failure", "cover_removed", "reverse_energy", "backup_incomplete",
    "disconnect_error", "load_profile_2_unread", "load_profile_3_unread", "load_profile_4_unread",
    "neutral_deviation", "", "", "", "",
    // the manufacturer's
    "load_profile_overflow", "self_read", "disconnect_changed", "relay_1_open", "phase_loss",
    "phase_inversion", "plc_configuration", "general_error", "invalid_password", "remote_inactive",
    "current_on_missing_phase", "pulse_1_tamper", "pulse_2_tamper", "software_crc",
    "code_bank_changed", "load_profile_backfill", "mep_changed", "mbus_alarm", "mbus_discovery",
    "phase_rotation", "prepay_exhausted", "prepay_warning", "event_log_overflow",
    "manufacturer_log", "dimension_change", "magnetic_tamper", "lockout_override", "power_quality",
    "event_log_unread", "thd", "load_profile_1_unread", "load_side_voltage", "voltage_unbalance",
    "password_written", "key_expiry", "p2p_security", "firmware_separation", "modem_error",
    "g3_alarm", "g3_event", "relay_2_open", ""};

}  // namespace

std::optional<std::size_t> find_status_flag(std::string_view name) {
  const auto* const found = std::ranges::find(names, name);
  if (name.empty() || found == names.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - names.begin());
}

std::uint16_t event_of_flag(std::size_t bit) {
  constexpr std::size_t first_of_manufacturer = 32;
  constexpr std::size_t first_standard = 8;
  constexpr std::size_t behind_standard = 22;
  if (bit >= first_of_manufacturer) {
    return static_cast<std::uint16_t>(bit + 32);
  }
  return bit >= first_standard && bit < behind_standard ? static_cast<std::uint16_t>(bit + 28) : 0;
}

}  // namespace irmetersim
