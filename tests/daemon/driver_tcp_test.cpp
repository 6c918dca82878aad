// Meters behind a serial server: tcp:// instead of a path, and what can become of a connection.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <optional>
#include <string>

#include "common/line/open.hpp"
#include "tests/daemon/captured_log.hpp"
#include "tests/daemon/driver_fixture.hpp"
#include "tests/daemon/processor_time.hpp"
#include "tests/support/tcp_relay.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::State;

// A state is promised to be right within two seconds; the machine may be slow.
constexpr std::chrono::milliseconds slowness = 5s;
constexpr std::chrono::milliseconds in_time = 2s + slowness;

class DriverTcp : public DriverFixture {
 protected:
  DriverTcp() { simulator_.start(); }

  // Of this server, with a reason that begins like this.
  void expect_no_server(const std::string& device, const std::string& why) const {
    ASSERT_TRUE(meter().failure);
    EXPECT_EQ(meter().failure->fault, irmeter::Fault::no_server);
    EXPECT_TRUE(meter().failure->context.starts_with(device + ": " + why)) << *meter().failure;
  }

  Simulator simulator_{loop_, Simulator::Place::tcp};
};

TEST_F(DriverTcp, ReadsFromASerialServer) {
  drive(config_for(simulator_.device()));
  ASSERT_TRUE(becomes(State::online));
  EXPECT_EQ(meter().reading->values.get(irmeter::Quantity::energy_import),
            Simulator::fixed_values().summations[irmetersim::summation::forward]);
  ASSERT_TRUE(eventually([&] { return readings() >= 3; }));
}

TEST_F(DriverTcp, LooksUpTheNameOfTheServer) {
  const std::string port = simulator_.device().substr(simulator_.device().rfind(':'));
  drive(config_for("tcp://localhost" + port));
  ASSERT_TRUE(becomes(State::online));
}

TEST_F(DriverTcp, SaysThatANameLeadsNowhere) {
  const std::string device = "tcp://no-such-host.invalid:2001";
  drive(config_for(device));
  ASSERT_TRUE(becomes(State::no_device));
  expect_no_server(device, "");
}

TEST_F(DriverTcp, IsStoppedWhileItConnects) {
  drive(config_for(simulator_.device()));  // the answer to the look-up can only come with the loop
  EXPECT_TRUE(stops());
  EXPECT_FALSE(meter().reading);
}

TEST_F(DriverTcp, KeepsIdleConnectionsAlive) {
  std::optional<OpenedLine> opened;
  const TcpConnect connect(loop_, simulator_.device(),
                           [&](OpenedLine line) { opened = std::move(line); });
  ASSERT_TRUE(eventually([&] { return opened.has_value(); }));
  const auto option = [&](int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(std::get<FileDescriptor>(*opened).get(), level, name, &value, &size);
    return value;
  };
  EXPECT_NE(option(SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 10);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 5);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPCNT), 3);
}

TEST_F(DriverTcp, TakesNoBannerForLight) {
  TcpRelay relay(loop_, simulator_.device());
  relay.only_say("ser2net port 2001 device /dev/ttyUSB0\r\n");
  const CapturedLog log;
  drive(config_for(relay.device()));
  ASSERT_TRUE(eventually([&] { return relay.taken() >= 3; }));  // after silent polls, each
  EXPECT_EQ(log.count("main: silent. "), 1U);
  EXPECT_EQ(log.count("main: "), 1U) << log.text();
}

TEST_F(DriverTcp, SaysThatAServerIsNoSerialServer) {
  TcpRelay relay(loop_, simulator_.device());
  relay.only_say("SSH-2.0-OpenSSH_9.2\r\n");
  drive(config_for(relay.device()));
  ASSERT_TRUE(becomes(State::error));
  EXPECT_EQ(*meter().failure,
            (irmeter::Failure{irmeter::Fault::other_service,
                              relay.device() + ", which says \"SSH-2.0-OpenSSH_9.2\""}));
}

