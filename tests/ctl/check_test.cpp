// A check without the daemon: it reads the probe itself and names the layer that is at fault.
#include <sys/file.h>

#include <unistd.h>

#include <fstream>
#include <system_error>

#include "common/keys/key_record.hpp"
#include "common/log.hpp"
#include "tests/ctl/check_fixture.hpp"
#include "tests/daemon/ordinary_user.hpp"
#include "tests/daemon/other_process.hpp"
#include "tests/support/mosquitto.hpp"
#include "tools/ir-meterctl/stored_secret.hpp"

namespace irmeterd {
namespace {

class Check : public CheckFixture {
 protected:
  // A meter with this fault, checked.
  void check_with(const std::string& fault) {
    Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter({"--fault", fault}));
    simulator.start();
    configure(simulator.device());
    EXPECT_EQ(check_json(), 1);
  }
};

TEST_F(Check, FindsNothingWrongButTheServiceWhereItReadsAMeter) {
  bus_.start();
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  EXPECT_EQ(check(), 1) << output_ << errors_;
  for (const char* line :
       {"ok  configuration: ", "NOT OK  service: it does not run", "ok  device: ",
        "ok  permission: ", "ok  line: ", "ok  echo: ", "ok  identification: ", "ok  tables: ",
        "ok  key: ", "ok  BT21: ", "ok  BT23: energy_import", "ok  BT28: power_import",
        "not set up  broker: no broker is configured", "1 not ok, 0 not tried.\n"}) {
    EXPECT_NE(output_.find(line), std::string::npos) << line << " in " << output_;
  }
  EXPECT_EQ(errors_, "");
  EXPECT_EQ(simulator.requests("security"), 1U);
  EXPECT_EQ(simulator.requests("log off"), 1U) << simulator.conversation();
}

TEST_F(Check, HasTheLineForTheNodeExporter) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  (void)check_json();
  EXPECT_EQ(layer("metrics").at("result"), "missing");
  const std::string folder = path("root/var/lib/prometheus/node-exporter");
  std::filesystem::create_directories(folder);
  (void)check_json();
  expect_line("metrics", "note", "the node exporter does not show them",
              "sudo ln -s /run/ir-meterd/metrics.prom "
              "/var/lib/prometheus/node-exporter/ir-meterd.prom");
  std::filesystem::create_symlink("/run/ir-meterd/metrics.prom", folder + "/meter.prom");
  (void)check_json();
  expect_line("metrics", "ok", "the node exporter shows them");
}

TEST_F(Check, SeesAPollThroughWhenInterruptedSoThatTheKeyIsNotInDoubt) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      meter({"--fault", "slow:every=1,pause=0.01"}));
  simulator.start();
  configure(simulator.device());
  Process program(
      {IR_METERCTL, "--config", path("ir-meterd.toml"), "--root", path("root"), "check"},
      environment_);
  ASSERT_TRUE(wait_until(
      loop_, [&] { return simulator.requests("security") == 1; }, 3 * patience));
  program.signal(SIGINT);
  ASSERT_TRUE(wait_until(
      loop_, [&] { return !program.running(); }, 3 * patience));
  EXPECT_EQ(program.exit_status(), 130) << program.output() << program.errors();
  EXPECT_EQ(simulator.requests("log off"), 1U) << simulator.conversation();
  simulator.end_faults();
  (void)check_json();
  EXPECT_EQ(layer("key").at("result"), "ok") << output_ << errors_;
}

TEST_F(Check, TakesALoneLineEndForACredentialThatIsNotThere) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  std::filesystem::create_directory(path("handed-over"));
  dir_.write("handed-over/meter-key", "\n");
  dir_.write("handed-over/meter-key.plain", std::string(right_key) + "\n");
  environment_.push_back("CREDENTIALS_DIRECTORY=" + path("handed-over"));
  (void)check_json();
  EXPECT_EQ(layer("BT28").at("result"), "ok") << output_ << errors_;
}

TEST_F(Check, ReadsAMeterBehindASerialServer) {
  Simulator simulator(loop_, Simulator::Place::tcp, meter());
  simulator.start();
  configure(simulator.device());
  (void)check_json();
  EXPECT_EQ(layer("BT28").at("result"), "ok") << output_ << errors_;
  EXPECT_EQ(layer("permission").at("detail"), "a serial server needs none");
}

TEST_F(Check, NamesAServerThatDoesNotListen) {
  configure("tcp://127.0.0.1:" + std::to_string(Mosquitto::closed_port));
  EXPECT_EQ(check_json(), 1);
  expect_failed("device", "Connection refused", "see that it runs");
}

TEST_F(Check, NamesADeviceThatIsNotThere) {
  configure(path("nothing"));
  EXPECT_EQ(check(), 1);
  EXPECT_NE(output_.find("NOT OK  device: There is no device"), std::string::npos) << output_;
  EXPECT_NE(output_.find(" Cure: plug in the probe"), std::string::npos) << output_;
  EXPECT_NE(output_.find("\nnot tried  BT28\n"), std::string::npos) << output_;
  EXPECT_NE(output_.find("\n1 not ok, 10 not tried.\n"), std::string::npos) << output_;
}

