// The service on a private bus, with a store to feed it and a client to look at it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/bus/service.hpp"
#include "daemon/store.hpp"
#include "tests/support/bus_client.hpp"
#include "tests/support/message_bus.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {

inline const std::string main_path = std::string(root_path) + "/Meter/main";

// A meter that has answered once: every quantity has a value, each a different one.
inline MeterSnapshot online_meter(const std::string& name = "main") {
  MeterSnapshot meter;
  meter.name = name;
  meter.device = "/dev/ir-probe";
  meter.interval = std::chrono::seconds(10);
  meter.identity = {"NES", "83334-3I", "3.10.21", "5.2", "0000000012345678", "87654321"};
  meter.reading.emplace();
  std::int64_t value = 1001;
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    meter.reading->values.set(quantity.id, value++);
  }
  meter.read_at =
      std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'000'001));
  meter.stale = false;
  meter.status.emplace().set(0);
  meter.tariff = 2;
  meter.ratios = {40, 1, false};
  meter.reading->register_unit = 10;
  meter.mbus_devices[0] = {"20417301", "SIM", 7};
  meter.mbus_devices[3] = {"87654321", "", 255};
  meter.mbus_values[0] = {{irmeter::MbusQuantity::volume, {56780, -3}, "m³"},
                          {irmeter::MbusQuantity::volume_flow, {25, -3}, "m³/h"}};
  meter.clock_offset = std::chrono::milliseconds(-1500);
  meter.counters.polls = 1;
  return meter;
}

class ServiceTest : public testing::Test {
 protected:
  explicit ServiceTest(MessageBus::Type type = MessageBus::Type::session) : bus(type) {
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address().c_str(), 1);
    commands.on_command([this](const Command& command) { received.push_back(command); });
  }

  void start_service() {
    service = std::make_unique<BusService>(loop, Bus::system, store, commands, log);
  }

  void stop_service() { service.reset(); }

  // The bus, the service with its name, and a client.
  void start_all() {
    bus.start();
    start_service();
    ASSERT_TRUE(wait_until(loop, [this] { return service->ready(); })) << service->status();
    client.emplace(loop, bus.address());
  }

  // Signals are in order: when the reply to a later call is there, so are all signals before it.
  void catch_up() { (void)client->get_all(main_path); }

  Loop loop;
  MessageBus bus;
  Log log{LogLevel::error};
  Store store;
  CommandQueue commands{loop};
  std::vector<Command> received;
  std::unique_ptr<BusService> service;
  std::optional<BusClient> client;
};

}  // namespace irmeterd