TEST_F(DriverTcp, SaysThatAServerThatSpeaksOnceIsNoSerialServer) {
  TcpRelay relay(loop_, simulator_.device());
  relay.only_say("OK MPD 0.23.5\n");
  const CapturedLog log;
  drive(config_for(relay.device()));
  ASSERT_TRUE(eventually([&] { return relay.taken() >= 3; }));  // after silent polls, each
  expect_failure(irmeter::Fault::other_service,
                 relay.device() + ", which says \"OK MPD 0.23.5\" and then nothing");
  EXPECT_EQ(log.count("main: "), 1U) << log.text();
  relay.only_say({});
  ASSERT_TRUE(becomes(State::online));
}

TEST_F(DriverTcp, BelievesThatAServerIsOneWhereAMeterWasRead) {
  TcpRelay relay(loop_, simulator_.device());
  drive(config_for(relay.device()));
  ASSERT_TRUE(becomes(State::online));
  relay.only_say("Welcome to the cellar\n");
  relay.reset();
  ASSERT_TRUE(becomes(State::silent));
}

TEST_F(DriverTcp, SaysThatAServerSpeaksTelnet) {
  TcpRelay relay(loop_, simulator_.device());
  relay.double_ff();
  drive(config_for(relay.device()));
  ASSERT_TRUE(becomes(State::error));
  EXPECT_EQ(*meter().failure, (irmeter::Failure{irmeter::Fault::telnet, relay.device()}));
}

TEST_F(DriverTcp, NobodyMissesTheConnectionOfAMeterThatIsLeftAlone) {
  TcpRelay relay(loop_, simulator_.device());
  const CapturedLog log;
  MeterConfig config = config_for(relay.device());
  config.quiet_hours = {{0min, 12h}, {12h, 0min}};
  relay.drop();
  drive(config);
  ASSERT_TRUE(eventually([&] { return relay.taken() >= 3; }));
  EXPECT_EQ(log.count("main: quiet. "), 1U);
  EXPECT_EQ(log.count("main: "), 1U) << log.text();
  relay.refuse();
  ASSERT_TRUE(becomes(State::no_device));
  relay.serve();
  ASSERT_TRUE(becomes(State::quiet));
}

// A relay between driver and meter that fails as it is told. Times are the ones promised to users:
// the right state within two seconds, a reading within one interval.
class DriverTcpFault : public DriverTcp {
 protected:
  static constexpr std::chrono::milliseconds interval = 3s;

  void SetUp() override {
    config_.device = relay_.device();
    drive(config_);
    ASSERT_TRUE(becomes(State::online));
  }
  // Ends with no_server in time. Fault is noticed when the line is next used, which is at once.
  void expect_loss(const std::function<void()>& fault) {
    fault();
    drivers_.front()->read_now();
    const auto begun = Clock::now();
    ASSERT_TRUE(becomes(State::no_device));
    EXPECT_LT(Clock::now() - begun, in_time);
    expect_no_server(config_.device, "");
  }
  void expect_recovery() {
    relay_.serve();
    const auto begun = Clock::now();
    ASSERT_TRUE(becomes(State::online));
    EXPECT_LT(Clock::now() - begun, interval + slowness);
  }

  TcpRelay relay_{loop_, simulator_.device()};
  MeterConfig config_ = [] {
    MeterConfig config = config_for({});
    config.interval = interval;
    return config;
  }();
  CapturedLog log_text_;
};

TEST_F(DriverTcpFault, AServerThatRefuses) {
  expect_loss([&] { relay_.refuse(); });
  ASSERT_TRUE(polls(3));
  expect_no_server(config_.device, "Connection refused");
  expect_recovery();
  EXPECT_EQ(meter().counters.reconnects, 1U);
  // However often it was tried: one line for each change.
  EXPECT_EQ(log_text_.count("main: no-device. "), 1U);
  EXPECT_EQ(log_text_.count("main: online. "), 2U);
}

