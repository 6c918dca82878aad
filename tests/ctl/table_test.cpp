// ir-meterctl table: by the daemon, and straight at the probe.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/ctl/check_fixture.hpp"
#include "tests/ctl/ctl_fixture.hpp"

namespace irmeterd {
namespace {

class CtlTable : public CtlTest {
 protected:
  CtlTable() { bus_.start(); }
  void start_daemon(Simulator& simulator) {
    simulator.start();
    configure(meter_table(simulator.device()));
    start();
    ASSERT_TRUE(shows("main online; on the system bus"));
  }
};

TEST_F(CtlTable, IsReadByTheDaemonFieldByField) {
  Simulator simulator(loop_);
  ASSERT_NO_FATAL_FAILURE(start_daemon(simulator));
  EXPECT_EQ(ctl({"table", "BT01"}), 0) << ctl_->errors();
  EXPECT_EQ(ctl_->output(),
            "manufacturer: ELON\nmodel: 8333443I\nhardware version: 3.10.21\n"
            "firmware version: 3.10.21\nserial number: 0000000012345678\n");
  EXPECT_EQ(ctl({"table", "23"}), 0) << ctl_->errors();
  EXPECT_TRUE(says("energy_import: ")) << ctl_->output();
  EXPECT_EQ(ctl({"table", "3", "--json"}), 0) << ctl_->errors();
  const auto document = nlohmann::json::parse(ctl_->output());
  EXPECT_EQ(document.at("table"), "BT03");
  EXPECT_EQ(document.at("bytes"), "01000000000000000000");
  EXPECT_EQ(document.at("fields").at(0).at("value"), "none");
  EXPECT_EQ(ctl({"table", "bt21", "--offset", "3", "--count", "2", "--hex"}), 0) << ctl_->errors();
  EXPECT_EQ(ctl_->output(), "000003  0f 00\n");
  EXPECT_EQ(ctl({"table", "et3", "--count", "9", "--raw"}), 0) << ctl_->errors();
  EXPECT_EQ(ctl_->output(), "501234567");
}

TEST_F(CtlTable, OfTheDevicesBehindTheMeterIsReadWhole) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, Simulator::quick({"--mbus", "4"}));
  ASSERT_NO_FATAL_FAILURE(start_daemon(simulator));
  EXPECT_EQ(ctl({"table", "ET11"}), 0) << ctl_->errors();
  EXPECT_TRUE(says("devices: 5\n")) << ctl_->output();
  EXPECT_TRUE(says("bytes of an entry of ET16: 517\n")) << ctl_->output();
  EXPECT_EQ(ctl({"table", "ET16"}), 0) << ctl_->errors();
  EXPECT_TRUE(says("device 1 serial number: 20417301\ndevice 1 maker: SIM\n")) << ctl_->output();
  EXPECT_TRUE(says("bytes of an entry: 517\n")) << ctl_->output();
  EXPECT_TRUE(says("device 3 flow temperature: 57.5 °C\n")) << ctl_->output();
  EXPECT_TRUE(says("device 3 energy, storage 1: 17280 kWh\ndevice 3 date, storage 1: 2025-06-01\n"))
      << ctl_->output();
  EXPECT_TRUE(says("device 4 serial number: 20417304\n")) << ctl_->output();
  EXPECT_TRUE(says("device 4 medium: hot water\n")) << ctl_->output();
}

TEST_F(CtlTable, ThatTheMeterRefusesSaysWhy) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--refuse", "BT52:onp"}));
  ASSERT_NO_FATAL_FAILURE(start_daemon(simulator));
  EXPECT_EQ(ctl({"table", "BT52"}), 1);
  EXPECT_TRUE(complains("BT52: onp")) << ctl_->errors();
  EXPECT_EQ(ctl({"table", "BT99"}), 1);
  EXPECT_TRUE(complains("BT99: iar")) << ctl_->errors();
  for (const char* wrong : {"BT", "BT2048", "XT3", "65536", "BT 3"}) {
    EXPECT_EQ(ctl({"table", wrong}), 64) << wrong;
    EXPECT_TRUE(complains("is not a table such as BT23, ET03 or 23")) << ctl_->errors();
  }
  EXPECT_TRUE(shows("main online; on the system bus"));
}

