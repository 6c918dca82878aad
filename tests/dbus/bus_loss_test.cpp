// The bus may be late, refuse, die and come back; the service is there whenever the bus is.
#include <gmock/gmock.h>

#include <ctime>

#include "tests/dbus/service_fixture.hpp"

namespace irmeterd {
namespace {

using testing::HasSubstr;

class BusLoss : public ServiceTest {
 protected:
  BusLoss() { store.update(online_meter()); }
  explicit BusLoss(MessageBus::Type type) : ServiceTest(type) { store.update(online_meter()); }

  void start_watched_service() {
    start_service();
    service->on_change([this] { statuses.push_back(service->status()); });
  }

  [[nodiscard]] bool ready() {
    return wait_until(loop, [this] { return service->ready(); });
  }

  void expect_served() {
    BusClient fresh(loop, bus.address());
    EXPECT_EQ(fresh.get_all(main_path)["EnergyImport"], Value(1001.0));
  }

  std::vector<std::string> statuses;
};

TEST_F(BusLoss, AMissingBusIsReportedOnceAndWaitedFor) {
  start_watched_service();
  EXPECT_FALSE(service->ready());
  ASSERT_TRUE(wait_until(loop, [this] { return !statuses.empty(); }));
  EXPECT_THAT(statuses[0], HasSubstr("the system bus is not available"));
  EXPECT_FALSE(service->ready());

  bus.start();
  ASSERT_TRUE(ready());
  EXPECT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses.back(), "on the system bus");
  expect_served();
}

TEST_F(BusLoss, EveryAttemptIsProgressAndNothingIsWaitedForOnTheBus) {
  start_service();
  for (int i = 0; i < 2; ++i) {
    const irmeter::Instant before = loop.now();
    ASSERT_TRUE(wait_until(loop, [&] { return service->steps().at(0).since > before; }));
  }
  EXPECT_EQ(service->steps()[0].part, "the connection to the system bus");
  bus.start();
  ASSERT_TRUE(ready());
  EXPECT_TRUE(service->steps().empty());
}

TEST_F(BusLoss, ABusThatHangsHoldsUpNobody) {
  bus.start();
  bus.freeze();
  start_watched_service();
  bool other_things_go_on = false;
  EventSource other = loop.deferred([&] { other_things_go_on = true; });
  loop.run_once(std::chrono::milliseconds(1));
  Loop::trigger(other);
  ASSERT_TRUE(wait_until(loop, [&] { return other_things_go_on; }));
  ASSERT_TRUE(wait_until(loop, [this] { return !statuses.empty(); }));
  EXPECT_THAT(statuses[0], HasSubstr("it does not answer"));
  bus.thaw();
  ASSERT_TRUE(ready());
  expect_served();
}

TEST_F(BusLoss, MayEndWhileTheBusHangs) {
  bus.start();
  bus.freeze();
  start_service();
  loop.run_once(std::chrono::milliseconds(1));
  stop_service();
  bus.thaw();
}

TEST_F(BusLoss, ABusThatDiesAndReturnsIsServedAgain) {
  start_all();
  for (int i = 0; i < 2; ++i) {
    client.reset();
    bus.kill();
    ASSERT_TRUE(wait_until(loop, [this] { return !service->ready(); }));
    bus.start();
    ASSERT_TRUE(ready());
    expect_served();
  }
}

TEST_F(BusLoss, MetersThatChangeMeanwhileAreRightAfterwards) {
  start_all();
  client.reset();
  bus.kill();
  // The loop has not heard of it yet: sending is what fails here.
  MeterSnapshot meter = online_meter();
  meter.reading->values.set(irmeter::Quantity::energy_import, 2002);
  store.update(meter);
  store.update(online_meter("solar"));
  store.remove("solar");
  store.update(online_meter("garage"));
  ASSERT_TRUE(wait_until(loop, [this] { return !service->ready(); }));

  bus.start();
  ASSERT_TRUE(ready());
  client.emplace(loop, bus.address());
  const Objects objects = client->call(root_path, object_manager, "GetManagedObjects")->objects();
  EXPECT_EQ(objects.count(std::string(root_path) + "/Meter/garage"), 1U);
  EXPECT_EQ(objects.count(std::string(root_path) + "/Meter/solar"), 0U);
  EXPECT_EQ(objects.at(main_path).at(meter_interface).at("EnergyImport"), Value(2002.0));
}

TEST_F(BusLoss, ACallThatWaitsWhenTheBusDiesHurtsNobody) {
  start_all();
  const auto call = client->start(main_path, meter_interface, "ReadNow");
  ASSERT_TRUE(wait_until(loop, [this] { return !received.empty(); }));
  bus.kill();
  ASSERT_TRUE(wait_until(loop, [this] { return !service->ready(); }));
  bus.start();
  ASSERT_TRUE(ready());
  expect_served();
}

TEST_F(BusLoss, TheLoopSleepsWhileTheBusIsAway) {
  start_all();
  client.reset();
  bus.kill();
  ASSERT_TRUE(wait_until(loop, [this] { return !service->ready(); }));
  const auto end = loop.now() + std::chrono::seconds(2);
  const std::clock_t cpu = std::clock();
  int turns = 0;
  for (; loop.now() < end; ++turns) {
    loop.run_once(std::chrono::seconds(1));
  }
  EXPECT_LT(turns, 20);
  EXPECT_LT(std::clock() - cpu, CLOCKS_PER_SEC / 10);
}

TEST_F(BusLoss, AnIdleBusWakesNobody) {
  start_all();
  client.reset();
  int turns = 0;
  const auto counter = loop.before_sleep([&] { ++turns; });
  const auto end = loop.now() + std::chrono::seconds(1);
  while (loop.now() < end) {
    loop.run_once(std::chrono::seconds(1));
  }
  EXPECT_LT(turns, 10);
}

TEST_F(BusLoss, ANameThatAnotherProcessOwnsIsTakenWhenItIsFree) {
  bus.start();
  client.emplace(loop, bus.address());
  ASSERT_TRUE(client->take_name());
  start_watched_service();
  ASSERT_TRUE(wait_until(loop, [this] { return !statuses.empty(); }));
  EXPECT_THAT(statuses[0], HasSubstr("another process owns the name org.irmeterd.IrMeter1"));
  EXPECT_FALSE(service->ready());
  client->drop_name();
  ASSERT_TRUE(ready());
  EXPECT_EQ(statuses.size(), 2U);
  expect_served();
}

TEST_F(BusLoss, TheSessionBusIsUsedWhenConfigured) {
  bus.start();
  ::setenv("DBUS_SESSION_BUS_ADDRESS", bus.address().c_str(), 1);
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
  service = std::make_unique<BusService>(loop, Bus::session, store, commands, log);
  ASSERT_TRUE(ready()) << service->status();
  EXPECT_EQ(service->status(), "on the session bus");
  expect_served();
}

}  // namespace
}  // namespace irmeterd
