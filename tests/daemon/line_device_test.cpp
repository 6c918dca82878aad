// Probes that are not there, not ours or somebody else's, and come back: the right state within two
// seconds, and a reading within one interval of the end of the fault.
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <optional>

#include "tests/daemon/captured_log.hpp"
#include "tests/daemon/driver_fixture.hpp"
#include "tests/daemon/ordinary_user.hpp"
#include "tests/daemon/other_process.hpp"
#include "tests/support/pseudo_terminal.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::State;

class LineDevice : public DriverFixture {
 protected:
  static constexpr std::chrono::milliseconds interval = 3s;
  static constexpr std::chrono::milliseconds slowness = 5s;  // of the machine, perhaps

  MeterDriver& drive_slowly(const std::string& device) {
    MeterConfig config = config_for(device);
    config.interval = interval;
    return drive(config);
  }
  // The device behind the links.
  [[nodiscard]] std::string node() const {
    return std::filesystem::canonical(simulator_.device()).string();
  }
  ::testing::AssertionResult becomes_in_time(State state) {
    const auto begun = Clock::now();
    auto result = becomes(state);
    return result && Clock::now() - begun < (state == State::online ? interval : 2s) + slowness
               ? ::testing::AssertionSuccess()
               : ::testing::AssertionFailure() << result.message() << "; too late";
  }

  Simulator simulator_{loop_};
  CapturedLog log_text_;
};

TEST_F(LineDevice, MissingAtTheStart) {
  drive_slowly(simulator_.device());
  ASSERT_TRUE(becomes_in_time(State::no_device));
  ASSERT_TRUE(polls(2));
  simulator_.start();
  ASSERT_TRUE(becomes_in_time(State::online));
  EXPECT_EQ(log_text_.count("main: no-device. "), 1U);
  EXPECT_EQ(log_text_.count("main: online. "), 1U);
}

TEST_F(LineDevice, UnpluggedInTheMiddleOfAnAnswer) {
  // So slow that an answer takes a while.
  Simulator slow(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--baud", "2400"}));
  slow.start();
  MeterDriver& driver = drive_slowly(slow.device());
  ASSERT_TRUE(becomes(State::online));
  const auto last = meter().read_at;
  const std::size_t asked = slow.requests("read");
  const std::uint64_t ended = meter().counters.polls;
  driver.read_now();
  ASSERT_TRUE(eventually([&] { return slow.requests("read") > asked; }));
  slow.stop();
  ASSERT_TRUE(becomes_in_time(State::no_device));
  const auto lost = std::ranges::find_if(
      shown_, [&](const auto& each) { return each.second.counters.polls == ended + 1; });
  ASSERT_NE(lost, shown_.end());
  EXPECT_EQ(lost->second.failure,
            (irmeter::Failure{irmeter::Fault::no_device, slow.device() + ": unplugged"}));
  EXPECT_EQ(meter().read_at, last);
  slow.start();
  ASSERT_TRUE(becomes(State::online));
  EXPECT_GT(meter().read_at, last);
}

TEST_F(LineDevice, BackUnderAnotherNumber) {
  simulator_.start();
  drive_slowly(simulator_.device());
  ASSERT_TRUE(becomes(State::online));
  const std::string before = node();
  simulator_.stop();
  ASSERT_TRUE(becomes_in_time(State::no_device));
  ASSERT_TRUE(polls(1));
  std::list<PseudoTerminal> take_the_old_number;
  while (!std::filesystem::exists(before)) {
    take_the_old_number.emplace_back();
  }
  simulator_.start();
  ASSERT_NE(node(), before);
  ASSERT_TRUE(becomes_in_time(State::online));
}

TEST_F(LineDevice, OfAnotherGroup) {
  simulator_.start();
  const std::string path = node();
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  ASSERT_EQ(::chmod(state_.path().c_str(), 0777), 0);  // where attempts with the key are noted
  std::optional<OrdinaryUser> user(std::in_place);
  drive_slowly(path);
  ASSERT_TRUE(becomes_in_time(State::no_permission));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  expect_failure(irmeter::Fault::no_permission, path + " belongs to group " +
                                                    ::getgrgid(status.st_gid)->gr_name +
                                                    "; the service needs dialout or ir-meterd");
  ASSERT_TRUE(polls(2));
  EXPECT_EQ(simulator_.conversation(), "");
  user.reset();
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  user.emplace();
  ASSERT_TRUE(becomes_in_time(State::online));
  EXPECT_EQ(log_text_.count("main: no-permission. "), 1U);
}

TEST_F(LineDevice, LockedByAnotherProcess) {
  simulator_.start();
  OtherProcess other(node(), "reader", [](int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; });
  drive_slowly(simulator_.device());
  ASSERT_TRUE(becomes_in_time(State::device_busy));
  expect_failure(irmeter::Fault::device_busy, node());
  ASSERT_TRUE(polls(2));
  EXPECT_EQ(simulator_.conversation(), "");
  other.end();
  ASSERT_TRUE(becomes_in_time(State::online));
  EXPECT_EQ(log_text_.count("main: device-busy. "), 1U);
}

TEST_F(LineDevice, LockedByThisProcessUnderAnotherName) {
  simulator_.start();
  const FileDescriptor own(::open(node().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::flock(own.get(), LOCK_EX | LOCK_NB), 0);
  drive_slowly(simulator_.device());
  ASSERT_TRUE(becomes_in_time(State::device_busy));
  expect_failure(irmeter::Fault::device_busy, node());
}

// Root passes exclusive mode, so the test is somebody else.
TEST_F(LineDevice, InExclusiveUseByAnotherProcess) {
  simulator_.start();
  const std::string path = node();
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  const OrdinaryUser user;
  OtherProcess other(path, "reader", [](int fd) { return ::ioctl(fd, TIOCEXCL) == 0; });
  drive_slowly(path);
  ASSERT_TRUE(becomes_in_time(State::device_busy));
  expect_failure(irmeter::Fault::device_busy, path);
  other.end();
}

}  // namespace
}  // namespace irmeterd
