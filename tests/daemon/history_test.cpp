// When the newest interval of a load profile is read, and what becomes of tables that a meter does
// not give.
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <utility>
#include <vector>

#include "daemon/meter/history.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::Bytes;
using irmeter::Failure;
using irmeter::Fault;

class HistoryReadsTest : public ::testing::Test {
 protected:
  struct Asked {
    irmeter::TableRead what;
    bool at_once;
    HistoryReads::Answer answer;
  };

  // blames: the table that was asked for; else the whole meter could not be read.
  void answer(const std::variant<Bytes, Failure>& result, bool blames = true) {
    const Asked first = std::move(asked_.front());
    asked_.pop_front();
    first.answer({first.what, result, blames ? std::optional(first.what.table) : std::nullopt});
  }
  // Whether polls of this time ask for anything.
  bool asks_within(irmeter::Duration time) {
    for (const irmeter::Instant end = now_ + time; now_ < end && asked_.empty(); now_ += 1min) {
      reads_.polled();
    }
    return !asked_.empty();
  }
  // What was asked for has failed.
  void fail(Fault fault, bool blames = true) {
    while (!asked_.empty()) {
      answer(Failure{fault, "of it the context says nothing"}, blames);
    }
  }

  irmeter::Instant now_{1h};
  std::deque<Asked> asked_;
  std::vector<irmeter::TableLeftOut> left_out_;
  HistoryReads reads_{
      {[this](const irmeter::TableRead& what, bool at_once, HistoryReads::Answer answer) {
         asked_.push_back({what, at_once, std::move(answer)});
       },
       [this] { return now_; }, [] { return std::uint8_t{0}; },
       [](const irmeter::HistoryInterval&) {},
       [this](irmeter::TableLeftOut table) { left_out_.push_back(std::move(table)); }},
      60s};
};

TEST_F(HistoryReadsTest, BeginSomeTimeAfterTheFirstPoll) {
  reads_.polled();
  EXPECT_TRUE(asked_.empty());
  now_ += 60s;
  reads_.polled();
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[0].what.table, irmeter::bt61);
  EXPECT_FALSE(asked_[0].at_once);
  reads_.polled();
  EXPECT_EQ(asked_.size(), 2U);
}

TEST_F(HistoryReadsTest, ARefusedTableIsLeftOutForADay) {
  ASSERT_TRUE(asks_within(5min));
  fail(Fault::refused);
  ASSERT_EQ(left_out_.size(), 1U);
  EXPECT_EQ(left_out_[0].table, irmeter::bt61);
  EXPECT_FALSE(asks_within(23h + 58min));
  EXPECT_TRUE(asks_within(5min));
}

TEST_F(HistoryReadsTest, SilenceOfATableCostsTheSessionTwiceAtMost) {
  ASSERT_TRUE(asks_within(5min));
  fail(Fault::no_response);
  EXPECT_TRUE(left_out_.empty());
  ASSERT_TRUE(asks_within(10min));
  fail(Fault::no_response);
  EXPECT_EQ(left_out_.size(), 1U);
  EXPECT_FALSE(asks_within(23h));
}

TEST_F(HistoryReadsTest, AMeterThatCannotBeReadIsNoFaultOfItsTables) {
  ASSERT_TRUE(asks_within(5min));
  fail(Fault::no_response, false);
  EXPECT_TRUE(left_out_.empty());
  EXPECT_TRUE(asks_within(2min));
}

TEST_F(HistoryReadsTest, ABusyMeterIsAskedAgain) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(asks_within(10min));
    fail(Fault::busy);
  }
  EXPECT_TRUE(left_out_.empty());
}

TEST_F(HistoryReadsTest, SomebodyMayWantLeftOutTablesAgain) {
  ASSERT_TRUE(asks_within(5min));
  fail(Fault::refused);
  reads_.begin_anew();
  EXPECT_TRUE(asks_within(5min));
}

TEST_F(HistoryReadsTest, AreMadeOneAfterTheOther) {
  std::vector<int> ended;
  for (int i = 0; i < 9; ++i) {
    reads_.read(irmeter::MeterTime(0s), irmeter::MeterTime(1s),
                [&ended, i](const HistoryReads::Result&) { ended.push_back(i); });
  }
  EXPECT_EQ(ended, std::vector{8});  // too many
  EXPECT_EQ(asked_.size(), 2U);
  EXPECT_TRUE(asked_[0].at_once);
  answer(Failure{Fault::refused, "BT61: iar"});
  EXPECT_EQ(ended, (std::vector{8, 0}));
  EXPECT_EQ(asked_.size(), 3U);  // one that nobody waits for any more
  answer(Bytes(13));
  EXPECT_EQ(ended.size(), 2U);
  while (!asked_.empty()) {
    answer(Failure{Fault::no_device, ""}, false);
  }
  EXPECT_EQ(ended.size(), 9U);
  EXPECT_TRUE(left_out_.empty());
}

}  // namespace
}  // namespace irmeterd
