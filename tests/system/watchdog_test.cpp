// The service manager's watchdog: fed while everything gets on, and not when something is stuck.
#include "daemon/service/watchdog.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/daemon/captured_log.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

// A watchdog in this process, over a part that gets stuck on demand.
class WatchedPart : public ::testing::Test {
 protected:
  std::vector<Step> steps() {
    ++asked_;
    if (!stuck_) {
      since_ = loop_.now();
    }
    return {{"the part", since_, 300ms}};
  }
  bool eventually(const std::function<bool()>& condition) { return wait_until(loop_, condition); }

  TempDir dir_;
  Loop loop_;
  NotifySocket notify_{loop_, dir_.path("notify")};
  CapturedLog said_;
  Log log_;
  ServiceManager service_manager_{loop_, log_, dir_.path("notify")};
  bool stuck_ = false;
  irmeter::Instant since_{};
  unsigned asked_ = 0;
};

TEST_F(WatchedPart, ThatGetsStuckEndsTheFeedingUntilItGetsOn) {
  // It looks once a second, and a second more is not taken for a sleep of the machine.
  const Watchdog watchdog(loop_, log_, service_manager_, 2s, [this] { return steps(); });
  ASSERT_TRUE(eventually([&] { return notify_.count("WATCHDOG=1") >= 1; }));

  stuck_ = true;
  ASSERT_TRUE(eventually([&] { return said_.count("error: the part has been stuck") == 1; }));
  loop_.run_once(0ms);  // what was fed before then
  notify_.forget();
  const unsigned asked = asked_;
  ASSERT_TRUE(eventually([&] { return asked_ >= asked + 2; }));
  EXPECT_EQ(notify_.count("WATCHDOG=1"), 0U);
  EXPECT_EQ(said_.count("stuck"), 1U);

  stuck_ = false;
  ASSERT_TRUE(eventually([&] { return notify_.count("WATCHDOG=1") >= 1; }));
  EXPECT_EQ(said_.count("the watchdog is fed as before"), 1U);
}

TEST_F(WatchedPart, IsToldToAServiceManagerThatTakesNothingForAWhile) {
  for (unsigned i = 0; i < 2000; ++i) {  // more than its queue holds
    service_manager_.feed_watchdog();
  }
  service_manager_.ready();
  service_manager_.status("before");
  service_manager_.status("now");
  EXPECT_EQ(said_.count("dropped"), 0U);
  ASSERT_TRUE(eventually([&] { return notify_.status() == "now"; }));
  EXPECT_EQ(notify_.count("READY=1"), 1U);
  EXPECT_EQ(notify_.count("STATUS=before"), 0U);
  EXPECT_EQ(said_.count("The service manager takes notifications again; "), 1U);
}

class WatchedDaemon : public Installation {};

TEST_F(WatchedDaemon, GoesOnWithoutAReaderOfItsLogAndAServiceManager) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()));
  ASSERT_EQ(::mkfifo(path("log").c_str(), 0600), 0);
  const FileDescriptor unread(::open(path("log").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  while (::write(unread.get(), "full", 4) > 0) {
  }
  Loop frozen;  // never turned: nobody takes what it gets
  const NotifySocket nobody(frozen, path("frozen"));
  daemon_ = std::make_unique<Process>(
      std::vector<std::string>{"sh", "-c", "exec \"$@\" 2>" + path("log"), "sh", IR_METERD,
                               "--config", path("ir-meterd.toml"), "--log-level", "trace"},
      std::vector<std::string>{"NOTIFY_SOCKET=" + path("frozen"), "WATCHDOG_USEC=2000",
                               "CREDENTIALS_DIRECTORY=" + path("credentials"),
                               "RUNTIME_DIRECTORY=" + path("run"),
                               "STATE_DIRECTORY=" + path("state")});
  for (unsigned i = 0; i < 5; ++i) {
    EXPECT_TRUE(reads());
  }
}

TEST_F(WatchedDaemon, IsFedWithoutAMeterABrokerAndABus) {
  configure(meter_table("/dev/no-such-probe") +
            mqtt_table("mqtt://localhost:" + std::to_string(Mosquitto::closed_port)));
  start({}, {"WATCHDOG_USEC=200000"});
  EXPECT_TRUE(eventually([&] { return notify_.count("WATCHDOG=1") >= 30; }));
  EXPECT_EQ(logged("stuck"), 0U);
}

TEST_F(WatchedDaemon, IsFedWhileBrokerAndBusHang) {
  bus_.start();
  bus_.freeze();
  const Mosquitto broker;
  broker.freeze();
  configure(meter_table("/dev/no-such-probe") + mqtt_table(broker.url()));
  start({}, {"WATCHDOG_USEC=200000"});
  EXPECT_TRUE(eventually([&] { return notify_.count("WATCHDOG=1") >= 30; }));
  EXPECT_EQ(logged("stuck"), 0U);
  broker.thaw();
  bus_.thaw();
}

TEST_F(WatchedDaemon, IsNotFedWhileItIsStoppedAndIsNotStuckAfterwards) {
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe"));
  start({}, {"WATCHDOG_USEC=200000"});
  ASSERT_TRUE(eventually([&] { return notify_.count("WATCHDOG=1") >= 3; }));
  daemon_->signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] {
    std::ifstream file("/proc/" + std::to_string(daemon_->pid()) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    return stat.find(") T ") != std::string::npos;
  }));
  std::size_t fed = 0;
  do {  // what was fed before then
    fed = notify_.count("WATCHDOG=1");
    loop_.run_once(0ms);
  } while (notify_.count("WATCHDOG=1") > fed);
  notify_.forget();
  // Five times what a service manager would wait.
  EXPECT_FALSE(eventually([&] { return notify_.count("WATCHDOG=1") > 0; }, 1s));
  daemon_->signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return notify_.count("WATCHDOG=1") >= 5; }));
  EXPECT_EQ(logged("stuck"), 0U);
}

}  // namespace
}  // namespace irmeterd
