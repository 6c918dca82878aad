// What an M-Bus device has counted: the records of its telegram, one after the other.
//
// Source: EN 13757-3, for telegrams of the variable structure (CI 0x72). Only what is certain
// becomes a value. Everything else is handed out as the bytes that stand there. No capture from a
// real meter is known.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/bytes.hpp"
#include "lib/meter/mbus_data.hpp"

namespace irmeter {

// What an entry of ET16 has behind the head of its telegram.
struct MbusContent {
  enum class State : std::uint8_t {
    records,
    empty,      // no device has sent it
    foreign,    // the fixed structure, or numbers with the highest byte first
    encrypted,  // and the meter could not decrypt it
    refused,    // the meter takes the telegram for a false one
  };
  State state = State::empty;
  ByteView bytes;  // the records, or what is there in their place
};
// Of an entry from its start, or of as much of it as was read.
[[nodiscard]] MbusContent mbus_content(ByteView entry);

enum class MbusQuantity : std::uint8_t {
  energy,
  volume,
  mass,
  power,
  volume_flow,
  mass_flow,
  flow_temperature,
  return_temperature,
  temperature_difference,
  external_temperature,
  pressure,
  voltage,
  current,
  heat_cost_units,
  on_time,
  operating_time,
  averaging_duration,
  actuality_duration,
  date,
  date_time,
  fabrication_number,
  enhanced_identification,
  bus_address,
  customer,
  customer_location,
  error_flags,
  named,  // by the text that the device sends with it
};
inline constexpr std::size_t mbus_quantity_count = 27;

// How a quantity is told, or whether it is.
enum class MbusClass : std::uint8_t {
  counter,    // stays true until it is read anew
  momentary,  // was true when the telegram was sent
  other,      // only a person who looks at the table is told
};
struct MbusQuantityInfo {
  MbusQuantity id;
  std::string_view key;  // "flow_temperature"
  MbusClass kind;
};
inline constexpr std::array<MbusQuantityInfo, mbus_quantity_count> mbus_quantities{{
    {MbusQuantity::energy, "energy", MbusClass::counter},
    {MbusQuantity::volume, "volume", MbusClass::counter},
    {MbusQuantity::mass, "mass", MbusClass::counter},
    {MbusQuantity::power, "power", MbusClass::momentary},
    {MbusQuantity::volume_flow, "volume_flow", MbusClass::momentary},
    {MbusQuantity::mass_flow, "mass_flow", MbusClass::momentary},
    {MbusQuantity::flow_temperature, "flow_temperature", MbusClass::momentary},
    {MbusQuantity::return_temperature, "return_temperature", MbusClass::momentary},
    {MbusQuantity::temperature_difference, "temperature_difference", MbusClass::momentary},
    {MbusQuantity::external_temperature, "external_temperature", MbusClass::momentary},
    {MbusQuantity::pressure, "pressure", MbusClass::momentary},
    {MbusQuantity::voltage, "voltage", MbusClass::momentary},
    {MbusQuantity::current, "current", MbusClass::momentary},
    {MbusQuantity::heat_cost_units, "heat_cost_units", MbusClass::counter},
    {MbusQuantity::on_time, "on_time", MbusClass::counter},
    {MbusQuantity::operating_time, "operating_time", MbusClass::counter},
    {MbusQuantity::averaging_duration, "averaging_duration", MbusClass::other},
    {MbusQuantity::actuality_duration, "actuality_duration", MbusClass::other},
    {MbusQuantity::date, "date", MbusClass::other},
    {MbusQuantity::date_time, "date_time", MbusClass::other},
    {MbusQuantity::fabrication_number, "fabrication_number", MbusClass::other},
    {MbusQuantity::enhanced_identification, "enhanced_identification", MbusClass::other},
    {MbusQuantity::bus_address, "bus_address", MbusClass::other},
    {MbusQuantity::customer, "customer", MbusClass::other},
    {MbusQuantity::customer_location, "customer_location", MbusClass::other},
    {MbusQuantity::error_flags, "error_flags", MbusClass::other},
    {MbusQuantity::named, "named", MbusClass::other},
}};
[[nodiscard]] constexpr const MbusQuantityInfo& info(MbusQuantity quantity) {
  return mbus_quantities[static_cast<std::size_t>(quantity)];
}

struct MbusRecord {
  enum class Form : std::uint8_t {
    decoded,         // what it is, with its value
    without_value,   // what it is; a value is not given, or cannot be true
    not_understood,  // what else it has is not valid
    of_maker,        // by rules of whoever made the device; likewise
    torn,            // the rest of a telegram that ends within a record, or cannot be divided
  };
  enum class Function : std::uint8_t { instantaneous, maximum, minimum, during_error };
  // A text as it was sent: the last character first.
  struct Text {
    ByteView reversed;
    [[nodiscard]] std::string text() const { return {reversed.rbegin(), reversed.rend()}; }
  };

  Form form = Form::torn;
  ByteView bytes;  // all of it
  MbusQuantity what{};
  Function function{};
  std::uint64_t storage = 0;
  std::uint32_t tariff = 0;
  std::uint16_t subunit = 0;
  std::string_view unit{};  // empty: none
  Text name;                // of MbusQuantity::named
  std::variant<std::monostate, MbusNumber, MeterTime, Text> value;

  // Of the device as it is now, and of all of it.
  [[nodiscard]] bool is_present() const {
    return form == Form::decoded && function == Function::instantaneous && storage == 0 &&
           tariff == 0 && subunit == 0;
  }
};

class MbusRecords {
 public:
  explicit MbusRecords(ByteView records) : left_(records) {}
  // The next record; idle filling and the zero that ends a telegram are none.
  [[nodiscard]] std::optional<MbusRecord> next();

 private:
  ByteView left_;
};

// A value of a device that programs are told.
struct MbusValue {
  MbusQuantity what{};
  MbusNumber number;
  std::string_view unit;

  friend bool operator==(const MbusValue&, const MbusValue&) = default;
};
// The present values of an entry, each quantity once: the first record that has it counts. What is
// momentary is left out of a telegram that is older than this, or of which that is not known: some
// meters keep one telegram for good. now: local, by the meter's clock.
inline constexpr std::chrono::hours mbus_momentary_limit{2};
[[nodiscard]] std::vector<MbusValue> mbus_values(ByteView entry, std::optional<MeterTime> now);

}  // namespace irmeter