TEST_F(Check, NamesAFileThatIsNoSerialPort) {
  configure(dir_.write("file", ""));
  EXPECT_EQ(check_json(), 1);
  expect_failed("line", "not a serial port", "configure the one the probe is connected to");
}

TEST_F(Check, NamesWhoHasTheDevice) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  const OtherProcess other(simulator.device(), "minicom",
                           [](int fd) { return ::flock(fd, LOCK_EX) == 0; });
  EXPECT_EQ(check_json(), 1);
  expect_failed("line", "minicom, PID " + std::to_string(other.pid()), "stop the other program");
}

TEST_F(Check, NamesAMeterThatIsSilent) {
  check_with("silent");
  expect_failed("line", "does not answer", "turn the probe by 180 degrees");
}

TEST_F(Check, NamesAnotherReaderBeforeItBlamesTheProbe) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  OtherProcess other(simulator.device(), "termineter");
  EXPECT_EQ(check_json(), 1);
  expect_failed("line", "termineter, PID " + std::to_string(other.pid()), "stop the other program");
  EXPECT_EQ(simulator.conversation(), "");
  other.end();
  EXPECT_EQ(check_json(), 0) << output_ << errors_;
}

TEST_F(Check, NamesAnEchoWithoutAMeter) {
  check_with("echo-only");
  expect_failed("echo", "Only the probe's own light", "opaque strip");
}

TEST_F(Check, NamesNoiseInsteadOfAMeter) {
  check_with("noise");
  expect_failed("identification", "no valid packet", "shield it from other light");
}

TEST_F(Check, NamesATableThatIsDamagedEachTime) {
  check_with("checksum");
  expect_failed("tables", "checksum", "report it");
}

TEST_F(Check, SuggestsTheStripWhereTheProbeHearsItself) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter({"--fault", "echo"}));
  simulator.start();
  configure(simulator.device());
  (void)check_json();
  EXPECT_EQ(layer("echo").at("result"), "note") << output_ << errors_;
  EXPECT_NE(layer("echo").at("cure").get<std::string>().find("opaque strip"), std::string::npos);
}

TEST_F(Check, ShowsAWrongKeyToTheMeterOnce) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  store_key("AAAAAAAAAAAAAAAAAAAA");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(check_json(), 1);
    expect_failed("key", "does not accept the key", "read-only key (RK)");
    EXPECT_NE(layer("tables").at("detail").get<std::string>().find("0000000012345678"),
              std::string::npos);
    EXPECT_EQ(simulator.requests("security"), 1U);
  }
}

TEST_F(Check, TellsAKeyThatIsTakenAndReadsNothing) {
  check_with("reads-refused");
  expect_failed("key", "does not accept the key", "not the MEP key (MBK)");
}

TEST_F(Check, GoesAsFarAsItCanWithoutAKey) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  std::filesystem::remove(path("root/etc/credstore/meter-key"));
  EXPECT_EQ(check_json(), 1);
  expect_failed("key", "No key is stored yet", "sudo ir-meterctl set-key");
  EXPECT_NE(layer("tables").at("detail").get<std::string>().find("0000000012345678"),
            std::string::npos);
  EXPECT_EQ(simulator.requests("security"), 0U);
  EXPECT_EQ(simulator.requests("log off"), 1U);
}

TEST_F(Check, CountsTheCharactersOfAKey) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  store_key("AAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(check_json(), 1);
  expect_failed("key", "has 19 characters", "20-character");
  EXPECT_EQ(simulator.requests("security"), 0U);
}

TEST_F(Check, SaysThatTheFileOfTheKeyIsNotThere) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device(), "key_file = \"" + path("none") + "\"\n");
  EXPECT_EQ(check_json(), 1);
  expect_failed("key", path("none") + " is not there", "write it there, alone, on one line");
}

TEST_F(Check, FindsTheKeyInAFileOfItsOwn) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  const std::string file = dir_.write("key", key_ + "\n");
  std::filesystem::remove(path("root/etc/credstore/meter-key"));
  configure(simulator.device(), "key_file = \"" + file + "\"\n");
  (void)check_json();
  EXPECT_EQ(layer("key").at("result"), "ok") << output_ << errors_;
  EXPECT_NE(layer("key").at("detail").get<std::string>().find(file), std::string::npos);
}

// The machine's own systemd-creds would need a key of the machine's.
TEST_F(Check, HasAnEncryptedKeyDecryptedFirst) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  dir_.write("root/etc/credstore/meter-key", "AAAAAAAAAAAAAAAAAAAA\n");
  const std::string encrypted = dir_.write("root/etc/credstore.encrypted/meter-key", key_);
  std::filesystem::create_directory(path("bin"));
  const std::string program =
      dir_.write("bin/systemd-creds",
                 "#!/bin/sh\necho \"$*\" > '" + path("arguments") + "'\nexec cat \"$3\"\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  environment_.push_back("PATH=" + path("bin") + ":/usr/bin:/bin");
  (void)check_json();
  EXPECT_EQ(layer("key").at("result"), "ok") << output_ << errors_;
  EXPECT_NE(layer("key").at("detail").get<std::string>().find(encrypted), std::string::npos);
  std::string arguments;
  std::getline(std::ifstream(path("arguments")), arguments);
  EXPECT_EQ(arguments, "decrypt --name=meter-key " + encrypted + " -");
}

