#include "daemon/sinks/bus/meter.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "common/bus_names.hpp"
#include "common/event_texts.hpp"
#include "common/faces.hpp"
#include "common/fault_texts.hpp"
#include "daemon/sinks/bus/meter_properties.hpp"
#include "daemon/sinks/bus/value.hpp"

namespace irmeterd {
namespace {

// An interval of GetHistory.
using BusInterval =
    std::tuple<std::uint64_t, std::vector<std::pair<std::string, double>>, std::string>;
// An event of GetEvents and EventLogged.
using BusEvent = std::tuple<std::uint64_t, std::uint16_t, std::string>;

// To a call that may have been answered.
template <typename Value, typename Convert>
void answer(const std::weak_ptr<bus::Call>& waiting,
            const std::variant<Value, irmeter::Failure>& answer, const Convert& convert) {
  const auto call = waiting.lock();
  if (!call || call->answered()) {
    return;
  }
  if (const auto* const value = std::get_if<Value>(&answer)) {
    call->reply(convert(*value));
  } else {
    const auto& failure = std::get<irmeter::Failure>(answer);
    call->fail({error_name(failure.state()), sentence_of(failure)});
  }
}

irmeter::MeterTime time_of(std::uint64_t usec) {
  constexpr std::uint64_t in_a_second = 1'000'000;
  return irmeter::MeterTime(std::chrono::seconds(usec / in_a_second));
}

std::vector<BusInterval> bus_intervals(const std::vector<irmeter::HistoryInterval>& intervals) {
  std::vector<BusInterval> all;
  for (const irmeter::HistoryInterval& interval : intervals) {
    std::vector<std::pair<std::string, double>> numbers{
        {"interval", std::chrono::duration<double>(interval.length).count()}};
    for (const irmeter::HistoryInterval::Channel& channel : interval.channels) {
      if (channel.at_end) {
        numbers.emplace_back(irmeter::info(channel.quantity).key,
                             dbus_value(channel.at_end, channel.quantity));
      }
      if (channel.consumed) {
        numbers.emplace_back(interval_key(face(channel.quantity)),
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

BusEvent bus_event(const irmeter::LogEntry& entry) {
  return {bus::usec_of(entry.time), entry.id, event_text(entry)};
}

bus::Message new_signal(sd_bus* bus, const std::string& path, const char* interface,
                        const char* member) {
  sd_bus_message* message = nullptr;
  bus::check(sd_bus_message_new_signal(bus, &message, path.c_str(), interface, member),
             "cannot make a signal");
  return bus::Message(message);
}

void send(const bus::Message& message) {
  bus::check(sd_bus_message_send(message.get()), "cannot send a signal");
}

}  // namespace

BusMeter::BusMeter(sd_bus* bus, CommandQueue& commands, const MeterSnapshot& meter)
    : bus_(bus), commands_(commands), meter_(meter), path_(meter_path(meter.name)) {}

// The library's own signal looks up each property by its name, at twice the cost.
void BusMeter::emit_changes(const MeterSnapshot& before) {
  bus::Message signal;
  sd_bus_message* message = nullptr;
  std::vector<std::string_view> invalidated;
  const auto begin = [&] {
    signal = new_signal(bus_, path_, "org.freedesktop.DBus.Properties", "PropertiesChanged");
    message = signal.get();
    bus::put(message, std::string_view(meter_interface));
    bus::check(sd_bus_message_open_container(message, 'a', "{sv}"), "cannot open a container");
  };
  for (const MeterProperty& property : meter_properties) {
    if (property.update == MeterProperty::Update::constant || !property.differs(before, meter_)) {
      continue;
    }
    if (message == nullptr) {
      begin();
    }
    if (property.update == MeterProperty::Update::invalidates) {
      invalidated.emplace_back(property.name);
      continue;
    }
    bus::contain(message, 'e', "sv", [&] {
      bus::put(message, std::string_view(property.name));
      bus::contain(message, 'v', property.type, [&] {
        bus::check(property.get(bus_, path_.c_str(), meter_interface, property.name, message, this,
                                nullptr),
                   property.name);
      });
    });
  }
  if (message != nullptr) {
    bus::check(sd_bus_message_close_container(message), "cannot close a container");
    bus::put(message, invalidated);
    send(signal);
  }
}

void BusMeter::changed(const MeterSnapshot& before) {
  emit_changes(before);
  for (WaitingForPoll& waiting : waiting_for_poll_) {
    if (meter_.counters.polls <= waiting.polls) {
      continue;
    }
    if (meter_.failure) {
      waiting.call.fail({error_name(meter_.state()), meter_.detail()});
    } else {
      waiting.call.reply();
    }
  }
  std::erase_if(waiting_for_poll_, [](const auto& waiting) { return waiting.call.answered(); });
}

void BusMeter::logged(const irmeter::LogEntry& entry) {
  const bus::Message signal = new_signal(bus_, path_, meter_interface, "EventLogged");
  std::apply([&](const auto&... values) { (bus::put(signal.get(), values), ...); },
             bus_event(entry));
  send(signal);
}

std::weak_ptr<bus::Call> BusMeter::keep(sd_bus_message* call) {
  std::erase_if(waiting_, [](const auto& waiting) { return waiting->answered(); });
  return waiting_.emplace_back(std::make_shared<bus::Call>(call));
}

void BusMeter::read_now(sd_bus_message* call) {
  commands_.push({Command::Kind::read_now, meter_.name});
  waiting_for_poll_.push_back({bus::Call(call), meter_.counters.polls});
}

void BusMeter::retry_key(sd_bus_message* call) {
  commands_.push({Command::Kind::retry_key, meter_.name});
  bus::Call(call).reply();
}

void BusMeter::read_table(sd_bus_message* call) {
  const auto table = bus::take<std::uint16_t>(call);
  const auto offset = bus::take<std::uint32_t>(call);
  const auto count = bus::take<std::uint32_t>(call);
  constexpr std::uint32_t offsets = 1U << 24U;
  if (offset >= offsets || count > std::numeric_limits<std::uint16_t>::max()) {
    throw bus::Error(SD_BUS_ERROR_INVALID_ARGS, "An offset has 24 bits, a count 16.");
  }
  Command command{Command::Kind::read_table, meter_.name};
  command.table = {table, offset, static_cast<std::uint16_t>(count)};
  command.answer = [waiting = keep(call)](const auto& bytes_or_failure) {
    answer(waiting, bytes_or_failure, [](const irmeter::Bytes& bytes) {
      return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    });
  };
  commands_.push(std::move(command));
}

void BusMeter::get_history(sd_bus_message* call) {
  Command command{Command::Kind::read_history, meter_.name};
  command.from = time_of(bus::take<std::uint64_t>(call));
  command.to = time_of(bus::take<std::uint64_t>(call));
  command.history = [waiting = keep(call)](const auto& intervals_or_failure) {
    answer(waiting, intervals_or_failure, bus_intervals);
  };
  commands_.push(std::move(command));
}

void BusMeter::retry_tables(sd_bus_message* call) {
  commands_.push({Command::Kind::retry_tables, meter_.name});
  bus::Call(call).reply();
}

void BusMeter::get_events(sd_bus_message* call) const {
  const auto count = bus::take<std::uint32_t>(call);
  std::vector<BusEvent> events;
  if (meter_.log) {
    const std::span<const irmeter::LogEntry> log(*meter_.log);
    for (const irmeter::LogEntry& entry :
         log.last(count == 0 ? log.size() : std::min<std::size_t>(count, log.size()))) {
      events.push_back(bus_event(entry));
    }
  }
  bus::Call(call).reply(events);
}

}  // namespace irmeterd
