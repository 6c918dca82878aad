#include "daemon/sinks/bus/meter.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <utility>

#include "common/bus_names.hpp"
#include "common/event_texts.hpp"
#include "common/fault_texts.hpp"

namespace irmeterd {
namespace {

std::uint64_t usec_of(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  return since.count() < 0 ? 0 : static_cast<std::uint64_t>(since.count());
}

std::uint64_t reading_usec(const MeterSnapshot& meter) {
  return meter.reading ? usec_of(meter.read_at) : 0;
}

std::string_view fault_name(const MeterSnapshot& meter) {
  return meter.failure ? irmeter::info(meter.failure->fault).name : std::string_view();
}

std::string fault_context(const MeterSnapshot& meter) {
  return meter.failure ? meter.failure->context : std::string();
}

// The changed properties as PropertiesChanged has them: each(take) calls take with the name, the
// D-Bus type and a function that puts the value into a message. The library's own signal looks up
// each property by its name and asks for its value, at twice the cost.
template <typename Each>
struct Changes {
  const Each& each;
};

template <typename Each>
sdbus::Message& operator<<(sdbus::Message& message, const Changes<Each>& changes) {
  message.openContainer("{sv}");
  changes.each([&](const char* name, const char* type, const auto& append) {
    message.openDictEntry("sv");
    message << name;
    message.openVariant(type);
    append(message);
    message.closeVariant();
    message.closeDictEntry();
  });
  message.closeContainer();
  return message;
}

// The caller may have gone, and so may the bus; neither is of interest to the meter.
template <typename Reply>
void send(const Reply& reply) noexcept {
  try {
    reply();
  } catch (const std::exception&) {
  }
}

// To a call that may have been answered.
template <typename Node, typename Value, typename Convert>
void reply(Node call, const std::variant<Value, irmeter::Failure>& answer, const Convert& convert) {
  if (!call) {
    return;
  }
  send([&] {
    if (const auto* const value = std::get_if<Value>(&answer)) {
      call.mapped().returnResults(convert(*value));
    } else {
      const auto& failure = std::get<irmeter::Failure>(answer);
      call.mapped().returnError(bus::make_error(error_name(failure.state()), sentence_of(failure)));
    }
  });
}

irmeter::MeterTime time_of(std::uint64_t usec) {
  constexpr std::uint64_t in_a_second = 1'000'000;
  return irmeter::MeterTime(std::chrono::seconds(usec / in_a_second));
}

std::vector<BusInterval> bus_intervals(const std::vector<irmeter::HistoryInterval>& intervals) {
  std::vector<BusInterval> all;
  for (const irmeter::HistoryInterval& interval : intervals) {
    std::map<std::string, double> numbers{
        {"interval", std::chrono::duration<double>(interval.length).count()}};
    for (const irmeter::HistoryInterval::Channel& channel : interval.channels) {
      if (channel.at_end) {
        numbers.emplace(irmeter::info(channel.quantity).key,
                        dbus_value(channel.at_end, channel.quantity));
      }
      if (channel.consumed) {
        numbers.emplace(interval_key(face(channel.quantity)),
                        dbus_value(channel.consumed, channel.quantity));
      }
    }
    std::string status;
    for (const std::string_view name : irmeter::names_of(interval.marks)) {
      status += (status.empty() ? "" : " ") + std::string(name);
    }
    const std::chrono::microseconds end = interval.end.time_since_epoch();
    all.emplace_back(static_cast<std::uint64_t>(end.count()), std::move(numbers),
                     std::move(status));
  }
  return all;
}

}  // namespace

BusMeter::BusMeter(sdbus::IConnection& connection, CommandQueue& commands,
                   const MeterSnapshot& meter)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(meter_path(meter.name))),
      commands_(commands),
      meter_(meter) {
  registerAdaptor();
}

BusMeter::~BusMeter() {
  unregisterAdaptor();
  const auto cancelled =
      bus::make_error(cancelled_error, "The daemon stopped serving this meter before it was read.");
  table_calls_.fail_all(cancelled);
  history_calls_.fail_all(cancelled);
  for (const Waiting& call : waiting_) {
    send([&] {
      call.result.returnError(bus::make_error(
          cancelled_error, "The daemon stopped serving this meter before the poll ended."));
    });
  }
}