TEST_F(Check, UsesNoKeyWhereItCouldNotRememberWhatBecameOfIt) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  std::filesystem::remove(path("root/var/lib/ir-meterd"));
  dir_.write("root/var/lib/ir-meterd", "in the way");
  EXPECT_EQ(check_json(), 1);
  const bool is_root = ::geteuid() == 0;
  EXPECT_EQ(layer("key").at("result"), is_root ? "failed" : "not_tried");
  EXPECT_EQ(layer("key").at("cure"),
            is_root ? "see that it is a folder that can be written" : "run this as root");
  EXPECT_EQ(layer("BT28").at("result"), "not_tried");
  EXPECT_EQ(simulator.requests("security"), 0U);
}

// Of a daemon that is on no bus, or of a check at the same moment.
TEST_F(Check, ShowsNoKeyThatAnotherProcessHasShown) {
  Simulator simulator(loop_, Simulator::Place::tcp, meter());
  simulator.start();
  configure(simulator.device());
  const Log log;
  KeyRecord of_the_daemon(path("root/var/lib/ir-meterd"), log);
  const auto key = *irmeter::Key::from_text(key_);
  const std::string serial = "0000000012345678";
  EXPECT_EQ(of_the_daemon.ask(key, {serial}).permission, irmeter::KeyPermission::granted);
  EXPECT_EQ(check_json(), 1);
  expect_failed("key", "did not say whether it accepts the key", "ir-meterctl retry-key");
  EXPECT_EQ(simulator.requests("security"), 0U);
  of_the_daemon.learn(key, {serial, irmeter::KeyTrust::proven});
  (void)check_json();
  EXPECT_EQ(layer("key").at("result"), "ok") << output_ << errors_;
}

TEST_F(Check, TellsWhoMayNotSeeTheKey) {
  std::filesystem::permissions(path(""), std::filesystem::perms(0755));
  std::filesystem::permissions(path("root/etc/credstore"), std::filesystem::perms::none);
  const OrdinaryUser nobody;
  const auto found = irmeterctl::find_credential("meter-key", path("root"));
  std::error_code not_ours;
  std::filesystem::permissions(path("root/etc/credstore"), std::filesystem::perms::owner_all,
                               not_ours);
  EXPECT_TRUE(found.text.empty());
  ASSERT_TRUE(found.problem);
  EXPECT_EQ(found.problem->what, "You may not read " + path("root/etc/credstore/meter-key"));
  EXPECT_EQ(found.problem->cure, "run this as root");
}

TEST_F(Check, SaysWhatIsWrongWithTheConfiguration) {
  configure("/dev/ttyUSB0", "intervall = \"1s\"\n");
  EXPECT_EQ(check_json(), 1);
  expect_failed("configuration", "ir-meterd.toml:5:1: ", "ir-meterd.toml(5)");
}

TEST_F(Check, SeesThatOneDeviceHasTwoNames) {
  std::filesystem::create_symlink(dir_.write("ttyUSB0", ""), path("ir-probe"));
  configure(path("ttyUSB0"),
            "[[meter]]\nname = \"attic\"\ndevice = \"" + path("ir-probe") + "\"\n");
  EXPECT_EQ(check_json(), 1);
  expect_line("configuration", "failed", "ir-meterd.toml:7:10: device: ", "a probe of its own");
}

TEST_F(Check, NotesWhatEverybodyMayWrite) {
  configure(path("nothing"));
  std::filesystem::permissions(path("ir-meterd.toml"), std::filesystem::perms(0666));
  EXPECT_EQ(check_json(), 1);
  expect_line("configuration", "note", "everybody may write this file",
              "close it with 'chmod o-w ");
}

TEST_F(Check, KnowsTheMetersOfTheConfiguration) {
  configure("/dev/null");
  EXPECT_EQ(check({"attic"}), 64);
  EXPECT_NE(errors_.find("has no meter \"attic\""), std::string::npos) << errors_;
}

TEST_F(Check, NamesTheMeterWhereThereAreSeveral) {
  configure(path("nothing"), "[[meter]]\nname = \"attic\"\ndevice = \"" + path("neither") + "\"\n");
  EXPECT_EQ(check(), 1);
  EXPECT_NE(output_.find("NOT OK  device of main: "), std::string::npos) << output_;
  EXPECT_NE(output_.find("NOT OK  device of attic: "), std::string::npos) << output_;
  EXPECT_EQ(check({"attic"}), 1);
  EXPECT_EQ(output_.find("device of main"), std::string::npos) << output_;
}

}  // namespace
}  // namespace irmeterd
