// Where log lines go, and the fields that journal entries have.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "common/log.hpp"

#include <gtest/gtest.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/meter/report.hpp"
#include "daemon/service/message_ids.hpp"
#include "lib/fault.hpp"
#include "tests/daemon/captured_log.hpp"

namespace {

using Entry = std::map<std::string, std::string>;

std::vector<Entry>& journal() {
  static std::vector<Entry> entries;
  return entries;
}

}  // namespace

// Takes the place of libsystemd's: this journal is looked at by the tests.
extern "C" int sd_journal_sendv(const iovec* fields, int count) {
  Entry entry;
  for (int i = 0; i < count; ++i) {
    const std::string field(static_cast<const char*>(fields[i].iov_base), fields[i].iov_len);
    const std::size_t sign = field.find('=');
    entry[field.substr(0, sign)] = field.substr(sign + 1);
  }
  journal().push_back(entry);
  return 0;
}

namespace irmeterd {
namespace {

using irmeter::Fault;

class Logging : public ::testing::Test {
 protected:
  Logging() { journal().clear(); }

  Log log_{LogLevel::info, LogTarget::journal};
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
  ASSERT_EQ(journal().size(), 1U);
  EXPECT_EQ(journal()[0].at("MESSAGE"), "b");
}

TEST_F(Logging, GivesTheConsoleTextAlone) {
  const CapturedLog console;
  log_.set_target(LogTarget::console);
  log_.info("main: online", {{"METER", "main"}});
  EXPECT_EQ(console.text(), "info: main: online\n");
  EXPECT_TRUE(journal().empty());
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
    journal().clear();
    for (const char* context : {"", "the context alone is no news"}) {
      const auto before = std::exchange(meter.failure, irmeter::Failure{fault.id, context});
      ++meter.counters.polls;
      log_poll(log_, meter, before);
    }
    ASSERT_EQ(journal().size(), 1U) << fault.name;
    Entry& entry = journal()[0];
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
  log_poll(log_, meter, std::nullopt);
  ASSERT_EQ(journal().size(), 2U);
  EXPECT_EQ(journal()[0].at("MESSAGE_ID"), message_id(Event::value_accepted).second);
  EXPECT_EQ(journal()[0].at("QUANTITY"), "energy_import");
  EXPECT_EQ(journal()[1].at("MESSAGE_ID"), message_id(irmeter::State::online).second);
  EXPECT_EQ(journal()[1].at("STATE"), "online");
}

}  // namespace
}  // namespace irmeterd
