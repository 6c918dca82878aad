// What needs root to be tried out: owners, real encryption, and what other users are refused.
#include <sysexits.h>

#include "tests/ctl/ctl_terminal.hpp"
#include "tests/ctl/set_key_fixture.hpp"
#include "tests/daemon/ordinary_user.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"

namespace irmeterd {
namespace {

class CtlAsRoot : public SetKeyTest {};

TEST_F(CtlAsRoot, StoresForRoot) {
  EXPECT_EQ(set_key(key), 0);
  for (const std::string name :
       {"root/etc/credstore.encrypted", "root/etc/credstore.encrypted/meter-key"}) {
    EXPECT_EQ(status_of(name).st_uid, 0U);
    EXPECT_EQ(status_of(name).st_gid, 0U);
  }
}

// With the real systemd-creds, which a machine without an identity (/etc/machine-id) has no use
// for.
TEST_F(CtlAsRoot, StoresWhatSystemdReadsBackWhateverTheMachineCan) {
  const std::string secret = "SYSTEMD_CREDENTIAL_SECRET=" + path("host-secret");
  creds("shift; " + secret + " exec /usr/bin/systemd-creds encrypt --with-key=host \"$@\"");
  EXPECT_EQ(set_key(key + "\n"), 0);
  if (says("\nEncrypted: no\n")) {
    EXPECT_TRUE(says("\nWhy not: systemd-creds has failed with status 1: ")) << ctl_->output();
    EXPECT_EQ(content(std::string("root/") + plain), key);
    return;
  }
  const auto decrypt = [&](const std::string& name) {
    Process program(
        {"systemd-creds", "decrypt", "--name=" + name, path(std::string("root/") + encrypted), "-"},
        {secret});
    EXPECT_TRUE(wait_until(loop_, [&] { return !program.running(); }));
    return program.output();
  };
  EXPECT_EQ(decrypt("meter-key"), key);
  EXPECT_EQ(decrypt("mqtt-password"), "");
}

TEST_F(CtlAsRoot, TellsOthersToUseSudo) {
  const OrdinaryUser user;
  irmeterctl::CommandLine options;
  irmeterctl::Output output(false);
  testing::internal::CaptureStderr();
  EXPECT_EQ(irmeterctl::set_key(options, output), EX_NOPERM);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "ir-meterctl: keys belong to root: run 'sudo ir-meterctl set-key'\n");
}

// At a terminal, with a systemctl that says that the service runs, and keeps a list of its calls.
TEST_F(CtlAsRoot, StartsTheServiceAgainWhereSetupIsLeft) {
  std::filesystem::create_directories(path("bin"));
  std::filesystem::permissions(
      dir_.write("bin/systemctl", "#!/bin/sh\necho \"$@\" >>" + path("calls") + "\necho active\n"),
      std::filesystem::perms::owner_all);
  dir_.write("ir-meterd.toml", meter_table("/dev/no-such-probe") + no_bus);
  CtlTerminal terminal({"--config", path("ir-meterd.toml"), "setup"},
                       {"PATH=" + path("bin") + ":/usr/bin:/bin"});
  EXPECT_TRUE(terminal.sees("Probe ["));
  EXPECT_TRUE(content("calls").value_or("").ends_with("stop ir-meterd.service\n"));
  terminal.type("\x03");
  EXPECT_EQ(terminal.end(), -SIGINT);
  EXPECT_TRUE(content("calls").value_or("").ends_with("\nstart ir-meterd.service\n"))
      << content("calls").value_or("");
}

class CtlAsRootOnASystemBus : public CtlTest {
 protected:
  MessageBus bus{MessageBus::Type::system};
};

TEST_F(CtlAsRootOnASystemBus, LetsOthersLookButNotAct) {
  bus.install_policy(IRMETER_DBUS_DIR "/org.irmeterd.IrMeter1.conf");
  bus.start();
  // A bus with the rules of a system bus, where both look for the session's.
  configure("[dbus]\nbus = \"session\"\n" + meter_table("/dev/no-such-probe"));
  start({}, {"DBUS_SESSION_BUS_ADDRESS=" + bus.address()});
  ASSERT_TRUE(shows("main no-device; on the session bus"));
  ::setenv("DBUS_SESSION_BUS_ADDRESS", bus.address().c_str(), 1);
  const OrdinaryUser user;
  EXPECT_EQ(irmeterctl::DaemonClient(Bus::session).look().meters.size(), 1U);
  irmeterctl::CommandLine options;
  options.bus = Bus::session;
  options.confirmed = true;
  irmeterctl::Output output(false);
  try {
    (void)irmeterctl::retry_key(options, output);
    FAIL() << "others may act";
  } catch (const irmeterctl::Failure& failure) {
    EXPECT_STREQ(failure.what(),
                 "the policy of the session bus does not let you do this; use sudo, or join the "
                 "group ir-meterd");
  }
}

}  // namespace
}  // namespace irmeterd
