#include <gtest/gtest.h>

#include <string>

#include "daemon/sinks/mqtt/table.hpp"

namespace irmeterd {
namespace {

using Rank = MqttTable::Rank;

class Table : public ::testing::Test {
 protected:
  // What goes out now, as "topic=payload ..." in its order.
  std::string sent(Rank up_to = Rank::daemon) {
    std::string all;
    table_.send(up_to, [&all](const MqttMessage& message) {
      all += (all.empty() ? "" : " ") + message.topic + "=" + message.payload;
      return true;
    });
    return all;
  }
  static MqttMessage message(const std::string& topic, const std::string& payload) {
    return {topic, payload, 1, true};
  }

  MqttTable table_{[] {}};
};

TEST_F(Table, SendsAvailabilityAfterValuesAndTheDaemonsAfterAll) {
  table_.set(Rank::availability, message("a", "online"));
  table_.set(Rank::values, message("v", "1"));
  table_.set(Rank::discovery, message("d", "x"));
  table_.set(Rank::daemon, message("0", "online"));
  EXPECT_EQ(sent(Rank::discovery), "d=x");
  EXPECT_EQ(sent(), "v=1 a=online 0=online");
  EXPECT_EQ(sent(), "");
}

TEST_F(Table, SendsOnlyTheLatestAndOnlyWhatChanged) {
  table_.set(Rank::values, message("v", "1"));
  table_.set(Rank::values, message("v", "2"));
  EXPECT_EQ(sent(), "v=2");
  table_.set(Rank::values, message("v", "2"));
  EXPECT_EQ(sent(), "");
  table_.set(Rank::values, message("v", "3"));
  EXPECT_EQ(sent(), "v=3");
}

TEST_F(Table, SendsEachMessageThatReplacesNoneOnceAndLast) {
  table_.add(message("e", "1"));
  table_.add(message("e", "2"));
  table_.set(Rank::daemon, message("0", "online"));
  EXPECT_EQ(sent(Rank::availability), "");
  EXPECT_EQ(sent(), "0=online e=1 e=2");
  table_.renew();
  EXPECT_EQ(sent(), "0=online");
  for (std::size_t i = 0; i <= MqttTable::most_waiting; ++i) {
    table_.add(message("e", std::to_string(i)));
  }
  const std::string all = sent();
  EXPECT_TRUE(all.starts_with("e=1 e=2 ")) << all;
  EXPECT_TRUE(all.ends_with("e=" + std::to_string(MqttTable::most_waiting))) << all;
}

TEST_F(Table, KeepsWhatWasNotTaken) {
  table_.set(Rank::values, message("u", "1"));
  table_.set(Rank::values, message("v", "1"));
  int left = 1;
  EXPECT_EQ(table_.send(Rank::values, [&left](const MqttMessage&) { return left-- > 0; }), 1U);
  EXPECT_EQ(sent(), "v=1");
}

TEST_F(Table, RenewMakesEverythingDueAgain) {
  table_.set(Rank::values, message("v", "1"));
  EXPECT_EQ(sent(), "v=1");
  table_.renew();
  EXPECT_EQ(sent(), "v=1");
}

TEST_F(Table, MakesALongPayloadEachTimeItIsSent) {
  int made = 0;
  table_.set(Rank::discovery, "d", [&made] { return std::to_string(++made); });
  EXPECT_EQ(made, 0);
  EXPECT_EQ(sent(), "d=1");
  EXPECT_EQ(sent(), "");
  table_.renew();
  EXPECT_EQ(sent(), "d=2");
  table_.set_final(Rank::discovery, message("d", ""));
  EXPECT_EQ(sent(), "d=");
}

TEST_F(Table, ForgetsWhatIsErased) {
  table_.set(Rank::values, message("v", "1"));
  table_.erase(Rank::values, "v");
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(Table, ForgetsAFinalMessageOnceItIsSent) {
  table_.set(Rank::availability, message("a", "offline"));
  table_.set_final(Rank::availability, message("a", "offline"));
  EXPECT_EQ(sent(), "a=offline");
  table_.renew();
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(Table, AFinalMessageIsOvertakenByALaterOne) {
  table_.set_final(Rank::availability, message("a", "offline"));
  table_.set(Rank::availability, message("a", "online"));
  EXPECT_EQ(sent(), "a=online");
  EXPECT_EQ(table_.size(), 1U);
}

}  // namespace
}  // namespace irmeterd
