// status and watch at a terminal: tables of 80 columns, and lines where nobody looks.
#include "tools/ir-meterctl/meter_table.hpp"

#include <algorithm>
#include <sstream>

#include "tests/ctl/ctl_fixture.hpp"
#include "tests/ctl/ctl_terminal.hpp"

namespace irmeterd {
namespace {

using irmeterctl::meter_table;
using irmeterctl::MeterInfo;
using irmeterctl::Moment;
using irmeterctl::Screen;

MeterInfo meter_with_everything() {
  MeterInfo meter;
  meter.name = "main";
  meter.device =
      "/dev/serial/by-id/usb-Silicon_Labs_CP2102_USB_to_UART_Bridge_Controller_0001-if00-port0";
  meter.state = "silent";
  meter.state_detail =
      "The meter does not answer. Turn the head, and see that nothing is between it and the meter.";
  meter.serial_number = "0000000012345678";
  meter.mbus_devices = {{1, "water", "SIM", "20417301"},
                        {4, "heat cost allocator", "", "87654321"}};
  meter.mbus_values = {{1, "volume", 56.78, "m³"},
                       {1, "flow_temperature", -5.25, "°C"},
                       {4, "heat_cost_units", 1234, ""}};
  meter.last_reading_usec = 1'000'000;
  for (const auto& quantity : irmeter::quantities) {
    meter.quantities[std::string(quantity.key)] = 123456.0;
  }
  return meter;
}

TEST(MeterTable, FitsEightyColumnsAndHasEveryValueByItsKind) {
  const std::string text = meter_table(meter_with_everything(), Moment{}, Screen{});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
  EXPECT_NE(text.find("\n  Energy\n    Energy import"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  Voltage\n    Voltage L1"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  Reactive energy\n    Reactive energy import"), std::string::npos)
      << text;
  EXPECT_NE(text.find("\n  Other\n    Power outage time"), std::string::npos) << text;
  EXPECT_NE(text.find("Turn the head"), std::string::npos) << text;
  EXPECT_NE(
      text.find("\n  M-Bus device 1: water, maker SIM, serial number 20417301: volume 56.78 m³,\n"
                "  flow temperature -5.25 °C\n"
                "  M-Bus device 4: heat cost allocator, serial number 87654321: heat cost units\n"
                "  1234\n"),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(MeterTable, HasColourWhereItIsWanted) {
  Screen screen;
  screen.colour = true;
  EXPECT_NE(meter_table(meter_with_everything(), Moment{}, screen).find("\x1b[31msilent\x1b[0m"),
            std::string::npos);
}

TEST(MeterTable, DrawsTheLatestValues) {
  EXPECT_EQ(irmeterctl::sparkline({}, 8, true), "");
  EXPECT_EQ(irmeterctl::sparkline({5, 5}, 8, true), "▁▁");
  EXPECT_EQ(irmeterctl::sparkline({100, 0, 7, -7}, 3, true), "▅█▁");
  EXPECT_EQ(irmeterctl::sparkline({0, 7}, 8, false), "_#");
}

class CtlScreen : public CtlTest {
 protected:
  CtlScreen() {
    bus_.start();
    simulator_.start();
    configure(meter_table(simulator_.device()));
    start();
  }
  [[nodiscard]] std::unique_ptr<CtlTerminal> terminal(const std::string& command,
                                                      const std::string& variable = "A=B") const {
    return std::make_unique<CtlTerminal>(
        std::vector<std::string>{"--config", path("ir-meterd.toml"), command},
        std::vector<std::string>{"DBUS_SYSTEM_BUS_ADDRESS=" + bus_.address(), "TERM=xterm",
                                 "LANG=C.UTF-8", "LC_ALL=C.UTF-8", variable});
  }
  Simulator simulator_{loop_};
};

TEST_F(CtlScreen, ShowsTheStatusAsATable) {
  ASSERT_TRUE(shows("main online; on the system bus"));
  const auto on = terminal("status");
  EXPECT_EQ(on->end(), 0);
  EXPECT_NE(on->screen_.find("\x1b[32monline\x1b[0m, read "), std::string::npos) << on->screen_;
  EXPECT_NE(on->screen_.find("Energy import"), std::string::npos) << on->screen_;
  const auto without_colour = terminal("status", "NO_COLOR=1");
  EXPECT_EQ(without_colour->end(), 0);
  EXPECT_EQ(without_colour->screen_.find('\x1b'), std::string::npos) << without_colour->screen_;
}

TEST_F(CtlScreen, WatchesInPlaceAndLeavesTheLatestTable) {
  ASSERT_TRUE(shows("main online; on the system bus"));
  const auto on = terminal("watch");
  EXPECT_TRUE(on->sees("\x1b[?1049h"));
  EXPECT_TRUE(on->sees(" kWh imported, "));
  EXPECT_TRUE(on->sees(" kWh exported since "));
  EXPECT_TRUE(on->sees("Ctrl-C ends it. A taller window shows "));
  EXPECT_TRUE(on->sees(" more lines."));
  daemon_->kill();
  EXPECT_TRUE(on->sees("ir-meterd does not run; waiting for it"));
  on->type("\x03");
  EXPECT_EQ(on->end(), 0);
  EXPECT_NE(on->screen_.find("\x1b[?1049l"), std::string::npos);
}

TEST_F(CtlScreen, WrapsLinesBetweenWords) {
  ASSERT_TRUE(shows("main online; on the system bus"));
  const auto on = terminal("check");
  EXPECT_EQ(on->end(), 0);
  EXPECT_NE(on->screen_.find("\r\n    "), std::string::npos) << on->screen_;
  std::istringstream lines(on->screen_);
  for (std::string line; std::getline(lines, line, '\r');) {
    EXPECT_LE(line.size(), 81U) << line;  // with the line end before it
  }
}

TEST_F(CtlScreen, SaysToWhoeverTypesTheDaemonThatItRunsAlready) {
  ASSERT_TRUE(shows("main online; on the system bus"));
  const std::vector<std::string> on_this_bus{"DBUS_SYSTEM_BUS_ADDRESS=" + bus_.address()};
  CtlTerminal beside({"--config", path("ir-meterd.toml")}, on_this_bus, IR_METERD);
  EXPECT_EQ(beside.end(), 64);
  EXPECT_NE(beside.screen_.find("it runs already"), std::string::npos) << beside.screen_;
  const std::string another =
      dir_.write("another.toml", meter_table("/dev/no-such-probe") + no_bus);
  CtlTerminal apart({"--config", another},
                    {"RUNTIME_DIRECTORY=" + path("apart"), "STATE_DIRECTORY=" + path("apart")},
                    IR_METERD);
  EXPECT_TRUE(apart.sees("is ready"));
}

}  // namespace
}  // namespace irmeterd
