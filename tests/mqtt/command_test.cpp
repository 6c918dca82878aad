#include <gtest/gtest.h>

#include <string>

#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

using Names = std::vector<std::string>;

class Commands : public MqttFixture {
 protected:
  void SetUp() override {
    MeterSnapshot second = sample_meter();
    second.name = "second";
    second.identity.serial_number = "2";
    timing_.command_gap = std::chrono::hours(1);
    store_.update(sample_meter());
    store_.update(second);
  }
  // The answer of the other meter is the proof that what was sent before it has been looked at.
  [[nodiscard]] ::testing::AssertionResult second_is_read() {
    broker_.publish(topics_.command("nes_2"), "read_now");
    return eventually([this] { return !received_.empty() && received_.back() == "second"; });
  }
  [[nodiscard]] ::testing::AssertionResult online() {
    return eventually([this] {
      return watcher_.payload(availability_) == "online" &&
             watcher_.payload(topics_.availability("nes_2")) == "online";
    });
  }

  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
};

TEST_F(Commands, ReadNowReachesTheMeterItIsSentTo) {
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  broker_.publish(command_, "read_now");
  ASSERT_TRUE(eventually([this] { return !received_.empty(); }));
  EXPECT_EQ(received_, Names{"main"});
}

TEST_F(Commands, RetainedOnesAreIgnored) {
  broker_.publish(command_, "read_now", true);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  ASSERT_TRUE(second_is_read());
  EXPECT_EQ(received_, Names{"second"});
}

TEST_F(Commands, UnknownOnesAreIgnored) {
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  for (const std::string& nonsense :
       {std::string(), std::string("READ_NOW"), std::string("read_now "),
        std::string("\x01\xFF%s\x1b[31m"), std::string(100'000, 'x'),
        std::string("read_now") + std::string(200, '\t')}) {
    broker_.publish(command_, nonsense);
  }
  ASSERT_TRUE(second_is_read());
  EXPECT_EQ(received_, Names{"second"});
}

TEST_F(Commands, AFloodOfThemMakesOne) {
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  for (int presses = 0; presses < 10; ++presses) {
    broker_.publish(command_, "read_now");
  }
  ASSERT_TRUE(second_is_read());
  EXPECT_EQ(received_, (Names{"main", "second"}));
}

TEST_F(Commands, AreHeardAgainAfterTheConnectionWasLost) {
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  cut_connections_to(broker_.port());
  ASSERT_TRUE(eventually([&] { return watcher_.history(availability_) == "online,online"; }));
  broker_.publish(command_, "read_now");
  EXPECT_TRUE(eventually([this] { return received_ == Names{"main"}; }));
}

TEST_F(Commands, AreHeardForAMeterThatIsIdentifiedLate) {
  ASSERT_TRUE(connect(broker_));
  MeterSnapshot late = sample_meter();
  late.name = "late";
  late.identity.serial_number = "3";
  store_.update(late);
  ASSERT_TRUE(eventually([&] { return watcher_.count(topics_.availability("nes_3")) == 1; }));
  broker_.publish(topics_.command("nes_3"), "read_now");
  EXPECT_TRUE(eventually([this] { return received_ == Names{"late"}; }));
}

}  // namespace
}  // namespace irmeterd
