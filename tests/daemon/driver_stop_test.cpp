// Stopping a driver: the meter is logged off, and nothing is left hanging.
#include <algorithm>
#include <sstream>

#include "tests/daemon/driver_fixture.hpp"
#include "tests/support/pseudo_terminal.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::State;

class DriverStop : public DriverFixture {};

// The last packets of a conversation: who sent what, without times and bytes.
std::vector<std::string> last_packets(const std::string& conversation, std::size_t count) {
  std::vector<std::string> packets;
  std::istringstream lines(conversation);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string time;
    std::string sender;
    fields >> time >> sender;
    packets.push_back(sender + " " + line.substr(std::min(line.size(), line.find("# ") + 2)));
  }
  packets.erase(packets.begin(),
                packets.end() - static_cast<long>(std::min(count, packets.size())));
  return packets;
}

TEST_F(DriverStop, LogsOffTerminatesAndAcknowledgesTheLastWord) {
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(eventually([&] { return readings() >= 2; }));
  ASSERT_TRUE(stops());
  const std::vector<std::string> goodbye{"C> log off",   "M> ACK", "M> ok", "C> ACK",
                                         "C> terminate", "M> ACK", "M> ok", "C> ACK"};
  // The simulator may still have to read what was written before the line was closed.
  EXPECT_TRUE(eventually([&] {
    return last_packets(simulator.conversation(), goodbye.size()) == goodbye;
  })) << simulator.conversation();
}

TEST_F(DriverStop, EndsAPollThatIsUnderWay) {
  // A meter that thinks this long about every request is never found idle.
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--think", "50"}));
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(eventually([&] { return simulator.requests("security") == 1; }));
  const auto begun = Clock::now();
  ASSERT_TRUE(stops());
  EXPECT_LT(Clock::now() - begun, 5s);
  EXPECT_EQ(simulator.requests("log off"), 1U);
  EXPECT_EQ(simulator.requests("terminate"), 1U);
  EXPECT_EQ(readings(), 0U);
}

TEST_F(DriverStop, NeedsNoDevice) {
  const TempDir directory;
  drive(config_for(directory.path("none")));
  ASSERT_TRUE(becomes(State::no_device));
  const auto begun = Clock::now();
  EXPECT_TRUE(stops());
  EXPECT_LT(Clock::now() - begun, 5s);
}

TEST_F(DriverStop, DoesNotWaitForASilentMeterLongerThanItMay) {
  const PseudoTerminal nobody;
  drive(config_for(nobody.path()));
  ASSERT_TRUE(becomes(State::silent));
  const auto begun = Clock::now();
  EXPECT_TRUE(stops());
  EXPECT_LT(Clock::now() - begun, 5s);
}

TEST_F(DriverStop, MayBeTheEndOfTheDriver) {
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));
  drivers_.front()->stop([&] { drivers_.clear(); });
  EXPECT_TRUE(eventually([&] { return drivers_.empty(); }));
}

}  // namespace
}  // namespace irmeterd
