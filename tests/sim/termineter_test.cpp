// A C12.18 client by other people, termineter, reads the simulated meter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sim/process.hpp"
#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

// The hex dumps in termineter's output: lines of "offset    16 bytes    text".
std::vector<Bytes> hex_dumps(const std::string& output) {
  constexpr std::size_t offset_width = 8;
  constexpr std::size_t bytes_width = 49;
  std::vector<Bytes> dumps;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < offset_width || line.find_first_not_of("0123456789abcdef") != 4 ||
        line.substr(4, 4) != "    ") {
      continue;
    }
    if (line.starts_with("0000") || dumps.empty()) {
      dumps.emplace_back();
    }
    dumps.back() = join({dumps.back(), hex(line.substr(offset_width, bytes_width))});
  }
  return dumps;
}

TEST(Termineter, ReadsIdentificationAndTables) {
  const TempDir folder;
  const std::string link = folder.path("meter");
  // The household stands still, so that its values are known. Whole tables of registers need more
  // packets than a meter grants by default.
  Process meter({IR_METER_SIM, "--link", link, "--baud", "0", "--packets", "8", "--start-time",
                 "2025-06-21T12:00", "--speed", "0"});
  ASSERT_EQ(meter.line(), link);

  const std::string commands = folder.path("commands");
  std::ofstream(commands) << "set USE_COLOR False\n"
                          << "set SERIAL_CONNECTION " << link << "\n"
                          << "set USERNAME reader\nset USER_ID 1\n"
                          << "set PASSWORD_HEX False\nset PASSWORD " << demo_key << "\n"
                          << "set C1218_PACKET_SIZE 64\nset C1218_MAX_PACKETS 8\n"
                          << "connect\nuse read_table\n"
                          << "set TABLE_ID 0\nrun\nset TABLE_ID 1\nrun\nset TABLE_ID 21\nrun\n"
                          << "set TABLE_ID 23\nrun\nset TABLE_ID 28\nrun\n"
                          << "use get_identification\nrun\nexit\n";
  Process termineter({"/usr/bin/termineter"}, {"HOME=" + folder.path("")}, commands);
  const std::string output = termineter.all_output();

  MeterSettings settings;
  settings.household.start =
      std::chrono::local_days(std::chrono::year(2025) / 6 / 21) + std::chrono::hours(12);
  const MeterValues values = Household(settings.household).values(std::chrono::seconds(0));
  const MeterTables tables(settings.profile, settings.nameplate);
  std::vector<Bytes> expected;
  for (const std::uint16_t id : {table::configuration, table::identification, table::dimensions,
                                 table::registers, table::present_values}) {
    expected.push_back(tables.image(id, {.values = values}).value());
  }
  expected.push_back(hex("00 00 02 00 00"));
  EXPECT_EQ(hex_dumps(output), expected) << output;
  EXPECT_THAT(output, testing::HasSubstr("ANSI C12.18"));
}

}  // namespace
}  // namespace irmetersim
