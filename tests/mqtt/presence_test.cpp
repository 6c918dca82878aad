// Which of the meters has the topics of an id, where heads are exchanged, and where two configured
// meters are one.
#include "daemon/sinks/mqtt/presence.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/captured_log.hpp"
#include "tests/support/sample.hpp"

namespace irmeterd {
namespace {

const std::string a = "nes_a";
const std::string b = "nes_b";

class Presence : public ::testing::Test {
 protected:
  // A meter that was known under this number in an earlier run.
  void remembers(const std::string& name, const std::string& number) {
    MeterSnapshot meter;
    meter.name = name;
    meter.remembered = identity(number);
    store_.update(meter);
  }
  // One more poll of this meter: what has answered, or that nothing has.
  void reads(const std::string& name, const std::string& number) {
    MeterSnapshot meter = polled(name);
    meter.identity = identity(number);
    meter.failure.reset();
    meter.stale = false;
    store_.update(meter);
  }
  void fails(const std::string& name, bool stale) {
    MeterSnapshot meter = polled(name);
    meter.failure = {irmeter::Fault::silent, {}};
    meter.stale = stale;
    store_.update(meter);
  }
  [[nodiscard]] std::string id(const std::string& name) const { return presence_.id(name); }
  [[nodiscard]] std::size_t warnings() const { return log_text_.count("is already published"); }

 private:
  static irmeter::Identity identity(const std::string& number) {
    irmeter::Identity identity = sample_identity();
    identity.serial_number = number;
    return identity;
  }
  [[nodiscard]] MeterSnapshot polled(const std::string& name) const {
    MeterSnapshot meter = store_.meters().at(name);
    ++meter.counters.polls;
    return meter;
  }

  CapturedLog log_text_;
  Log log_{LogLevel::info};
  Store store_;
  MqttTopics topics_{"ir-meterd", "homeassistant", "host", "homeassistant/status"};
  MqttTable table_{[] {}};
  MqttPresence presence_{table_, topics_, log_, {[](const auto&) {}, [](const auto&) {}}};

 protected:
  Presence() { store_.add_sink(presence_); }
};

TEST_F(Presence, FollowsHeadsThatWereExchangedBetweenTwoRuns) {
  remembers("main", "a");
  remembers("second", "b");
  reads("main", "b");
  EXPECT_EQ(id("main"), b);
  EXPECT_EQ(id("second"), "");
  reads("main", "b");
  reads("second", "a");
  EXPECT_EQ(id("second"), a);
  EXPECT_EQ(warnings(), 0U);
}

TEST_F(Presence, FollowsHeadsThatAreExchangedWhileTheyRead) {
  remembers("main", "a");
  remembers("second", "b");
  reads("main", "a");
  reads("second", "b");
  reads("main", "b");
  EXPECT_EQ(id("main"), "");
  reads("second", "a");
  reads("main", "b");
  EXPECT_EQ(id("main"), b);
  EXPECT_EQ(id("second"), a);
  EXPECT_EQ(warnings(), 0U);
}

TEST_F(Presence, GoesToTheOnlyHeadThatReadsAMeter) {
  remembers("main", "a");
  remembers("second", "b");
  reads("main", "a");
  reads("second", "b");
  reads("main", "b");
  fails("second", false);
  reads("main", "b");
  EXPECT_EQ(id("second"), b);
  fails("second", true);
  reads("main", "b");
  EXPECT_EQ(id("main"), b);
  fails("second", true);
  EXPECT_EQ(id("main"), b);
  EXPECT_EQ(id("second"), "");
  EXPECT_EQ(warnings(), 0U);
}

TEST_F(Presence, OfOneMeterByTwoNamesIsTheFirstOnesWithOneWarning) {
  remembers("main", "a");
  remembers("second", "a");
  for (int poll = 0; poll < 3; ++poll) {
    reads("main", "a");
    reads("second", "a");
  }
  EXPECT_EQ(id("main"), a);
  EXPECT_EQ(id("second"), "");
  EXPECT_EQ(warnings(), 1U);
}

}  // namespace
}  // namespace irmeterd
