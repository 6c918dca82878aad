#include "tools/ir-meterctl/meter_message.hpp"

#include <cstdint>
#include <utility>

#include "common/bus_names.hpp"

namespace irmeterctl {

void read_property(MessageReader& reader, const std::string& name, MeterInfo& meter) {
  if (std::string* text = meter.text(name)) {
    reader.variant("s", [&] { *text = reader.text(); });
  } else if (name == "LastReadingUSec") {
    reader.variant("t", [&] { meter.last_reading_usec = reader.basic<std::uint64_t>('t'); });
  } else if (name == "Echo") {
    reader.variant("b", [&] { meter.echo = reader.basic<int>('b') != 0; });
  } else if (name == "CurrentRatio") {
    reader.variant("u", [&] { meter.current_ratio = reader.basic<std::uint32_t>('u'); });
  } else if (name == "RegisterUnit") {
    reader.variant("u", [&] { meter.register_unit = reader.basic<std::uint32_t>('u'); });
  } else if (name == "VoltageRatio") {
    reader.variant("u", [&] { meter.voltage_ratio = reader.basic<std::uint32_t>('u'); });
  } else if (name == "MBusDevices") {
    reader.variant("a(ysss)", [&] {
      meter.mbus_devices.clear();
      reader.array("(ysss)", [&] {
        reader.structure("ysss", [&] {
          MbusDeviceInfo device;
          device.slot = reader.basic<std::uint8_t>('y');
          device.medium = reader.text();
          device.maker = reader.text();
          device.serial_number = reader.text();
          meter.mbus_devices.push_back(std::move(device));
        });
      });
    });
  } else if (name == "MBusValues") {
    reader.variant("a(ysds)", [&] {
      meter.mbus_values.clear();
      reader.array("(ysds)", [&] {
        reader.structure("ysds", [&] {
          MbusValueInfo value;
          value.slot = reader.basic<std::uint8_t>('y');
          value.key = reader.text();
          value.value = reader.basic<double>('d');
          value.unit = reader.text();
          meter.mbus_values.push_back(std::move(value));
        });
      });
    });
  } else if (name == "Held") {
    reader.variant("as", [&] {
      meter.withheld.clear();
      reader.array("s", [&] { meter.withheld.push_back(reader.text()); });
    });
  } else if (name == quantities_property) {
    reader.variant("a{sd}", [&] {
      meter.quantities.clear();
      reader.dictionary('s', "d", [&](const std::string& key) {
        meter.quantities[key] = reader.basic<double>('d');
      });
    });
  } else {
    reader.skip("v");
  }
}

void read_properties(MessageReader& reader, MeterInfo& meter) {
  reader.dictionary('s', "v", [&](const std::string& name) { read_property(reader, name, meter); });
}

std::optional<Meters> read_meters(MessageReader reader) {
  Meters meters;
  reader.dictionary('o', "a{sa{sv}}", [&](const std::string& path) {
    reader.dictionary('s', "a{sv}", [&](const std::string& interface) {
      if (interface == irmeterd::meter_interface) {
        read_properties(reader, meters[path]);
      } else {
        reader.skip("a{sv}");
      }
    });
  });
  return reader.good() ? std::optional(std::move(meters)) : std::nullopt;
}

}  // namespace irmeterctl
