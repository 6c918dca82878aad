// The program ir-meter-sim on a pty and on TCP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/process.hpp"
#include "tests/sim/raw_client.hpp"
#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Program : public testing::Test {
 protected:
  Process& start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), IR_METER_SIM);
    return process_.emplace(std::move(arguments));
  }
  int stop(int signal = SIGTERM) {
    process_->signal(signal);
    return process_->wait();
  }

  TempDir folder_;
  const std::string link_ = folder_.path("meter");
  std::optional<Process> process_;
};

TEST_F(Program, ServesASessionOnAPty) {
  EXPECT_EQ(start({"--link", link_, "--baud", "0"}).line(), link_);
  Client(open_tty(link_)).whole_session();
  EXPECT_EQ(stop(SIGTERM), 0);
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(link_)));
}

TEST_F(Program, ServesASessionOnTcp) {
  const std::string address = start({"--tcp", "0", "--baud", "0"}).line();
  EXPECT_THAT(address, StartsWith("tcp://127.0.0.1:"));
  Client(connect_tcp(address)).whole_session();
  EXPECT_EQ(stop(SIGINT), 0);
}

TEST_F(Program, GoesOnWhenAClientLeavesAndComesBack) {
  ASSERT_EQ(start({"--link", link_, "--baud", "0"}).line(), link_);
  for (int i = 0; i < 5; ++i) {
    Client(open_tty(link_)).whole_session();
  }
}

TEST_F(Program, KeepsTheSessionWhenAClientLeavesInTheMiddle) {
  ASSERT_EQ(start({"--link", link_, "--baud", "0"}).line(), link_);
  Client(open_tty(link_)).open_session();
  Client second(open_tty(link_));
  EXPECT_EQ(second.ask(request::identify), hex("0A"));
  EXPECT_EQ(second.ask(request::terminate), hex("00"));
  Client(open_tty(link_)).whole_session();
}

TEST_F(Program, ServesOneTcpClientAfterTheOther) {
  const std::string address = start({"--tcp", "0", "--baud", "0"}).line();
  std::optional<Client> first(connect_tcp(address));
  EXPECT_EQ(first->ask(request::identify).size(), 5U);
  Client second(connect_tcp(address));
  second.send_request(request::terminate);
  EXPECT_EQ(first->ask(request::log_on), hex("00"));  // and not terminated yet
  first.reset();
  EXPECT_EQ(second.response(), hex("00"));
  second.whole_session();
}

TEST_F(Program, ReplacesAStaleLink) {
  std::filesystem::create_symlink("/dev/pts/99999", link_);
  ASSERT_EQ(start({"--link", link_, "--baud", "0"}).line(), link_);
  Client(open_tty(link_)).whole_session();
}

TEST_F(Program, DoesNotTouchAFileThatIsNoLink) {
  std::ofstream(link_) << "precious";
  Process& process = start({"--link", link_});
  EXPECT_EQ(process.wait(), 1);
  EXPECT_THAT(process.all_errors(), HasSubstr(link_));
  EXPECT_EQ(std::filesystem::file_size(link_), 8U);
}

TEST_F(Program, SaysWhenThePortIsTaken) {
  const std::string address = start({"--tcp", "0"}).line();
  Process second({IR_METER_SIM, "--tcp", address.substr(address.rfind(':') + 1)});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.all_errors(), HasSubstr("cannot listen"));
}

