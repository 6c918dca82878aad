// The client of the daemon's methods, as the commands use it.
#include <optional>

#include "tests/ctl/ctl_fixture.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"

namespace irmeterd {
namespace {

using irmeterctl::DaemonClient;
using irmeterctl::Failure;

class CtlClient : public CtlTest {
 protected:
  CtlClient() {
    bus_.start();
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus_.address().c_str(), 1);
    client_.emplace(Bus::system);
  }
  // Why the call came to nothing; nothing when it did not.
  template <typename Call>
  static std::optional<Failure> failure_of(const Call& call) {
    try {
      call();
      return std::nullopt;
    } catch (const Failure& failure) {
      return failure;
    }
  }
  std::optional<Failure> read(const std::string& meter) {
    return failure_of([&] { client_->read_now(meter); });
  }
  std::optional<Failure> retry(const std::string& meter) {
    return failure_of([&] { client_->retry_key(meter); });
  }

  std::optional<DaemonClient> client_;
};

TEST_F(CtlClient, ReadsAMeterAtOnce) {
  Simulator simulator(loop_);
  simulator.start();
  configure("[[meter]]\nname = \"main\"\ninterval = \"1h\"\ndevice = \"" + simulator.device() +
            "\"\n");
  start();
  ASSERT_TRUE(shows("main online; on the system bus"));
  const auto read_at = [&] { return client_->look().meters.begin()->second.read_at(); };
  const auto before = read_at();
  EXPECT_FALSE(read("main"));
  EXPECT_GT(read_at(), before);
  EXPECT_FALSE(retry("main"));
}

TEST_F(CtlClient, HandsOnWhatTheDaemonSaysOfAFailure) {
  configure(meter_table("/dev/no-such-probe"));
  start();
  ASSERT_TRUE(shows("main no-device; on the system bus"));
  const auto failure = read("main");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Failure::Kind::failed);
  EXPECT_EQ(failure->error, "org.irmeterd.IrMeter1.Error.NoDevice");
  EXPECT_TRUE(failure->cause.starts_with("There is no device at the configured path"));
  EXPECT_EQ(failure->what(), failure->cause);
}

TEST_F(CtlClient, SaysThatThereIsNoSuchMeter) {
  configure(meter_table("/dev/no-such-probe"));
  start();
  ASSERT_TRUE(shows("main no-device; on the system bus"));
  const auto failure = read("barn");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->cause, "ir-meterd has no such meter");
}

TEST_F(CtlClient, DoesNotStartTheDaemon) {
  const auto call =
      client_->make_call("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
  EXPECT_EQ(sd_bus_message_get_auto_start(call.get()), 0);
  const auto failure = retry("main");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Failure::Kind::not_running);
}

TEST_F(CtlClient, GivesUpOnADaemonThatHangs) {
  configure(meter_table("/dev/no-such-probe"));
  start();
  ASSERT_TRUE(shows("main no-device; on the system bus"));
  daemon_->signal(SIGSTOP);
  EXPECT_EQ(ctl({"status"}), 1);
  EXPECT_TRUE(says("Problem: ir-meterd does not answer\n")) << ctl_->output();
}

}  // namespace
}  // namespace irmeterd
