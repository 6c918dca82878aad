// Devices that are not there, meters that go away and come back, keys that do not fit.
#include <fcntl.h>
#include <sys/file.h>

#include "tests/daemon/captured_log.hpp"
#include "tests/daemon/driver_fixture.hpp"
#include "tests/daemon/processor_time.hpp"
#include "tests/support/pseudo_terminal.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::Fault;
using irmeter::State;

class DriverFault : public DriverFixture {};

TEST_F(DriverFault, WaitsForADeviceThatIsNotThereYet) {
  Simulator simulator(loop_);
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::no_device));
  expect_failure(Fault::no_device, simulator.device() + ": No such file or directory");
  EXPECT_FALSE(meter().reading);
  ASSERT_TRUE(polls(2));
  EXPECT_EQ(meter().state(), State::no_device);

  simulator.start();
  ASSERT_TRUE(becomes(State::online));
  EXPECT_EQ(meter().counters.reconnects, 0U);  // it has not been open before
}

TEST_F(DriverFault, RecoversWhenTheProbeIsUnpluggedAndPluggedInAgain) {
  const CapturedLog log;
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));
  for (std::uint64_t times = 1; times <= 2; ++times) {
    simulator.stop();
    ASSERT_TRUE(becomes(State::no_device));
    EXPECT_TRUE(meter().reading);  // the last one, until it is stale
    EXPECT_FALSE(meter().stale);
    ASSERT_TRUE(polls(2));
    simulator.start();
    ASSERT_TRUE(becomes(State::online));
    ASSERT_TRUE(polls(2));
    EXPECT_EQ(meter().counters.reconnects, times);
  }
  // However often it was tried: one line for each change.
  EXPECT_EQ(log.count("main: no-device. "), 2U);
  EXPECT_EQ(log.count("main: online. "), 3U);
  EXPECT_EQ(log.count("found meter"), 1U);
}

TEST_F(DriverFault, CostsNothingWhileTheDeviceIsAway) {
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));
  simulator.stop();
  ASSERT_TRUE(becomes(State::no_device));

  // The turns of the loop between here and five attempts to open the line later.
  std::size_t turns = 0;
  const std::uint64_t goal = meter().counters.polls + 5;
  const EventSource counter = loop_.before_sleep([&] {
    ++turns;
    if (meter().counters.polls >= goal) {
      loop_.exit(0);
    }
  });
  const auto used_before = thread_time();
  const auto begun = Clock::now();
  loop_.run();
  EXPECT_GT(Clock::now() - begun, 1s);
  EXPECT_LT(turns, 30U);
  EXPECT_LT(thread_time() - used_before, 200ms);
}

TEST_F(DriverFault, ShowsAWrongKeyToTheMeterOnce) {
  const CapturedLog log;
  Simulator simulator(loop_);
  simulator.start();
  MeterDriver& driver = drive(config_for(simulator.device()), wrong_key());
  ASSERT_TRUE(becomes(State::key_rejected));
  ASSERT_TRUE(polls(5));
  EXPECT_EQ(meter().state(), State::key_rejected);
  EXPECT_FALSE(meter().reading);
  EXPECT_EQ(simulator.requests("security"), 1U);

  // Only a person may have it tried again.
  driver.read_now();
  ASSERT_TRUE(polls(2));
  EXPECT_EQ(simulator.requests("security"), 1U);
  driver.retry_key();
  ASSERT_TRUE(eventually([&] { return simulator.requests("security") == 2; }));
  ASSERT_TRUE(polls(3));
  EXPECT_EQ(simulator.requests("security"), 2U);
  EXPECT_EQ(log.count("main: key-rejected. "), 1U);
}

TEST_F(DriverFault, StillKnowsARejectedKeyAfterTheLineWasLost) {
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()), wrong_key());
  ASSERT_TRUE(becomes(State::key_rejected));
  simulator.stop();
  ASSERT_TRUE(becomes(State::no_device));
  simulator.start();
  ASSERT_TRUE(becomes(State::key_rejected));
  ASSERT_TRUE(polls(3));
  EXPECT_EQ(simulator.requests("security"), 0U);  // since it was started again
}

TEST_F(DriverFault, SaysWhereAMissingKeyWasLookedForAndLeavesTheMeterInPeace) {
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()), {std::nullopt, "/run/there"});
  ASSERT_TRUE(becomes(State::no_key));
  expect_failure(Fault::no_key, "/run/there");
  ASSERT_TRUE(polls(3));
  EXPECT_EQ(simulator.conversation(), "");
}

TEST_F(DriverFault, SaysThatAFileIsNoSerialPort) {
  const TempDir directory;
  const std::string file = directory.write("probe", "");
  drive(config_for(file));
  ASSERT_TRUE(becomes(State::error));
  expect_failure(Fault::unusable_device, file + ": not a serial port");
}

TEST_F(DriverFault, KeepsTheDeviceForItself) {
  Simulator simulator(loop_);
  simulator.start();
  drive(config_for(simulator.device()));
  ASSERT_TRUE(becomes(State::online));
  const FileDescriptor other(::open(simulator.device().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_NE(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
}

TEST_F(DriverFault, TriesToOpenTheLineAtOnceWhenAskedToRead) {
  Simulator simulator(loop_);
  MeterConfig config = config_for(simulator.device());
  config.interval = 1h;
  MeterDriver& driver = drive(config);
  ASSERT_TRUE(becomes(State::no_device));
  const std::uint64_t before = meter().counters.polls;
  driver.read_now();
  EXPECT_EQ(meter().counters.polls, before + 1);
  EXPECT_EQ(meter().state(), State::no_device);
}

TEST_F(DriverFault, IsSilentWhenNobodyAnswers) {
  const PseudoTerminal nobody;
  drive(config_for(nobody.path()));
  ASSERT_TRUE(becomes(State::silent));
  EXPECT_GT(meter().counters.retries, 0U);
  EXPECT_FALSE(meter().reading);
}

}  // namespace
}  // namespace irmeterd
