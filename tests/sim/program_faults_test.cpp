// Faults of the program ir-meter-sim: how they are switched on and off, and those of its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/process.hpp"
#include "tests/sim/raw_client.hpp"

namespace irmetersim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// What a pseudo-terminal says whose other end is closed: the end of the file when it has been hung
// up, and an input error in the moment before that.
const auto is_hung_up = testing::AnyOf(0, EIO);

// What read() says at last: 0 at the end, or an error.
int how_it_ends(const Descriptor& line) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (char byte = 0; readable(line.get(), deadline);) {
    const ssize_t count = ::read(line.get(), &byte, 1);
    if (count <= 0) {
      return count == 0 ? 0 : errno;
    }
  }
  return -1;
}

const Bytes identify = hex("EE 00 00 00 00 01 20 13 10");

class ProgramFaults : public testing::Test {
 protected:
  // The address to open.
  std::string start(std::vector<std::string> place, const std::vector<std::string>& faults) {
    std::vector<std::string> command{IR_METER_SIM, "--baud", "0", "--verbose"};
    command.insert(command.end(), place.begin(), place.end());
    for (const std::string& fault : faults) {
      command.insert(command.end(), {"--fault", fault});
    }
    return process_.emplace(std::move(command)).line();
  }
  void await_fault(const std::string& name) {
    std::string line;
    while (!line.ends_with(" fault: " + name)) {
      line = process_->error_line();
      ASSERT_FALSE(line.empty()) << "no fault " << name;
    }
  }
  void end_faults() const { process_->signal(SIGUSR1); }

  TempDir folder_;
  const std::string link_ = folder_.path("meter");
  const std::vector<std::string> pty_{"--link", link_};
  const std::vector<std::string> tcp_{"--tcp", "0"};
  std::optional<Process> process_;
};

TEST_F(ProgramFaults, AreRefusedWhenTheyCannotBeUnderstood) {
  for (const auto& [spec, message] :
       {std::pair("no-such", "--fault: there is no fault 'no-such'"),
        std::pair("slow:every=x", "--fault: 'slow:every=x': 'x' is not a value for 'every'")}) {
    EXPECT_THAT(start(pty_, {"echo", spec}), IsEmpty());
    EXPECT_EQ(process_->wait(), 64);
    EXPECT_THAT(process_->all_errors(), HasSubstr(message));
  }
}

TEST_F(ProgramFaults, AreExplained) {
  Process& process = process_.emplace(std::vector<std::string>{IR_METER_SIM, "--help"});
  const std::string text = process.all_output();
  EXPECT_THAT(text, HasSubstr("--fault"));
  EXPECT_THAT(text, HasSubstr("SIGUSR1"));
  EXPECT_THAT(text, HasSubstr(fault_help()));
}

TEST_F(ProgramFaults, StrikeAndAreReported) {
  start(pty_, {"ack-lost:after=1,times=1", "bsy:times=1"});
  Client client(open_tty(link_));
  client.open_session();
  await_fault("ack-lost");
  EXPECT_EQ(client.ask(request::read(23, 0, 8)), hex("06"));
  await_fault("bsy");
  EXPECT_EQ(client.ask(request::read(23, 0, 8)).size(), 12U);
}

TEST_F(ProgramFaults, AreOverWhenTheSignalComes) {
  start(pty_, {"silent", "key-lock:limit=1"});
  Client client(open_tty(link_));
  client.send(identify);
  await_fault("silent");
  end_faults();
  client.whole_session();
  process_->signal(SIGTERM);
  EXPECT_EQ(process_->wait(), 0);
}

TEST_F(ProgramFaults, PaceASlowPacket) {
  start(pty_, {"slow:pause=0.02,times=1"});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Client(open_tty(link_)).ask(request::identify).size(), 5U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 12 * std::chrono::milliseconds(20));
}

TEST_F(ProgramFaults, UnplugHangsUpThePtyAndComesBackWithAnother) {
  start(pty_, {"unplug:after=5,times=1,pause=1000"});
  Descriptor line = open_tty(link_);
  const std::string first = std::filesystem::read_symlink(link_);
  ASSERT_EQ(::write(line.get(), identify.data(), identify.size()), 9);
  EXPECT_THAT(how_it_ends(line), is_hung_up);
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(link_)));
  end_faults();
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(link_); }));
  EXPECT_NE(std::filesystem::read_symlink(link_), first);
  Client client(open_tty(link_));
  EXPECT_EQ(client.ask(request::terminate), hex("00"));
  client.whole_session();
}

TEST_F(ProgramFaults, UnplugTakesAwayTheTcpServerAndComesBackAtTheSamePort) {
  const std::string address = start(tcp_, {"unplug:after=5,times=1,pause=1000"});
  const Descriptor line = connect_tcp(address);
  ASSERT_EQ(::write(line.get(), identify.data(), identify.size()), 9);
  EXPECT_NE(how_it_ends(line), -1);
  EXPECT_FALSE(connect_tcp(address).is_open());
  end_faults();
  ASSERT_TRUE(eventually([&] { return connect_tcp(address).is_open(); }));
  Client client(connect_tcp(address));
  EXPECT_EQ(client.ask(request::terminate), hex("00"));
  client.whole_session();
}

TEST_F(ProgramFaults, UnplugComesBackByItself) {
  start(pty_, {"unplug:times=1,pause=0.1"});
  Descriptor line = open_tty(link_);
  ASSERT_EQ(::write(line.get(), identify.data(), identify.size()), 9);
  EXPECT_THAT(how_it_ends(line), is_hung_up);
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(link_); }));
}

TEST_F(ProgramFaults, MissingIsThereFromTheStartOn) {
  EXPECT_EQ(start(pty_, {"missing"}), link_);
  await_fault("missing");
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(link_)));
  end_faults();
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(link_); }));
  Client(open_tty(link_)).whole_session();
}

TEST_F(ProgramFaults, MissingServersRefuseConnectionsForTheirTime) {
  const std::string address = start(tcp_, {"missing:for=0.2"});
  await_fault("missing");
  ASSERT_TRUE(eventually([&] { return connect_tcp(address).is_open(); }));
  Client(connect_tcp(address)).whole_session();
}

TEST_F(ProgramFaults, RstBreaksTheConnectionAndTakesTheNext) {
  const std::string address = start(tcp_, {"rst:after=5,times=1"});
  const Descriptor line = connect_tcp(address);
  ASSERT_EQ(::write(line.get(), identify.data(), identify.size()), 9);
  EXPECT_EQ(how_it_ends(line), ECONNRESET);
  Client client(connect_tcp(address));
  EXPECT_EQ(client.ask(request::terminate), hex("00"));
  client.whole_session();
}

TEST_F(ProgramFaults, StallKeepsTheConnectionAndLetsNothingPass) {
  const std::string address = start(tcp_, {"stall:times=1,pause=1000"});
  Client client(connect_tcp(address));
  client.send(identify);
  await_fault("stall");
  const Descriptor second = connect_tcp(address);
  EXPECT_TRUE(second.is_open());
  end_faults();
  EXPECT_EQ(client.response().size(), 5U);  // repeated by the meter
}

}  // namespace
}  // namespace irmetersim
