// org.freedesktop.LogControl1: the log is turned up and down over the bus, in syslog's words.
#include <initializer_list>
#include <string_view>
#include <utility>

#include "tests/dbus/service_fixture.hpp"
#include "tests/support/process.hpp"

namespace irmeterd {
namespace {

class LogControlled : public ServiceTest {
 protected:
  // What busctl says, to either output, without the line end.
  std::string busctl(const BusClient::Arguments& arguments) {
    std::vector<std::string> command{"busctl", "--address=" + bus.address()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process program(command);
    EXPECT_TRUE(wait_until(loop, [&] { return !program.running(); }));
    std::string said = program.output() + program.errors();
    return said.substr(0, said.find('\n'));
  }
  std::string get(const std::string& property) {
    return busctl({"get-property", service_name, path, interface, property});
  }
  std::string set(const std::string& property, const std::string& value) {
    return busctl({"set-property", service_name, path, interface, property, "s", value});
  }

  static constexpr const char* path = "/org/freedesktop/LogControl1";
  static constexpr const char* interface = "org.freedesktop.LogControl1";
};

TEST_F(LogControlled, SaysWhoLogsHowMuchAndWhere) {
  start_all();
  EXPECT_EQ(get("SyslogIdentifier"), "s \"ir-meterd\"");
  EXPECT_EQ(get("LogLevel"), "s \"err\"");
  EXPECT_EQ(get("LogTarget"), "s \"console\"");
}

TEST_F(LogControlled, TakesEveryLevelOfSyslog) {
  start_all();
  struct Case {
    std::string set;
    LogLevel level;
    std::string_view shown;
  };
  for (const auto& [word, level, shown] : {
           Case{"debug", LogLevel::debug, "s \"debug\""},
           Case{"info", LogLevel::info, "s \"info\""},
           Case{"notice", LogLevel::info, "s \"info\""},
           Case{"warning", LogLevel::warning, "s \"warning\""},
           Case{"err", LogLevel::error, "s \"err\""},
           Case{"crit", LogLevel::error, "s \"err\""},
           Case{"alert", LogLevel::error, "s \"err\""},
           Case{"emerg", LogLevel::error, "s \"err\""},
       }) {
    log.set_level(LogLevel::trace);
    EXPECT_EQ(set("LogLevel", word), "");
    EXPECT_EQ(log.level(), level) << word;
    EXPECT_EQ(get("LogLevel"), shown) << word;
  }
}

TEST_F(LogControlled, ShowsTraceAsDebugBecauseSyslogHasNothingBeyond) {
  log.set_level(LogLevel::trace);
  start_all();
  EXPECT_EQ(get("LogLevel"), "s \"debug\"");
  EXPECT_EQ(log.level(), LogLevel::trace);
}

TEST_F(LogControlled, RefusesWhatItDoesNotKnow) {
  start_all();
  EXPECT_EQ(set("LogLevel", "trace"),
            "Failed to set property LogLevel on interface org.freedesktop.LogControl1: Unknown log "
            "level: use emerg, alert, crit, err, warning, notice, info or debug.");
  EXPECT_EQ(log.level(), LogLevel::error);
  EXPECT_EQ(set("LogTarget", "kmsg"),
            "Failed to set property LogTarget on interface org.freedesktop.LogControl1: Unknown "
            "log target: use journal, console or auto.");
  EXPECT_EQ(log.target(), LogTarget::console);
  EXPECT_NE(set("SyslogIdentifier", "me"), "");
}

TEST_F(LogControlled, ChangesTheTargetAndBack) {
  start_all();
  EXPECT_EQ(set("LogTarget", "journal"), "");
  EXPECT_EQ(log.target(), LogTarget::journal);
  EXPECT_EQ(get("LogTarget"), "s \"journal\"");
  EXPECT_EQ(set("LogTarget", "console"), "");
  EXPECT_EQ(log.target(), LogTarget::console);
  log.set_target(LogTarget::journal);
  EXPECT_EQ(set("LogTarget", "auto"), "");
  EXPECT_EQ(log.target(), default_log_target());
}

TEST_F(LogControlled, KeepsItsLevelWhenTheBusIsLost) {
  start_all();
  EXPECT_EQ(set("LogLevel", "debug"), "");
  client.reset();
  bus.kill();
  ASSERT_TRUE(wait_until(loop, [this] { return !service->ready(); }));
  bus.start();
  ASSERT_TRUE(wait_until(loop, [this] { return service->ready(); }));
  EXPECT_EQ(get("LogLevel"), "s \"debug\"");
}

}  // namespace
}  // namespace irmeterd
