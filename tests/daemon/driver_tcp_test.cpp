// Meters behind a serial server: tcp:// instead of a path.
#include <string>

#include "tests/daemon/driver_fixture.hpp"

namespace irmeterd {
namespace {

using irmeter::State;

class DriverTcp : public DriverFixture {
 protected:
  // The address of a server that has been there and is gone.
  std::string gone(Simulator& simulator) {
    simulator.start();
    simulator.stop();
    return simulator.device();
  }
};

TEST_F(DriverTcp, ReadsFromASerialServer) {
  Simulator simulator(loop_, Simulator::Place::tcp);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));
  EXPECT_EQ(meter().reading->values.get(irmeter::Quantity::energy_import),
            Simulator::fixed_values().summations[irmetersim::summation::forward]);
  ASSERT_TRUE(eventually([&] { return readings() >= 3; }));
}

TEST_F(DriverTcp, LooksUpTheNameOfTheServer) {
  Simulator simulator(loop_, Simulator::Place::tcp);
  simulator.start();
  const std::string port = simulator.device().substr(simulator.device().rfind(':'));
  drive(config_for("tcp://localhost" + port));
  ASSERT_TRUE(becomes(State::online));
}

TEST_F(DriverTcp, WaitsForAServerThatRefuses) {
  Simulator simulator(loop_, Simulator::Place::tcp);
  drive(config_for(gone(simulator)));
  ASSERT_TRUE(becomes(State::no_device));
  EXPECT_EQ(meter().detail,
            "Cannot reach the serial server at " + simulator.device() + ": Connection refused.");
  ASSERT_TRUE(polls(1));
  simulator.start();
  ASSERT_TRUE(becomes(State::online));
}

TEST_F(DriverTcp, ConnectsAgainAfterTheServerHasGone) {
  Simulator simulator(loop_, Simulator::Place::tcp);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));
  simulator.stop();
  ASSERT_TRUE(becomes(State::no_device));
  simulator.start();
  ASSERT_TRUE(becomes(State::online));
  EXPECT_EQ(meter().counters.reconnects, 1U);
}

TEST_F(DriverTcp, SaysThatANameLeadsNowhere) {
  drive(config_for("tcp://no-such-host.invalid:2001"));
  ASSERT_TRUE(becomes(State::no_device));
  EXPECT_TRUE(meter().detail.starts_with(
      "Cannot reach the serial server at tcp://no-such-host.invalid:2001: "))
      << meter().detail;
}

TEST_F(DriverTcp, IsStoppedWhileItConnects) {
  Simulator simulator(loop_, Simulator::Place::tcp);
  simulator.start();
  drive(config_for(simulator.device()));  // the answer to the look-up can only come with the loop
  EXPECT_TRUE(stops());
  EXPECT_FALSE(meter().reading);
}

}  // namespace
}  // namespace irmeterd