TEST_F(DriverTcpFault, AServerThatDropsEveryConnection) {
  expect_loss([&] { relay_.drop(); });
  const unsigned before = relay_.taken();
  const auto begun = Clock::now();
  ASSERT_TRUE(eventually([&] { return relay_.taken() >= before + 3; }));
  EXPECT_GT(Clock::now() - begun, 2s);  // it waits longer each time, though each one looks good
  expect_recovery();
  EXPECT_EQ(log_text_.count("main: no-device. "), 1U);
}

TEST_F(DriverTcpFault, AServerThatResetsTheConnection) {
  expect_loss([&] { relay_.reset(); });
  expect_recovery();
  EXPECT_EQ(meter().counters.reconnects, 1U);
}

TEST_F(DriverTcpFault, AServerThatVanishesWithoutAWord) {
  expect_loss([&] { relay_.vanish(); });
  expect_no_server(config_.device, "Connection timed out");
  ASSERT_TRUE(polls(1));  // nor does it answer to a new connection
  expect_no_server(config_.device, "Connection timed out");
  expect_recovery();
  EXPECT_EQ(log_text_.count("main: no-device. "), 1U);
}

TEST_F(DriverTcpFault, CostsNothingWhileTheServerIsAway) {
  expect_loss([&] {
    relay_.reset();
    relay_.refuse();
  });
  // The turns of the loop between here and three attempts to connect later.
  std::size_t turns = 0;
  const std::uint64_t goal = meter().counters.polls + 3;
  const EventSource counter = loop_.before_sleep([&] {
    ++turns;
    if (meter().counters.polls >= goal) {
      loop_.exit(0);
    }
  });
  const auto used_before = thread_time();
  const auto begun = Clock::now();
  loop_.run();
  EXPECT_GT(Clock::now() - begun, 2s);
  EXPECT_LT(turns, 30U);
  EXPECT_LT(thread_time() - used_before, 200ms);
}

TEST_F(DriverTcp, SaysSoonThatAHostDoesNotAnswer) {
  TcpRelay relay(loop_, simulator_.device());
  relay.vanish();
  const auto begun = Clock::now();
  drive(config_for(relay.device()));
  ASSERT_TRUE(becomes(State::no_device));
  EXPECT_LT(Clock::now() - begun, in_time);
  expect_no_server(relay.device(), "Connection timed out");
}

TEST_F(DriverTcp, NoticesThatTheHostIsGoneInTheMiddleOfAnAnswer) {
  // So slow that an answer takes a while.
  Simulator slow(loop_, Simulator::Place::tcp, Simulator::quick({"--baud", "2400"}));
  slow.start();
  TcpRelay relay(loop_, slow.device());
  drive(config_for(relay.device()));
  ASSERT_TRUE(becomes(State::online));
  const std::size_t asked = slow.requests("read");
  ASSERT_TRUE(eventually([&] { return slow.requests("read") > asked; }));
  relay.vanish();
  ASSERT_TRUE(becomes(State::no_device));
  expect_no_server(relay.device(), "Connection timed out");
  relay.serve();
  ASSERT_TRUE(becomes(State::online));
}

TEST_F(DriverTcp, ConnectsAnewToAServerThatHangs) {
  const CapturedLog log;
  TcpRelay relay(loop_, simulator_.device());
  MeterConfig config = config_for(relay.device());
  config.session = SessionMode::each;
  drive(config);
  ASSERT_TRUE(becomes(State::online));
  relay.hang();
  ASSERT_TRUE(becomes(State::silent));  // as far as one can know
  ASSERT_TRUE(becomes(State::online));
  EXPECT_EQ(meter().counters.reconnects, 1U);
  EXPECT_EQ(log.count("main: silent. "), 1U);
  EXPECT_EQ(log.count("main: no-device. "), 0U);
}

}  // namespace
}  // namespace irmeterd