TEST_F(Program, TakesNoLessTimeThanALineAndSleepsMeanwhile) {
  ASSERT_EQ(start({"--link", link_, "--baud", "9600"}).line(), link_);
  Client client(open_tty(link_));
  const auto begin = std::chrono::steady_clock::now();
  client.open_session();
  constexpr int reads = 16;
  for (int i = 0; i < reads; ++i) {
    EXPECT_EQ(client.ask(request::read(28, 0, 52)).size(), 56U);
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  // Requests, ACKs and responses; an ACK of the client may still be under way at the end.
  constexpr int bytes = 24 + 28 + 32 + 40 + reads * 82 - 1;
  EXPECT_GT(took, bytes * std::chrono::nanoseconds(1'041'666));
  EXPECT_LT(process_->processor_time(), took / 2);
  EXPECT_EQ(stop(), 0);
}

TEST_F(Program, ShowsTheConversationWithoutTheKey) {
  Process& process = start({"--link", link_, "--baud", "0", "--verbose"});
  ASSERT_EQ(process.line(), link_);
  Client(open_tty(link_)).whole_session();
  EXPECT_EQ(stop(), 0);
  const std::string text = process.all_errors();
  EXPECT_THAT(text, HasSubstr(" C> EE 00 00 00 00 01 20 13 10  # identify\n"));
  EXPECT_THAT(text, HasSubstr(" M> EE 00 00 00 00 05 00 00 02 00 00 A2 5A  # ok"));
  EXPECT_THAT(text, HasSubstr(" 00 15 51 ** **"));
  EXPECT_THAT(text, HasSubstr(" M> 06  # ACK\n"));
  EXPECT_THAT(text, Not(HasSubstr("30 31 32 33")));
}

TEST_F(Program, IsTheMeterThatItsOptionsSay) {
  ASSERT_EQ(start({"--link", link_, "--baud", "0", "--key", "another key of 20 ch", "--profile",
                   "old", "--ident", "long", "--serial", "42", "--think", "1"})
                .line(),
            link_);
  Client client(open_tty(link_));
  EXPECT_EQ(client.ask(request::identify).size(), 37U);
  client.ask(request::log_on);
  EXPECT_EQ(client.ask(request::security(demo_key)), hex("03"));
  EXPECT_EQ(client.ask(request::security("another key of 20 ch")), hex("00"));
  EXPECT_EQ(client.ask(request::read(21, 0, 10)), hex("05"));
  EXPECT_EQ(client.ask(request::read(1, 23, 1)), hex("00 00 01 42 BE"));
}

TEST_F(Program, CanRefuseToNegotiate) {
  ASSERT_EQ(start({"--link", link_, "--baud", "0", "--no-negotiate"}).line(), link_);
  Client client(open_tty(link_));
  client.ask(request::identify);
  EXPECT_EQ(client.ask(request::negotiate), hex("02"));
}

TEST_F(Program, RefusesABadCommandLine) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "give one of --link and --tcp"},
      {{"--link", link_, "--tcp", "0"}, "give one of --link and --tcp"},
      {{"--link", ""}, "--link"},
      {{"--tcp", "65536"}, "--tcp: '65536' is not a whole number from 0 to 65535"},
      {{"--tcp", "x"}, "--tcp"},
      {{"--tcp", "0", "extra"}, "'extra'"},
      {{"--tcp", "0", "--key", "0123456789ABCDEF012"}, "--key: a key has 20 characters"},
      {{"--tcp", "0", "--baud", "-1"}, "--baud"},
      {{"--tcp", "0", "--baud", "9600x"}, "--baud"},
      {{"--tcp", "0", "--think", "1e3"}, "--think"},
      {{"--tcp", "0", "--profile", "none"}, "--profile"},
      {{"--tcp", "0", "--ident", "medium"}, "--ident"},
      {{"--tcp", "0", "--serial", "12a"}, "--serial"},
      {{"--tcp", "0", "--serial", "12345678901234567"}, "--serial"},
      {{"--tcp", "0", "--packets", "0"}, "--packets"},
      {{"--tcp", "0", "--start-time", "noon"}, "--start-time"},
      {{"--tcp", "0", "--start-time", "1969-12-31T23:59"}, "--start-time"},
      {{"--tcp", "0", "--mbus", "5"}, "--mbus: '5' is not a whole number from 0 to 4"},
      {{"--tcp", "0", "--speed", "fast"}, "--speed"},
      {{"--tcp", "0", "--seed", ""}, "--seed"},
      {{"--unknown"}, "--unknown"},
      {{"--tcp"}, "--tcp"},
  };
  for (const auto& [arguments, message] : cases) {
    Process& process = start(arguments);
    EXPECT_EQ(process.wait(), 64) << message;
    const std::string text = process.all_errors();
    EXPECT_THAT(text, HasSubstr(message));
    EXPECT_THAT(text, HasSubstr("--help"));
    EXPECT_THAT(process.all_output(), IsEmpty());
  }
}

TEST_F(Program, ExplainsItself) {
  Process& helped = start({"--help"});
  const std::string text = helped.all_output();
  EXPECT_EQ(helped.wait(), 0);
  for (const char* option : {"--link", "--tcp", "--key", "--baud", "--think", "--profile",
                             "--ident", "--serial", "--packets", "--no-negotiate", "--start-time",
                             "--speed", "--seed", "--verbose", "--version"}) {
    EXPECT_THAT(text, HasSubstr(option));
  }
  for (const Profile& profile : profiles()) {
    EXPECT_THAT(text, HasSubstr(std::string(profile.name)));
  }
  EXPECT_THAT(text, HasSubstr(demo_key));
  Process& asked = start({"--version"});
  EXPECT_EQ(asked.line(), "ir-meter-sim " IRMETER_VERSION);
  EXPECT_EQ(asked.wait(), 0);
}

}  // namespace
}  // namespace irmetersim
