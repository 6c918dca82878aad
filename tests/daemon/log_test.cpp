// Where log lines go, and the fields that journal entries have.
#include "common/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/meter/report.hpp"
#include "daemon/service/message_ids.hpp"
#include "lib/fault.hpp"
#include "tests/daemon/captured_log.hpp"
#include "tests/support/pseudo_terminal.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

using irmeter::Fault;
using Entry = std::map<std::string, std::string>;

// The journal's end of its socket.
class Journal {
 public:
  explicit Journal(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface asks for it
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  // The entries since the last call.
  std::vector<Entry> take() const {
    std::vector<Entry> entries;
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while ((size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0)) > 0) {
      entries.push_back(parse({buffer.data(), static_cast<std::size_t>(size)}));
    }
    return entries;
  }

 private:
  static Entry parse(std::string_view datagram) {
    Entry entry;
    while (!datagram.empty()) {
      const std::size_t end = datagram.find_first_of("=\n");
      std::size_t start = end + 1;
      std::size_t size = datagram.find('\n', start) - start;
      if (datagram.at(end) == '\n') {
        start += 8;
        size = static_cast<unsigned char>(datagram.at(end + 1));
        EXPECT_EQ(datagram.substr(end + 2, 7), std::string_view("\0\0\0\0\0\0\0", 7));
      }
      entry.emplace(datagram.substr(0, end), datagram.substr(start, size));
      EXPECT_EQ(datagram.at(start + size), '\n');
      datagram.remove_prefix(start + size + 1);
    }
    return entry;
  }

  FileDescriptor socket_;
};

class Logging : public ::testing::Test {
 protected:
  std::vector<Entry> journal() { return journal_.take(); }

  TempDir dir_;
  Journal journal_{dir_.path("journal")};
  Log log_{LogLevel::info, LogTarget::journal, dir_.path("journal")};
};

TEST_F(Logging, GivesTheJournalEntriesWithFields) {
  log_.warning("main: silent", {{"METER", "main"}, {"STATE", "silent"}});
  EXPECT_EQ(journal(), std::vector<Entry>({{{"MESSAGE", "main: silent"},
                                            {"PRIORITY", "4"},
                                            {"SYSLOG_IDENTIFIER", "ir-meterd"},
                                            {"METER", "main"},
                                            {"STATE", "silent"}}}));
}

TEST_F(Logging, HasASyslogPriorityForEachLevel) {
  log_.set_level(LogLevel::trace);
  log_.error("");
  log_.warning("");
  log_.info("");
  log_.debug("");
  log_.trace("");
  std::string priorities;
  for (const Entry& entry : journal()) {
    priorities += entry.at("PRIORITY");
  }
  EXPECT_EQ(priorities, "34677");
}

TEST_F(Logging, LeavesOutWhatIsBeyondItsLevel) {
  log_.debug("a");
  log_.set_level(LogLevel::debug);
  log_.debug("b");
  log_.trace("c");
  const auto entries = journal();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].at("MESSAGE"), "b");
}

TEST_F(Logging, GivesTheConsoleTextAlone) {
  const CapturedLog console;
  log_.set_target(LogTarget::console);
  log_.info("main: online", {{"METER", "main"}});
  EXPECT_EQ(console.text(), "info: main: online\n");
  EXPECT_TRUE(journal().empty());
}

TEST_F(Logging, KeepsAMessageOfSeveralLinesInOneEntry) {
  log_.info("one\ntwo");
  const auto entries = journal();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].at("MESSAGE"), "one\ntwo");
  EXPECT_EQ(entries[0].at("PRIORITY"), "6");
}

TEST_F(Logging, DoesNotWaitForAJournalThatHangsAndCountsWhatIsLost) {
  constexpr std::size_t lines = 5000;
  for (std::size_t i = 0; i < lines; ++i) {
    log_.info(std::to_string(i));
  }
  const std::size_t taken = journal().size();
  ASSERT_LT(taken, lines);
  log_.info("on");
  const auto entries = journal();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at("MESSAGE"),
            std::to_string(lines - taken) + " lines of the log were lost: nobody took them.");
  EXPECT_EQ(entries[1].at("MESSAGE"), "on");
}

// Standard error is this descriptor for as long as it lives.
class StandardError {
 public:
  explicit StandardError(int fd) : before_(::dup(STDERR_FILENO)) { ::dup2(fd, STDERR_FILENO); }
  ~StandardError() { ::dup2(before_.get(), STDERR_FILENO); }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

 private:
  FileDescriptor before_;
};

