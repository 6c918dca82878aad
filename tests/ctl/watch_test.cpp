// ir-meterctl watch: every change as it comes, whatever happens to the daemon.
#include <algorithm>
#include <regex>
#include <set>

#include "tests/ctl/ctl_fixture.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class CtlWatch : public CtlTest {
 protected:
  void start_meter() {
    bus_.start();
    simulator_.start();
    configure(meter_table(simulator_.device()));
  }
  void start_daemon() {
    start();
    ASSERT_TRUE(shows("main online; on the system bus"));
  }
  [[nodiscard]] std::size_t times(const std::string& piece) const {
    return occurrences(ctl_->output(), piece);
  }
  void expect_end(int status) {
    ASSERT_TRUE(soon([this] { return !ctl_->running(); }));
    EXPECT_EQ(ctl_->exit_status(), status) << ctl_->errors();
  }

  Simulator simulator_{loop_};
};

TEST_F(CtlWatch, BeginsWithWhatIsThere) {
  start_meter();
  start_daemon();
  start_ctl({"watch"});
  ASSERT_TRUE(soon([this] { return says("Voltage L3: "); }));
  const std::vector<std::string> shown = lines();
  const std::string time = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} ";
  EXPECT_TRUE(std::regex_match(shown.at(0), std::regex(time + "Daemon: running"))) << shown.at(0);
  EXPECT_TRUE(std::regex_match(shown.at(1), std::regex(time + "main: State: online; Detail: .*; "
                                                              "Energy import: [0-9.]+ kWh; .*")))
      << shown.at(1);
}

TEST_F(CtlWatch, PrintsWhatChangesAndOnlyThat) {
  start_meter();
  start_daemon();
  start_ctl({"watch"});
  ASSERT_TRUE(soon([this] { return says("State: online"); }));
  simulator_.stop();
  ASSERT_TRUE(soon([this] {
    return says("main: State: no-device; Fault: no-device; Detail: There is no device");
  }));
  // The readings meanwhile were all the same.
  EXPECT_EQ(times("Voltage L3: "), 1U) << ctl_->output();
}

TEST_F(CtlWatch, SurvivesTheDaemon) {
  start_meter();
  start_ctl({"watch"});
  ASSERT_TRUE(soon([this] { return says("Daemon: not running"); }));
  start_daemon();
  ASSERT_TRUE(soon([this] { return times("State: online") == 1; }));
  daemon_->kill();
  ASSERT_TRUE(soon([this] { return times("Daemon: not running") == 2; }));
  start();
  ASSERT_TRUE(soon([this] { return times("State: online") == 2; }));
  EXPECT_EQ(times("Daemon: running"), 2U);
  EXPECT_EQ(ctl_->errors(), "");
}

TEST_F(CtlWatch, FollowsAReload) {
  start_meter();
  start_daemon();
  start_ctl({"watch"});
  ASSERT_TRUE(soon([this] { return says("main: State: online"); }));
  configure(meter_table("/dev/no-such-probe", "barn"));
  reload();
  EXPECT_TRUE(soon([this] { return says(" main: Removed: yes\n"); }));
  EXPECT_TRUE(soon([this] { return says(" barn: State: "); }));
}

TEST_F(CtlWatch, PrintsADocumentPerLineInJson) {
  start_meter();
  start_ctl({"watch", "--json"});
  ASSERT_TRUE(soon([this] { return says("not running"); }));
  start_daemon();
  ASSERT_TRUE(soon([this] { return says("energy_import_kwh"); }));
  simulator_.stop();
  ASSERT_TRUE(soon([this] { return says("no-device"); }));
  std::vector<json> documents;
  for (const std::string& line : lines()) {
    documents.push_back(json::parse(line));
    EXPECT_TRUE(documents.back().contains("time")) << line;
  }
  EXPECT_EQ(documents.at(0).at("daemon"), "not running");
  EXPECT_EQ(documents.at(1).at("daemon"), "running");
  const auto loss = std::ranges::find_if(
      documents, [](const json& each) { return each.value("state", "") == "no-device"; });
  ASSERT_NE(loss, documents.end());
  EXPECT_EQ(loss->at("name"), "main");
  EXPECT_EQ(loss->at("meter"), "elon_0000000012345678");
  EXPECT_EQ(loss->at("fault"), "no-device");
  EXPECT_TRUE(loss->contains("fault_context"));
  EXPECT_TRUE(loss->contains("state_detail"));
}

TEST_F(CtlWatch, PrintsALineForEachReadingForInflux) {
  start_meter();
  start_ctl({"watch", "--influx"});
  start_daemon();
  ASSERT_TRUE(soon([this] { return lines().size() >= 2; }));
  const std::regex line(
      "electricity,meter=elon_0000000012345678,name=main energy_import_kwh=[0-9]+\\.[0-9]{3},"
      "(?:[a-z0-9_]+=-?[0-9.]+,)*power_w=-?[0-9]+,(?:[a-z0-9_]+=-?[0-9.]+,?)* [0-9]{16}000");
  std::set<std::string> moments;
  for (const std::string& each : lines()) {
    EXPECT_TRUE(std::regex_match(each, line)) << each;
    EXPECT_TRUE(moments.insert(each.substr(each.rfind(' '))).second) << each;
  }
  EXPECT_EQ(ctl_->errors(), "");
}

TEST_F(CtlWatch, EndsInOrderWhenTold) {
  start_meter();
  for (const int signal : {SIGINT, SIGTERM}) {
    start_ctl({"watch"});
    ASSERT_TRUE(soon([this] { return says("Daemon: "); }));
    ctl_->signal(signal);
    expect_end(0);
    EXPECT_EQ(ctl_->errors(), "");
  }
}

TEST_F(CtlWatch, EndsInOrderWhenNobodyReadsIt) {
  start_meter();
  start_daemon();
  ctl_ = std::make_unique<Process>(
      std::vector<std::string>{
          "/bin/sh", "-c", "{ \"$0\" --config \"$1\" watch; echo \"status $?\" >&2; } | head -n 1",
          IR_METERCTL, path("ir-meterd.toml")},
      std::vector<std::string>{"DBUS_SYSTEM_BUS_ADDRESS=" + bus_.address()});
  ASSERT_TRUE(soon([this] { return says("Daemon: running"); }));
  simulator_.stop();  // gives it something to write
  expect_end(0);
  EXPECT_EQ(ctl_->errors(), "status 0\n");
}

TEST_F(CtlWatch, EndsWithTheBus) {
  start_meter();
  start_ctl({"watch"});
  ASSERT_TRUE(soon([this] { return says("Daemon: "); }));
  bus_.kill();
  expect_end(1);
  EXPECT_TRUE(complains("the message bus has gone")) << ctl_->errors();
}

}  // namespace
}  // namespace irmeterd
