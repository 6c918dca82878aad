// ReadNow and RetryKey: commands go out, the outcome comes back with the snapshots.
#include "tests/dbus/service_fixture.hpp"
#include "tests/support/process.hpp"

namespace irmeterd {
namespace {

class Methods : public ServiceTest {
 protected:
  void SetUp() override {
    meter = online_meter();
    store.update(meter);
    start_all();
  }

  std::unique_ptr<Call> read_now() {
    const std::size_t before = received.size();
    auto call = client->start(main_path, meter_interface, "ReadNow");
    EXPECT_TRUE(wait_until(loop, [&] { return received.size() > before; }));
    return call;
  }

  void end_poll(const std::optional<irmeter::Failure>& failure = std::nullopt) {
    meter.failure = failure;
    ++meter.counters.polls;
    store.update(meter);
  }

  [[nodiscard]] bool answered(const Call& call) {
    return wait_until(loop, [&] { return call.done; });
  }

  MeterSnapshot meter;
};

TEST_F(Methods, ReadNowAsksForAPollAndReturnsWhenItsReadingIsShown) {
  client->listen();
  const auto call = read_now();
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].kind, Command::Kind::read_now);
  EXPECT_EQ(received[0].meter, "main");

  meter.identity.model = "something else changed meanwhile";
  store.update(meter);
  catch_up();
  EXPECT_FALSE(call->done);

  meter.reading->values.set(irmeter::Quantity::power, 42);
  end_poll();
  ASSERT_TRUE(answered(*call));
  EXPECT_EQ(call->error, "");
  ASSERT_FALSE(client->signals.empty());
  EXPECT_EQ(client->signals.back().changed.at("Power"), Value(42.0));
}

TEST_F(Methods, ReadNowFailsWithAnErrorNamedAfterTheState) {
  for (const irmeter::FaultInfo& fault : irmeter::faults) {
    const auto call = read_now();
    end_poll(irmeter::Failure{fault.id, "somewhere"});
    ASSERT_TRUE(answered(*call));
    EXPECT_EQ(call->error, error_name(fault.state));
    EXPECT_EQ(call->message, meter.detail());
  }
}

TEST_F(Methods, ReadNowAnswersEveryCallerOfTheSamePoll) {
  BusClient other(loop, bus.address());
  const auto first = read_now();
  const auto second = other.start(main_path, meter_interface, "ReadNow");
  ASSERT_TRUE(wait_until(loop, [&] { return received.size() == 2; }));
  end_poll();
  EXPECT_TRUE(answered(*first));
  EXPECT_TRUE(answered(*second));
  EXPECT_EQ(first->error + second->error, "");
}

TEST_F(Methods, ReadNowSurvivesACallerThatLeaves) {
  {
    BusClient other(loop, bus.address());
    const auto call = other.start(main_path, meter_interface, "ReadNow");
    ASSERT_TRUE(wait_until(loop, [&] { return received.size() == 1; }));
  }
  end_poll();
  catch_up();
  EXPECT_TRUE(service->ready());
}

TEST_F(Methods, ReadNowIsCancelledWhenTheMeterGoes) {
  const auto call = read_now();
  store.remove("main");
  ASSERT_TRUE(answered(*call));
  EXPECT_EQ(call->error, "org.irmeterd.IrMeter1.Error.Cancelled");
}

TEST_F(Methods, ReadNowIsCancelledWhenTheServiceStops) {
  const auto call = read_now();
  stop_service();
  ASSERT_TRUE(answered(*call));
  EXPECT_EQ(call->error, "org.irmeterd.IrMeter1.Error.Cancelled");
}

// An answer that comes later finds nobody.
TEST_F(Methods, ReadTableIsCancelledWhenTheMeterGoes) {
  Process busctl({"busctl", "--address=" + bus.address(), "call", service_name, main_path,
                  meter_interface, "ReadTable", "quu", "23", "0", "8"});
  ASSERT_TRUE(wait_until(loop, [&] { return received.size() == 1; }));
  store.remove("main");
  ASSERT_TRUE(wait_until(loop, [&] { return !busctl.running(); }));
  EXPECT_EQ(busctl.errors(),
            "Call failed: The daemon stopped serving this meter before it was read.\n");
  received[0].answer(irmeter::Bytes{1});
}

TEST_F(Methods, RetryTablesPassesTheCommandOnAndReturnsAtOnce) {
  EXPECT_EQ(client->call(main_path, meter_interface, "RetryTables")->error, "");
  ASSERT_TRUE(wait_until(loop, [&] { return received.size() == 1; }));
  EXPECT_EQ(received[0].kind, Command::Kind::retry_tables);
}

TEST_F(Methods, RetryKeyPassesTheCommandOnAndReturnsAtOnce) {
  EXPECT_EQ(client->call(main_path, meter_interface, "RetryKey")->error, "");
  ASSERT_TRUE(wait_until(loop, [&] { return received.size() == 1; }));
  EXPECT_EQ(received[0].kind, Command::Kind::retry_key);
  EXPECT_EQ(received[0].meter, "main");
}

}  // namespace
}  // namespace irmeterd
