#include "daemon/sinks/bus/meter_properties.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/faces.hpp"
#include "common/made_text.hpp"
#include "daemon/sinks/bus/meter.hpp"
#include "daemon/sinks/bus/value.hpp"

namespace irmeterd {
namespace {

using Meter = const MeterSnapshot&;
using Update = MeterProperty::Update;

template <typename Value>
bool is_other(const Value& before, const Value& after) {
  return before != after;
}
// NaN is what is not known, twice the same.
bool is_other(double before, double after) {
  return before != after && !(std::isnan(before) && std::isnan(after));
}

// shown: the value of a snapshot, compared: what tells whether it is another, where that is
// cheaper.
template <auto shown, auto compared = shown>
constexpr MeterProperty property(const char* name, Update update = Update::changes) {
  using Value = std::remove_cvref_t<std::invoke_result_t<decltype(shown), Meter>>;
  return {name, bus::signature<Value>, update,
          [](Meter before, Meter after) { return is_other(compared(before), compared(after)); },
          [](sd_bus*, const char*, const char*, const char*, sd_bus_message* message, void* meter,
             sd_bus_error* error) {
            return bus::guarded(error, [&] {
              bus::put(message, shown(static_cast<const BusMeter*>(meter)->snapshot()));
            });
          }};
}

std::vector<std::tuple<std::uint8_t, std::string, std::string, std::string>> mbus_devices(
    Meter meter) {
  std::vector<std::tuple<std::uint8_t, std::string, std::string, std::string>> devices;
  for (std::size_t slot = 0; slot < meter.mbus_devices.size(); ++slot) {
    if (const auto& device = meter.mbus_devices.at(slot)) {
      devices.emplace_back(static_cast<std::uint8_t>(slot + 1),
                           irmeter::mbus_medium(device->medium), device->maker,
                           device->serial_number);
    }
  }
  return devices;
}

std::vector<std::tuple<std::uint8_t, std::string_view, double, std::string_view>> mbus_values(
    Meter meter) {
  std::vector<std::tuple<std::uint8_t, std::string_view, double, std::string_view>> values;
  std::uint8_t slot = 0;
  for (const auto& of_device : meter.true_mbus_values()) {
    ++slot;
    for (const irmeter::MbusValue& value : of_device) {
      values.emplace_back(slot, irmeter::info(value.what).key, irmeter::to_double(value.number),
                          value.unit);
    }
  }
  return values;
}

const auto& devices_by_slot(Meter meter) {
  return meter.mbus_devices;
}

std::uint32_t ratio(Meter meter, std::int32_t irmeter::Ratios::*of) {
  return static_cast<std::uint32_t>(meter.ratios ? (*meter.ratios).*of : 0);
}

irmeter::StatusFlags flags(Meter meter) {
  return meter.status.value_or(irmeter::StatusFlags{});
}

std::vector<std::pair<std::string_view, double>> known_quantities(Meter meter) {
  std::vector<std::pair<std::string_view, double>> known;
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    if (const auto value = meter.true_value(quantity.id)) {
      known.emplace_back(quantity.key, dbus_value(value, quantity.id));
    }
  }
  return known;
}

constexpr std::array described{
    property<[](Meter meter) -> const std::string& { return meter.name; }>("Name",
                                                                           Update::constant),
    property<[](Meter meter) -> const std::string& { return meter.device; }>("Device"),
    property<[](Meter meter) -> const std::string& { return meter.identity.manufacturer; }>(
        "Manufacturer"),
    property<[](Meter meter) -> const std::string& { return meter.identity.model; }>("Model"),
    property<[](Meter meter) -> const std::string& { return meter.identity.serial_number; }>(
        "SerialNumber"),
    property<[](Meter meter) -> const std::string& {
      return meter.identity.utility_serial_number;
    }>("UtilitySerialNumber"),
    property<[](Meter meter) -> const std::string& { return meter.identity.firmware_version; }>(
        "FirmwareVersion"),
    property<[](Meter meter) { return ratio(meter, &irmeter::Ratios::current); }>("CurrentRatio"),
    property<[](Meter meter) { return ratio(meter, &irmeter::Ratios::voltage); }>("VoltageRatio"),
    property<[](Meter meter) { return std::uint32_t{meter.register_unit()}; }>("RegisterUnit"),
    property<mbus_devices, devices_by_slot>("MBusDevices"),
    property<mbus_values, [](Meter meter) { return meter.true_mbus_values(); }>("MBusValues"),
    property<[](Meter meter) { return irmeter::info(meter.state()).name; }>("State"),
    property<[](Meter meter) {
      return meter.failure ? irmeter::info(meter.failure->fault).name : std::string_view();
    }>("Fault"),
    property<[](Meter meter) {
      return meter.failure ? std::string_view(meter.failure->context) : std::string_view();
    }>("FaultContext"),
    property<[](Meter meter) { return meter.detail(); }>("StateDetail"),
    property<[](Meter meter) { return meter.echo; }>("Echo"),
    property<[](Meter meter) { return keys_of(meter.held()); },
             [](Meter meter) { return meter.held(); }>("Held"),
    property<[](Meter meter) { return meter.reading ? bus::usec_of(meter.read_at) : 0; }>(
        "LastReadingUSec"),
    property<[](Meter meter) { return irmeter::names_of(flags(meter)); }, flags>("Status"),
    property<[](Meter meter) { return std::uint32_t{meter.tariff.value_or(0)}; }>("Tariff"),
    property<[](Meter meter) {
      return meter.clock_offset ? std::chrono::duration<double>(*meter.clock_offset).count()
                                : std::numeric_limits<double>::quiet_NaN();
    }>("ClockOffset"),
};

// The quantities with a property of their own, as their faces name them.
constexpr auto has_property = [](const Face& face) { return !face.dbus_name.empty(); };

constexpr auto measured_ids = [] {
  std::array<irmeter::Quantity, std::ranges::count_if(faces, has_property)> ids{};
  auto next = ids.begin();
  for (const Face& face : faces) {
    if (has_property(face)) {
      *next++ = face.id;
    }
  }
  return ids;
}();

template <irmeter::Quantity quantity>
constexpr auto name_of = [] {
  MadeText<24> name;  // and a NUL
  name.add(face(quantity).dbus_name);
  return name;
}();

template <std::size_t... numbers>
constexpr std::array<MeterProperty, sizeof...(numbers)> measured_of(
    std::index_sequence<numbers...>) {
  return {property<[](Meter meter) {
    constexpr irmeter::Quantity quantity = measured_ids[numbers];
    return dbus_value(meter.true_value(quantity), quantity);
  }>(name_of<measured_ids[numbers]>.characters.data())...};
}
constexpr auto measured = measured_of(std::make_index_sequence<measured_ids.size()>());

constexpr auto rows = [] {
  std::array<MeterProperty, described.size() + measured.size() + 1> all{};
  const auto behind = std::ranges::copy(measured, std::ranges::copy(described, all.begin()).out);
  *behind.out = property<known_quantities, [](Meter meter) { return meter.true_values(); }>(
      "Quantities", Update::invalidates);
  return all;
}();

}  // namespace

constinit const std::span<const MeterProperty> meter_properties = rows;

}  // namespace irmeterd
