// One meter as an object on the bus.
//
// Its properties are the snapshot in the store. It keeps the ReadNow calls that wait for a poll to
// end.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/faces.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/bus/compat.hpp"
#include "daemon/snapshot.hpp"
#include "org.irmeterd.IrMeter1.Meter.adaptor.hpp"

namespace irmeterd {

// An interval of GetHistory.
using BusInterval = sdbus::Struct<std::uint64_t, std::map<std::string, double>, std::string>;
// A device of MBusDevices.
using BusDevice = sdbus::Struct<std::uint8_t, std::string, std::string, std::string>;
// What one has counted, of MBusValues.
using BusDeviceValue = sdbus::Struct<std::uint8_t, std::string, double, std::string>;

// Calls that wait for their answer. What comes for them later than the end of this finds nobody.
template <typename Value>
class WaitingCalls {
 public:
  using Call = sdbus::Result<Value>;
  using Node = typename std::map<std::uint64_t, Call>::node_type;

  // Gives the call back, once; an empty node where it has been answered.
  std::function<Node()> add(Call&& call) {
    const std::uint64_t number = added_++;
    calls_->emplace(number, std::move(call));
    return [number, calls = std::weak_ptr(calls_)] {
      const auto waiting = calls.lock();
      return waiting ? waiting->extract(number) : Node();
    };
  }
  void fail_all(const sdbus::Error& error) {
    for (const auto& [number, call] : std::exchange(*calls_, {})) {
      try {
        call.returnError(error);
      } catch (const std::exception&) {  // the caller may have gone, and so may the bus
      }
    }
  }

 private:
  std::shared_ptr<std::map<std::uint64_t, Call>> calls_ =
      std::make_shared<std::map<std::uint64_t, Call>>();
  std::uint64_t added_ = 0;
};

class BusMeter final : public sdbus::AdaptorInterfaces<org::irmeterd::IrMeter1::Meter_adaptor> {
 public:
  // meter: in the store, to outlive this. Throws sdbus::Error, as changed() and the announcements
  // do, when the connection is dead.
  BusMeter(sdbus::IConnection& connection, CommandQueue& commands, const MeterSnapshot& meter);
  // Calls that still wait are answered with the error Cancelled.
  virtual ~BusMeter();
  BusMeter(const BusMeter&) = delete;
  BusMeter& operator=(const BusMeter&) = delete;

  // The snapshot was another before: one PropertiesChanged with what differs, none when nothing
  // does, then the replies to the calls whose poll has ended.
  void changed(const MeterSnapshot& before);

  // EventLogged.
  void logged(const irmeter::LogEntry& entry);

  // InterfacesAdded and InterfacesRemoved of the object manager.
  void announce_added() { getObject().emitInterfacesAddedSignal(); }
  void announce_removed() { getObject().emitInterfacesRemovedSignal(); }

 private:
  struct Waiting {
    sdbus::Result<> result;
    std::uint64_t polls;  // that had ended when the call came
  };

  void emit_changes(const MeterSnapshot& before);
  template <typename Take>
  void each_change(const MeterSnapshot& before, const Take& take);
  [[nodiscard]] bool differs(const MeterSnapshot& before, const Face& face) const;

  void ReadNow(sdbus::Result<>&& result) override;
  void RetryKey() override;
  void ReadTable(sdbus::Result<std::vector<std::uint8_t>>&& result, std::uint16_t table,
                 std::uint32_t offset, std::uint32_t count) override;
  void GetHistory(sdbus::Result<std::vector<BusInterval>>&& result, std::uint64_t from,
                  std::uint64_t to) override;
  void RetryTables() override;
  std::vector<sdbus::Struct<std::uint64_t, std::uint16_t, std::string>> GetEvents(
      const std::uint32_t& count) override;

  std::string Name() override { return meter_.name; }
  std::string Device() override { return meter_.device; }
  std::string Manufacturer() override { return meter_.identity.manufacturer; }
  std::string Model() override { return meter_.identity.model; }
  std::string SerialNumber() override { return meter_.identity.serial_number; }
  std::string UtilitySerialNumber() override { return meter_.identity.utility_serial_number; }
  std::string FirmwareVersion() override { return meter_.identity.firmware_version; }
  std::uint32_t CurrentRatio() override {
    return static_cast<std::uint32_t>(meter_.ratios ? meter_.ratios->current : 0);
  }
  std::uint32_t VoltageRatio() override {
    return static_cast<std::uint32_t>(meter_.ratios ? meter_.ratios->voltage : 0);
  }
  std::uint32_t RegisterUnit() override { return meter_.register_unit(); }
  std::vector<BusDevice> MBusDevices() override;
  std::vector<BusDeviceValue> MBusValues() override;
  std::string State() override { return std::string(irmeter::info(meter_.state()).name); }
  std::string Fault() override;
  std::string FaultContext() override;
  std::string StateDetail() override { return meter_.detail(); }
  bool Echo() override { return meter_.echo; }
  std::vector<std::string> Held() override {
    const auto keys = keys_of(meter_.held());
    return {keys.begin(), keys.end()};
  }
  std::uint64_t LastReadingUSec() override;
  std::vector<std::string> Status() override;
  std::uint32_t Tariff() override { return meter_.tariff.value_or(0); }
  double ClockOffset() override;
  double EnergyImport() override { return value(irmeter::Quantity::energy_import); }
  double EnergyExport() override { return value(irmeter::Quantity::energy_export); }
  double Power() override { return value(irmeter::Quantity::power); }
  double PowerImport() override { return value(irmeter::Quantity::power_import); }
  double PowerExport() override { return value(irmeter::Quantity::power_export); }
  double ReactivePowerImport() override { return value(irmeter::Quantity::reactive_power_import); }
  double ReactivePowerExport() override { return value(irmeter::Quantity::reactive_power_export); }
  double CurrentL1() override { return value(irmeter::Quantity::current_l1); }
  double CurrentL2() override { return value(irmeter::Quantity::current_l2); }
  double CurrentL3() override { return value(irmeter::Quantity::current_l3); }
  double VoltageL1() override { return value(irmeter::Quantity::voltage_l1); }
  double VoltageL2() override { return value(irmeter::Quantity::voltage_l2); }
  double VoltageL3() override { return value(irmeter::Quantity::voltage_l3); }
  std::map<std::string, double> Quantities() override;

  [[nodiscard]] double value(irmeter::Quantity quantity) const {
    return dbus_value(meter_.true_value(quantity), quantity);
  }

  CommandQueue& commands_;
  const MeterSnapshot& meter_;
  std::vector<Waiting> waiting_;
  WaitingCalls<std::vector<std::uint8_t>> table_calls_;
  WaitingCalls<std::vector<BusInterval>> history_calls_;
};

}  // namespace irmeterd