void BusMeter::emit_changes(const MeterSnapshot& before) {
  const auto each = [&](const auto& take) { each_change(before, take); };
  // Those whose values it does not tell: they are long, and few want them.
  std::vector<std::string> invalidated;
  if (std::ranges::any_of(faces, [&](const Face& face) { return differs(before, face); })) {
    invalidated.emplace_back("Quantities");
  }
  bool any = !invalidated.empty() || reading_usec(before) != reading_usec(meter_);
  if (!any) {
    each([&any](const auto&...) { any = true; });
  }
  if (any) {
    getObject()
        .emitSignal("PropertiesChanged")
        .onInterface("org.freedesktop.DBus.Properties")
        .withArguments(std::string(INTERFACE_NAME), Changes<decltype(each)>{each}, invalidated);
  }
}

template <typename Take>
void BusMeter::each_change(const MeterSnapshot& before, const Take& take) {
  const auto note = [&](const char* name, const char* type, bool differs, auto getter) {
    if (differs) {
      take(name, type, [&](sdbus::Message& message) { message << (this->*getter)(); });
    }
  };
  const MeterSnapshot& after = meter_;
  const irmeter::Identity& was = before.identity;
  const irmeter::Identity& is = after.identity;
  note("Device", "s", before.device != after.device, &BusMeter::Device);
  note("Manufacturer", "s", was.manufacturer != is.manufacturer, &BusMeter::Manufacturer);
  note("Model", "s", was.model != is.model, &BusMeter::Model);
  note("SerialNumber", "s", was.serial_number != is.serial_number, &BusMeter::SerialNumber);
  note("UtilitySerialNumber", "s", was.utility_serial_number != is.utility_serial_number,
       &BusMeter::UtilitySerialNumber);
  note("FirmwareVersion", "s", was.firmware_version != is.firmware_version,
       &BusMeter::FirmwareVersion);
  const irmeter::Ratios had = before.ratios.value_or(irmeter::Ratios{});
  const irmeter::Ratios has = meter_.ratios.value_or(irmeter::Ratios{});
  note("CurrentRatio", "u", had.current != has.current, &BusMeter::CurrentRatio);
  note("VoltageRatio", "u", had.voltage != has.voltage, &BusMeter::VoltageRatio);
  note("RegisterUnit", "u", before.register_unit() != after.register_unit(),
       &BusMeter::RegisterUnit);
  note("MBusDevices", "a(ysss)", before.mbus_devices != after.mbus_devices, &BusMeter::MBusDevices);
  const bool may_differ =
      before.mbus_values != after.mbus_values || before.details_stale != after.details_stale;
  note("MBusValues", "a(ysds)", may_differ && before.true_mbus_values() != after.true_mbus_values(),
       &BusMeter::MBusValues);
  note("State", "s", before.state() != after.state(), &BusMeter::State);
  note("Fault", "s", fault_name(before) != fault_name(after), &BusMeter::Fault);
  note("FaultContext", "s", fault_context(before) != fault_context(after), &BusMeter::FaultContext);
  note("StateDetail", "s", before.detail() != after.detail(), &BusMeter::StateDetail);
  note("Echo", "b", before.echo != after.echo, &BusMeter::Echo);
  note("Held", "as", before.held() != after.held(), &BusMeter::Held);
  note("LastReadingUSec", "t", reading_usec(before) != reading_usec(after),
       &BusMeter::LastReadingUSec);
  note("Status", "as", before.status != after.status, &BusMeter::Status);
  note("Tariff", "u", before.tariff != after.tariff, &BusMeter::Tariff);
  note("ClockOffset", "d", before.clock_offset != after.clock_offset, &BusMeter::ClockOffset);

  for (const Face& face : faces) {
    if (!face.dbus_name.empty() && differs(before, face)) {
      take(std::string(face.dbus_name).c_str(), "d",
           [&](sdbus::Message& message) { message << value(face.id); });
    }
  }
}

bool BusMeter::differs(const MeterSnapshot& before, const Face& face) const {
  return before.true_value(face.id) != meter_.true_value(face.id);
}

void BusMeter::changed(const MeterSnapshot& before) {
  emit_changes(before);
  auto waiting = std::exchange(waiting_, {});
  for (Waiting& call : waiting) {
    if (meter_.counters.polls <= call.polls) {
      waiting_.push_back(std::move(call));
    } else if (!meter_.failure) {
      send([&] { call.result.returnResults(); });
    } else {
      send([&] {
        call.result.returnError(bus::make_error(error_name(meter_.state()), meter_.detail()));
      });
    }
  }
}

