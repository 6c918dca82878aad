// Somebody sets the clock, by hours: the meter is read as before, and only the times change.
#include <nlohmann/json.hpp>

#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/shifted_clock.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::system_clock;

class ClockIsSet : public Installation {};

TEST_F(ClockIsSet, ByHoursEitherWay) {
  constexpr std::size_t polls_each = 2;
  const std::string topic = "ir-meterd/meter/elon_0000000012345678/";
  ShiftedClock clock;
  bus_.start();
  Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  Simulator simulator(loop_);
  simulator.start();
  configure(meter_table(simulator.device()) + mqtt_table(broker.url()));
  start({}, clock.variables());
  ASSERT_TRUE(shows("main online; on the system bus; MQTT connected"));
  BusClient client(loop_, bus_.address());

  for (const auto ahead : {5h, 0h, -5h, 0h}) {
    clock.set_ahead(ahead);
    const std::size_t before = watcher.count(topic + "live");
    ASSERT_TRUE(eventually([&] { return watcher.count(topic + "live") >= before + polls_each; }));
    const auto read_at = system_clock::time_point(std::chrono::microseconds(std::get<std::uint64_t>(
        client.get_all("/org/irmeterd/IrMeter1/Meter/main").at("LastReadingUSec"))));
    EXPECT_LT(std::chrono::abs(clock.now() - read_at), 5s);
    EXPECT_TRUE(cached("main/BT28"));
  }
  EXPECT_EQ(watcher.history(topic + "availability"), "online");
  EXPECT_EQ(notify_.status(), "main online; on the system bus; MQTT connected");
  EXPECT_EQ(logged("warning: "), 0U) << daemon_->errors();
  EXPECT_EQ(simulator.requests("log on"), 1U);
  EXPECT_LT(daemon_->processor_time(), 2s);

  // One interval apart all the time, as far as the machine is not too busy. At the beginning a poll
  // reads twice, and tariffs are read behind it.
  const auto times = simulator.times_of("read BT23");
  constexpr std::size_t last = 3 * polls_each;
  ASSERT_GT(times.size(), last);
  const auto apart = (times.back() - times[times.size() - 1 - last]) / static_cast<int>(last);
  EXPECT_GT(apart, 400ms);
  EXPECT_LT(apart, 600ms);
}

}  // namespace
}  // namespace irmeterd
