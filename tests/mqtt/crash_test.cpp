// A daemon that was killed, or lost its power, while a meter was online; and the one after it.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

class Crash : public MqttFixture {
 protected:
  static MeterSnapshot unidentified() {
    MeterSnapshot meter = gone_stale(sample_meter());
    meter.identity = {};
    meter.reading.reset();
    return meter;
  }
  static MeterSnapshot another() {
    MeterSnapshot meter = sample_meter();
    meter.name = "other";
    meter.identity.serial_number = "0000000099999999";
    return meter;
  }
  [[nodiscard]] ::testing::AssertionResult online(const std::string& id = sample_id) {
    return eventually([&] { return watcher_.payload(topics_.availability(id)) == "online"; });
  }
  [[nodiscard]] ::testing::AssertionResult offline() {
    return eventually([&] { return watcher_.payload(availability_) == "offline"; });
  }
  // The publisher loses the broker and says nothing more; its meters are gone from the store.
  void crash() {
    cut_connections_to(broker_.port());
    ASSERT_TRUE(eventually(
        [&] { return !publisher_->connected() && watcher_.payload(daemon_) == "offline"; }));
    end();
    store_.remove("main");
    ASSERT_EQ(watcher_.payload(availability_), "online");
    watcher_.forget();
  }
  // True once the publisher has read whatever the broker kept for it: a command to the other meter
  // comes after that.
  [[nodiscard]] ::testing::AssertionResult has_listened() {
    store_.update(another());
    if (const auto there = online("nes_0000000099999999"); !there) {
      return there;
    }
    broker_.publish(topics_.command("nes_0000000099999999"), "read_now");
    return eventually([&] { return !received_.empty(); });
  }
  void SetUp() override { timing_.retry.first_wait = std::chrono::hours(1); }

  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
  std::string sample_list_ = "[\"" + std::string(sample_id) + "\"]";
};

TEST_F(Crash, LeavesNoMeterOnlineThatTheNextDaemonHasNotIdentified) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  crash();
  store_.update(unidentified());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(offline());
  store_.update(sample_meter());
  ASSERT_TRUE(online());
  EXPECT_EQ(watcher_.history(availability_), "offline,online");
  EXPECT_EQ(watcher_.payload(list_), sample_list_);
}

// Or what is retained is shown as live for a moment.
TEST_F(Crash, IsPutRightBeforeTheDaemonIsOnline) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  crash();
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_) == "online"; }));
  EXPECT_EQ(watcher_.payload(availability_), "offline");
}

TEST_F(Crash, IsForgottenOnceItsMetersAreOffline) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  crash();
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(offline());
  EXPECT_EQ(watcher_.history(list_), "");
  EXPECT_EQ(watcher_.count(list_), 1U);
  EXPECT_EQ(publisher_->remembered(), 2U);  // the daemon's availability and its device
}

TEST_F(Crash, IsNoticedAlsoWhereAnotherMeterIsIdentifiedFirst) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  crash();
  store_.update(another());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(offline());
  ASSERT_TRUE(online("nes_0000000099999999"));
  EXPECT_EQ(watcher_.payload(list_), R"(["nes_0000000099999999"])");
}

TEST_F(Crash, LeavesAMeterAloneThatIsIdentifiedAlready) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  crash();
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(has_listened());
  EXPECT_EQ(watcher_.history(availability_), "online");
}

TEST_F(Crash, AMalformedListIsIgnored) {
  broker_.publish(availability_, "online", true);
  broker_.publish(list_, "[\"" + std::string(sample_id) + "\",\"+/#\"]", true);
  store_.update(unidentified());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(has_listened());
  EXPECT_EQ(watcher_.history(availability_), "online");
}

TEST_F(Crash, AListPublishedMeanwhileIsIgnored) {
  store_.update(unidentified());
  ASSERT_TRUE(connect(broker_));
  broker_.publish(availability_, "online", true);
  broker_.publish(list_, sample_list_);
  ASSERT_TRUE(has_listened());
  EXPECT_EQ(watcher_.history(availability_), "online");
}

TEST_F(Crash, AfterAnOrderlyStopOrAStaleMeterNoListIsLeft) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(online());
  store_.update(gone_stale(sample_meter()));
  ASSERT_TRUE(offline());
  EXPECT_EQ(watcher_.history(list_), sample_list_ + ",");
  store_.update(gone_stale(next_poll(sample_meter())));
  store_.update(sample_meter());
  ASSERT_TRUE(online());
  end();
  ASSERT_TRUE(offline());
  EXPECT_EQ(watcher_.history(list_), sample_list_ + ",," + sample_list_ + ",");
}

}  // namespace
}  // namespace irmeterd