void BusMeter::ReadNow(sdbus::Result<>&& result) {
  bus::guarded([&] {
    commands_.push({Command::Kind::read_now, meter_.name});
    waiting_.push_back({std::move(result), meter_.counters.polls});
  });
}

void BusMeter::RetryKey() {
  bus::guarded([&] { commands_.push({Command::Kind::retry_key, meter_.name}); });
}

void BusMeter::ReadTable(sdbus::Result<std::vector<std::uint8_t>>&& result, std::uint16_t table,
                         std::uint32_t offset, std::uint32_t count) {
  bus::guarded([&] {
    constexpr std::uint32_t offsets = 1U << 24U;
    if (offset >= offsets || count > std::numeric_limits<std::uint16_t>::max()) {
      throw bus::make_error("org.freedesktop.DBus.Error.InvalidArgs",
                            "An offset has 24 bits, a count 16.");
    }
    Command command{Command::Kind::read_table, meter_.name};
    command.table = {table, offset, static_cast<std::uint16_t>(count)};
    command.answer = [take = table_calls_.add(std::move(result))](const auto& answer) {
      reply(take(), answer, [](const irmeter::Bytes& bytes) {
        return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
      });
    };
    commands_.push(std::move(command));
  });
}

void BusMeter::GetHistory(sdbus::Result<std::vector<BusInterval>>&& result, std::uint64_t from,
                          std::uint64_t to) {
  bus::guarded([&] {
    Command command{Command::Kind::read_history, meter_.name};
    command.from = time_of(from);
    command.to = time_of(to);
    command.history = [take = history_calls_.add(std::move(result))](const auto& answer) {
      reply(take(), answer, bus_intervals);
    };
    commands_.push(std::move(command));
  });
}

void BusMeter::RetryTables() {
  bus::guarded([&] { commands_.push({Command::Kind::retry_tables, meter_.name}); });
}

void BusMeter::logged(const irmeter::LogEntry& entry) {
  emitEventLogged(usec_of(entry.time), entry.id, event_text(entry));
}

std::vector<sdbus::Struct<std::uint64_t, std::uint16_t, std::string>> BusMeter::GetEvents(
    const std::uint32_t& count) {
  std::vector<sdbus::Struct<std::uint64_t, std::uint16_t, std::string>> events;
  if (meter_.log) {
    const std::span<const irmeter::LogEntry> log(*meter_.log);
    for (const irmeter::LogEntry& entry :
         log.last(count == 0 ? log.size() : std::min<std::size_t>(count, log.size()))) {
      events.emplace_back(usec_of(entry.time), entry.id, event_text(entry));
    }
  }
  return events;
}

std::vector<BusDevice> BusMeter::MBusDevices() {
  std::vector<BusDevice> devices;
  for (std::size_t slot = 0; slot < meter_.mbus_devices.size(); ++slot) {
    if (const auto& device = meter_.mbus_devices.at(slot)) {
      devices.emplace_back(static_cast<std::uint8_t>(slot + 1),
                           irmeter::mbus_medium(device->medium), device->maker,
                           device->serial_number);
    }
  }
  return devices;
}

std::vector<BusDeviceValue> BusMeter::MBusValues() {
  std::vector<BusDeviceValue> values;
  std::uint8_t slot = 0;
  for (const auto& of_device : meter_.true_mbus_values()) {
    ++slot;
    for (const irmeter::MbusValue& value : of_device) {
      values.emplace_back(slot, std::string(irmeter::info(value.what).key),
                          irmeter::to_double(value.number), std::string(value.unit));
    }
  }
  return values;
}

std::string BusMeter::Fault() {
  return std::string(fault_name(meter_));
}

std::string BusMeter::FaultContext() {
  return fault_context(meter_);
}

std::uint64_t BusMeter::LastReadingUSec() {
  return reading_usec(meter_);
}

std::vector<std::string> BusMeter::Status() {
  const auto names = irmeter::names_of(meter_.status.value_or(irmeter::StatusFlags{}));
  return {names.begin(), names.end()};
}

double BusMeter::ClockOffset() {
  return meter_.clock_offset ? std::chrono::duration<double>(*meter_.clock_offset).count()
                             : std::numeric_limits<double>::quiet_NaN();
}

std::map<std::string, double> BusMeter::Quantities() {
  std::map<std::string, double> known;
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    if (const auto value = meter_.true_value(quantity.id)) {
      known.emplace(quantity.key, dbus_value(value, quantity.id));
    }
  }
  return known;
}

}  // namespace irmeterd