class TableAtTheProbe : public CheckFixture {
 protected:
  int table(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "table");
    return run(std::move(arguments));
  }
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {IR_METERCTL, "--config", path("ir-meterd.toml"), "--root", path("root")});
    Process program(arguments, environment_);
    EXPECT_TRUE(wait_until(
        loop_, [&] { return !program.running(); }, 3 * patience));
    output_ = program.output();
    errors_ = program.errors();
    expect_without(output_ + errors_, key_, "what is said of a table");
    return program.exit_status().value_or(-1);
  }
};

TEST_F(TableAtTheProbe, IsReadInOneSession) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  EXPECT_EQ(table({"BT28", "--hex"}), 0) << errors_;
  EXPECT_TRUE(output_.starts_with("000000  ")) << output_;
  EXPECT_EQ(simulator.requests("security"), 1U);
}

TEST_F(TableAtTheProbe, NeedsNoKeyWhereItIsOpenToAll) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  EXPECT_EQ(table({"0", "--no-key"}), 0) << errors_;
  EXPECT_NE(output_.find("basic tables: BT00 BT01 BT03 "), std::string::npos) << output_;
  EXPECT_EQ(table({"BT23", "--no-key"}), 1);
  EXPECT_NE(errors_.find("BT2"), std::string::npos) << errors_;
  EXPECT_EQ(simulator.requests("security"), 0U);
}

TEST_F(TableAtTheProbe, TheLogOfOutagesIsAsLongAsItSays) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter({"--firmware", "4.30"}));
  simulator.start();
  configure(simulator.device());
  EXPECT_EQ(table({"ET81"}), 0) << errors_;
  EXPECT_NE(output_.find("\noutage 7: 20"), std::string::npos) << output_;
}

TEST_F(TableAtTheProbe, ADumpThatHasNoFolderReadsNothing) {
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
  simulator.start();
  configure(simulator.device());
  EXPECT_EQ(run({"dump", "/dev/null"}), 73);
  EXPECT_NE(errors_.find(R"(there can be no folder "/dev/null" ()"), std::string::npos) << errors_;
  EXPECT_EQ(simulator.requests("identify"), 0U);
}

TEST_F(TableAtTheProbe, ADumpIsServedByTheSimulator) {
  const std::string folder = path("dump");
  {
    Simulator simulator(loop_, Simulator::Place::pseudo_terminal, meter());
    simulator.start();
    configure(simulator.device());
    EXPECT_EQ(run({"dump", folder, "--anonymous", "--json"}), 0) << errors_;
    EXPECT_EQ(simulator.requests("security"), 1U);
  }
  // Its self-reads are longer than one answer, and no dimension tells how long.
  EXPECT_EQ(nlohmann::json::parse(output_).at("not_given"), 1) << output_;
  EXPECT_EQ(std::filesystem::file_size(folder + "/BT23.bin"), 300U);
  EXPECT_EQ(std::filesystem::file_size(folder + "/BT74.bin"), 11U + 100 * 14);
  std::ifstream identity(folder + "/BT01.bin", std::ios::binary);
  const std::string bt01{std::istreambuf_iterator<char>(identity), {}};
  EXPECT_EQ(bt01, "ELON8333443I\x31\x55\x31\x55" + std::string(8, '\0'));

  Simulator dumped(loop_, Simulator::Place::pseudo_terminal, meter({"--tables", folder}));
  dumped.start();
  configure(dumped.device());
  EXPECT_EQ(table({"ET03"}), 0) << errors_;
  EXPECT_EQ(output_, "utility serial number: 000000000\n");

  EXPECT_EQ(run({"dump", path("again"), "--anonymous", "--json"}), 0) << errors_;
  EXPECT_EQ(nlohmann::json::parse(output_).at("not_given"), 1) << output_;
}

}  // namespace
}  // namespace irmeterd
