// Quiet hours: logged off and silent, by the clock on the wall.
#include <array>
#include <ctime>

#include "tests/support/bus_client.hpp"
#include "tests/support/shifted_clock.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr const char* main_path = "/org/irmeterd/IrMeter1/Meter/main";
constexpr const char* sentence = "Configured quiet hours: polling goes on when they are over.";

std::string time_of_day(system_clock::time_point time) {
  const time_t seconds = system_clock::to_time_t(time);
  tm broken_down{};
  ::gmtime_r(&seconds, &broken_down);
  std::array<char, 8> text{};
  std::strftime(text.data(), text.size(), "%H:%M", &broken_down);
  return text.data();
}

class Quiet : public Installation {
 protected:
  // The table of a meter that is left alone for two hours around this moment.
  static std::string table(const std::string& device, system_clock::time_point around) {
    return meter_table(device) + "quiet_hours = [\"" + time_of_day(around - 1h) + "-" +
           time_of_day(around + 1h) + "\"]\n";
  }
};

TEST_F(Quiet, HoursLeaveTheMeterInPeace) {
  bus_.start();
  Simulator simulator(loop_);
  simulator.start();
  configure(table(simulator.device(), system_clock::now()));
  start({}, {"TZ=UTC"});
  ASSERT_TRUE(shows("main quiet; on the system bus"));
  BusClient client(loop_, bus_.address());
  for (int i = 0; i < 3; ++i) {
    const auto call = client.call(main_path, meter_interface, "ReadNow");
    EXPECT_EQ(call->error, "org.irmeterd.IrMeter1.Error.Quiet");
    EXPECT_EQ(call->message, sentence);
  }
  EXPECT_EQ(std::get<std::string>(client.get_all(main_path).at("StateDetail")), sentence);
  EXPECT_EQ(simulator.conversation(), "");
  EXPECT_EQ(logged("warning: "), 0U) << daemon_->errors();  // it is what somebody wanted
}

TEST_F(Quiet, HoursBeginAndEndWhenTheClockIsSet) {
  ShiftedClock clock;
  Simulator simulator(loop_);
  simulator.start();
  configure(no_bus + table(simulator.device(), clock.now() + 5h));
  auto variables = clock.variables();
  variables.emplace_back("TZ=UTC");
  start({}, variables);
  ASSERT_TRUE(shows("main online"));

  clock.set_ahead(5h);
  ASSERT_TRUE(shows("main quiet"));
  ASSERT_TRUE(eventually([&] { return simulator.requests("terminate") == 1; }));
  EXPECT_EQ(simulator.requests("log off"), 1U);
  ASSERT_TRUE(eventually([&] { return simulator.conversation().ends_with("C> 06  # ACK\n"); }));
  const std::string until_then = simulator.conversation();
  ASSERT_TRUE(polls(3));
  EXPECT_EQ(simulator.conversation(), until_then);

  clock.set_ahead(0h);
  ASSERT_TRUE(shows("main online"));
  EXPECT_EQ(simulator.requests("log on"), 2U);
}

}  // namespace
}  // namespace irmeterd