// Writes more than anybody takes, then reads the other end until a line gets through; what was read
// since.
std::string read_after_overflow(Log& log, int written, int read) {
  const StandardError replaced(written);
  log.set_target(LogTarget::console);
  for (std::size_t i = 0; i < 10'000; ++i) {
    log.info(std::string(70, 'x'));
  }
  std::string text;
  while (text.find("info: on") == std::string::npos) {
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while ((size = ::read(read, buffer.data(), buffer.size())) > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    log.info("on");
  }
  return text;
}

const auto tells_what_was_lost = ::testing::ContainsRegex(
    "\nwarning: [0-9]+ lines of the log were lost: nobody took them.\r?\ninfo: on\r?\n");

TEST_F(Logging, DoesNotWaitForAFullPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor read(ends[0]);
  const FileDescriptor write(ends[1]);
  ASSERT_EQ(::fcntl(read.get(), F_SETFL, O_NONBLOCK), 0);
  EXPECT_THAT(read_after_overflow(log_, write.get(), read.get()), tells_what_was_lost);
  EXPECT_EQ(::fcntl(write.get(), F_GETFL) & O_NONBLOCK, 0) << "others share it";
}

TEST_F(Logging, DoesNotWaitForAFullSocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const FileDescriptor read(ends[0]);
  const FileDescriptor write(ends[1]);
  ASSERT_EQ(::fcntl(read.get(), F_SETFL, O_NONBLOCK), 0);
  EXPECT_THAT(read_after_overflow(log_, write.get(), read.get()), tells_what_was_lost);
}

TEST_F(Logging, DoesNotWaitForATerminalThatIsStopped) {
  const PseudoTerminal terminal;
  const FileDescriptor write(::open(terminal.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_THAT(read_after_overflow(log_, write.get(), terminal.fd()), tells_what_was_lost);
}

TEST_F(Logging, NamesEveryMessageWithANumberOfItsOwn) {
  std::set<std::string_view> ids;
  const auto add = [&ids](std::string_view id) {
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string_view::npos) << id;
  };
  for (const auto& [state, id] : state_messages) {
    add(id);
    EXPECT_EQ(message_id(state).second, id);
  }
  for (const auto& [event, id] : event_messages) {
    add(id);
    EXPECT_EQ(message_id(event).second, id);
  }
}

TEST_F(Logging, TellsEveryChangeOfAMetersStateWithItsFields) {
  for (const auto& fault : irmeter::faults) {
    MeterSnapshot meter;
    meter.name = "main";
    StateLog state_log;
    for (const char* context : {"", "the context alone is no news"}) {
      const auto before = std::exchange(meter.failure, irmeter::Failure{fault.id, context});
      ++meter.counters.polls;
      state_log.poll_ended(log_, meter, before, {});
    }
    auto entries = journal();
    ASSERT_EQ(entries.size(), 1U) << fault.name;
    Entry& entry = entries[0];
    EXPECT_EQ(entry["MESSAGE_ID"], message_id(fault.state).second);
    EXPECT_EQ(entry["METER"], "main");
    EXPECT_EQ(entry["STATE"], irmeter::info(fault.state).name);
    EXPECT_EQ(entry["FAULT"], fault.name);
    EXPECT_EQ(entry["PRIORITY"], fault.id == Fault::quiet ? "6" : "4");
  }
}

TEST_F(Logging, TellsThatAMeterIsOnlineAndWhatWasAcceptedWithTheirFields) {
  MeterSnapshot meter;
  meter.name = "main";
  meter.counters.polls = 1;
  log_accepted(log_, meter.name, {irmeter::Quantity::energy_import, 1000, 9000});
  StateLog().poll_ended(log_, meter, std::nullopt, {});
  const auto entries = journal();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at("MESSAGE_ID"), message_id(Event::value_accepted).second);
  EXPECT_EQ(entries[0].at("QUANTITY"), "energy_import");
  EXPECT_EQ(entries[1].at("MESSAGE_ID"), message_id(irmeter::State::online).second);
  EXPECT_EQ(entries[1].at("STATE"), "online");
}

// A poll every ten seconds; what the log has of so many of them, one fault after the other and
// again from the first.
class StateChanges : public Logging {
 protected:
  void poll(std::size_t times, const std::vector<std::optional<Fault>>& faults) {
    for (std::size_t i = 0; i < times; ++i) {
      const auto fault = faults[i % faults.size()];
      const auto before =
          std::exchange(meter_.failure, fault ? std::optional(irmeter::Failure{*fault, {}})
                                              : std::optional<irmeter::Failure>());
      ++meter_.counters.polls;
      state_log_.poll_ended(log_, meter_, before, now_);
      for (Entry& entry : journal()) {
        logged_.push_back(std::move(entry));
      }
      now_ += std::chrono::seconds(10);
    }
  }
  std::vector<std::string> states() {
    std::vector<std::string> states;
    for (const Entry& entry : logged_) {
      states.push_back(entry.at("STATE"));
    }
    return states;
  }

  std::vector<Entry> logged_;
  MeterSnapshot meter_;
  StateLog state_log_;
  irmeter::Instant now_{};
};

TEST_F(StateChanges, ThatComeAgainAreOneLineAndThenASummary) {
  poll(60, {Fault::silent, Fault::garbled});
  EXPECT_EQ(states(), (std::vector<std::string>{"silent", "garbled"}));
  poll(1, {Fault::silent});
  ASSERT_EQ(logged_.size(), 3U);
  EXPECT_TRUE(logged_[2].at("MESSAGE").ends_with(
      " Changes of the state in the last ten minutes that were not logged: 59."))
      << logged_[2].at("MESSAGE");
  poll(24 * 360, {Fault::garbled, Fault::silent});
  EXPECT_LE(logged_.size(), 24U * 6 + 3);
}

TEST_F(StateChanges, AreToldEachTimeTheMeterWasOnlineButNotWithoutEnd) {
  poll(60, {std::nullopt, Fault::silent});
  EXPECT_EQ(states(),
            (std::vector<std::string>{"online", "silent", "online", "silent", "online", "silent"}));
  poll(1, {std::nullopt});
  EXPECT_EQ(logged_.size(), 7U);
  poll(60, {std::nullopt});
  EXPECT_EQ(logged_.size(), 7U);
  poll(60, {Fault::silent});
  EXPECT_EQ(logged_.size(), 8U);  // as if nothing had been
}

TEST_F(StateChanges, LeaveTheLastStateInTheLog) {
  poll(3, {Fault::silent, Fault::garbled});
  poll(70, {Fault::silent});
  EXPECT_EQ(states(), (std::vector<std::string>{"silent", "garbled", "silent"}));
  poll(200, {Fault::silent});
  EXPECT_EQ(logged_.size(), 3U);
}

}  // namespace
}  // namespace irmeterd
