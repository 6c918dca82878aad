// The key is for the meter alone, at every log level and whatever the probe does.
#include "tests/daemon/captured_log.hpp"
#include "tests/daemon/driver_fixture.hpp"
#include "tests/support/secret_forms.hpp"

namespace irmeterd {
namespace {

using irmeter::State;

class DriverSecret : public DriverFixture {
 protected:
  DriverSecret() { log_.set_level(LogLevel::trace); }

  static void expect_no_key(const std::string& log) {
    EXPECT_NE(log.find("# security"), std::string::npos) << log;
    expect_without(log, key, "log");
  }

  // Nothing else on the line looks like any part of it.
  static constexpr std::string_view key = "Zq7#Xv9!Kw3$Yj5%Bn1&";
  static MeterKey meter_key() { return {*irmeter::Key::from_text(key), {}}; }

  // A meter that has the key, and light that takes this way.
  void read_until_online(const Simulator::Options& faults) {
    Simulator::Options options{"--key", std::string(key)};
    options.insert(options.end(), faults.begin(), faults.end());
    Simulator simulator(loop_, Simulator::Place::pseudo_terminal, Simulator::quick(options));
    simulator.start();
    drive(config_for(simulator.device()), meter_key());
    ASSERT_TRUE(becomes(State::online));
    // What the simulator prints is for everyone's eyes, too.
    expect_no_key(simulator.conversation());
  }
};

TEST_F(DriverSecret, IsNotInTheTrace) {
  const CapturedLog log;
  ASSERT_NO_FATAL_FAILURE(read_until_online({})) << log.text();
  expect_no_key(log.text());
}

TEST_F(DriverSecret, IsNotInTheTraceWhenTheProbeEchoesIt) {
  const CapturedLog log;
  ASSERT_NO_FATAL_FAILURE(read_until_online({"--fault", "echo"})) << log.text();
  EXPECT_GT(meter().counters.echoes, 0U);
  EXPECT_EQ(log.count("# echo: security"), 1U) << log.text();
  expect_no_key(log.text());
}

TEST_F(DriverSecret, IsNotInTheTraceWhenTheProbeEchoesItDamaged) {
  const CapturedLog log;
  ASSERT_NO_FATAL_FAILURE(read_until_online({"--fault", "echo-damaged"})) << log.text();
  EXPECT_GT(log.count(", not shown"), 0U) << log.text();
  expect_no_key(log.text());
}

TEST_F(DriverSecret, IsNotInTheTraceWhenForeignBytesAreAmongIt) {
  const CapturedLog log;
  ASSERT_NO_FATAL_FAILURE(read_until_online({"--fault", "echo", "--fault", "chatter"}))
      << log.text();
  EXPECT_GT(log.count(", not shown"), 0U) << log.text();
  expect_no_key(log.text());
}

}  // namespace
}  // namespace irmeterd
