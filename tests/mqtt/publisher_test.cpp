#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/mqtt/fixture.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

class Publisher : public MqttFixture {
 protected:
  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};

  // What the broker keeps for those who come later, in alphabetical order.
  std::vector<std::string> retained() {
    std::vector<std::string> topics;
    const MqttWatcher late(loop_, broker_);
    // What is retained comes before what is published now.
    broker_.publish("test/end", "");
    EXPECT_TRUE(eventually([&] { return late.count("test/end") > 0; }));
    for (const MqttWatcher::Seen& seen : late.seen()) {
      if (seen.retained) {
        topics.push_back(seen.topic);
      }
    }
    std::sort(topics.begin(), topics.end());
    return topics;
  }
  bool online(const std::string& id = sample_id) {
    return watcher_.payload(topics_.availability(id)) == "online" &&
           watcher_.payload(daemon_) == "online";
  }
};

TEST_F(Publisher, SaysEverythingAboutAMeterThatWasRead) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  const MeterSnapshot meter = sample_meter();
  const QuantitySet all = meter.reading->values.present();
  EXPECT_EQ(watcher_.payload(daemon_), "online");
  EXPECT_EQ(watcher_.payload(list_), "[\"" + std::string(sample_id) + "\"]");
  EXPECT_EQ(watcher_.payload(registers_), registers_json(meter, all));
  EXPECT_EQ(watcher_.payload(live_), live_json(meter, all));
  EXPECT_EQ(watcher_.payload(diagnostics_), diagnostics_json(meter));
  EXPECT_EQ(json::parse(watcher_.payload(discovery_))["device"]["via_device"],
            json::parse(watcher_.payload(device_))["device"]["identifiers"][0]);
  EXPECT_EQ(watcher_.seen().size(), 8U);
}

TEST_F(Publisher, RetainsWhatStaysTrueAndNothingElse) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  EXPECT_EQ(retained(), (std::vector<std::string>{device_, discovery_, daemon_, list_,
                                                  availability_, diagnostics_, registers_}));
}

TEST_F(Publisher, UsesQosOneForWhatMustArrive) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  for (const std::string& topic :
       {daemon_, device_, discovery_, list_, registers_, diagnostics_, availability_}) {
    EXPECT_EQ(watcher_.latest(topic)->qos, 1) << topic;
  }
  EXPECT_EQ(watcher_.latest(live_)->qos, 0);
}

TEST_F(Publisher, SendsAvailabilityAfterValuesAndTheDaemonsLast) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  const auto& seen = watcher_.seen();
  EXPECT_EQ(seen.front().topic, device_);
  EXPECT_EQ(seen[1].topic, discovery_);
  EXPECT_EQ(seen[seen.size() - 2].topic, availability_);
  EXPECT_EQ(seen.back().topic, daemon_);
}

TEST_F(Publisher, SaysNothingAboutAMeterBeforeItIsIdentified) {
  MeterSnapshot unknown = sample_meter();
  unknown.name = "unknown";
  unknown.identity = {};
  unknown.reading.reset();
  unknown.stale = true;
  unknown.failure = irmeter::Failure{irmeter::Fault::silent, {}};
  store_.update(unknown);
  ASSERT_TRUE(connect(broker_));
  unknown.counters.polls += 1;
  store_.update(unknown);
  store_.update(sample_meter());
  ASSERT_TRUE(eventually([&] { return online(); }));
  for (const MqttWatcher::Seen& seen : watcher_.seen()) {
    EXPECT_TRUE(seen.topic == daemon_ || seen.topic == device_ || seen.topic == list_ ||
                seen.topic.find(sample_id) != std::string::npos)
        << seen.topic;
  }
}

TEST_F(Publisher, AMeterThatWasIdentifiedButNeverReadHasDiagnosticsOnly) {
  MeterSnapshot meter = gone_stale(sample_meter());
  meter.reading.reset();
  meter.failure = irmeter::Failure{irmeter::Fault::key_rejected, {}};
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "offline"; }));
  EXPECT_EQ(json::parse(watcher_.payload(diagnostics_))["state"], "key-rejected");
  EXPECT_EQ(watcher_.count(registers_), 0U);
  EXPECT_EQ(watcher_.count(live_), 0U);
}

TEST_F(Publisher, HoldsValuesBackUntilHomeAssistantHasHadTimeToSubscribe) {
  timing_.settle = std::chrono::hours(1);
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return watcher_.count(discovery_) == 1; }));
  store_.update(next_poll(sample_meter()));
  broker_.publish("homeassistant/status", "online");
  ASSERT_TRUE(eventually([&] { return watcher_.count(discovery_) == 2; }));
  for (const std::string& topic : {registers_, live_, diagnostics_, availability_}) {
    EXPECT_EQ(watcher_.count(topic), 0U) << topic;
  }
}

TEST_F(Publisher, PublishesEachPollOnce) {
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  for (std::size_t polls = 2; polls <= 4; ++polls) {
    meter = next_poll(meter);
    store_.update(meter);
    ASSERT_TRUE(eventually([&] { return watcher_.count(registers_) == polls; }));
  }
  EXPECT_EQ(watcher_.count(live_), 4U);
  EXPECT_EQ(watcher_.count(diagnostics_), 1U);
  EXPECT_EQ(watcher_.count(availability_), 1U);
  EXPECT_EQ(watcher_.count(discovery_), 1U);
  EXPECT_EQ(json::parse(watcher_.payload(registers_))["energy_import_kwh"], 344.183);
}

// A poll that brings other momentary values, and nothing new of what the broker keeps.
MeterSnapshot quiet_poll(MeterSnapshot meter) {
  ++meter.counters.polls;
  meter.read_at += std::chrono::seconds(10);
  meter.poll_time += std::chrono::milliseconds(1);
  irmeter::Values& values = meter.reading->values;
  values.set(irmeter::Quantity::power, *values.get(irmeter::Quantity::power) + 1);
  return meter;
}

TEST_F(Publisher, WhatTheBrokerKeepsGoesOutWhenItChanges) {
  timing_.unchanged = std::chrono::hours(1);
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  for (std::size_t polls = 2; polls <= 4; ++polls) {
    store_.update(meter = quiet_poll(meter));
    ASSERT_TRUE(eventually([&] { return watcher_.count(live_) == polls; }));
  }
  ++meter.counters.retries;
  store_.update(meter = quiet_poll(meter));
  ASSERT_TRUE(eventually([&] { return watcher_.count(diagnostics_) == 2; }));
  EXPECT_EQ(watcher_.count(registers_), 1U);
  EXPECT_EQ(watcher_.payload(diagnostics_), diagnostics_json(meter));
  meter.reading->values.set(irmeter::Quantity::energy_import, 344999);
  store_.update(meter = quiet_poll(meter));
  ASSERT_TRUE(eventually([&] { return watcher_.count(registers_) == 2; }));
  EXPECT_EQ(watcher_.count(diagnostics_), 2U);
}

TEST_F(Publisher, WhatTheBrokerKeepsGoesOutNowAndThen) {
  timing_.unchanged = std::chrono::milliseconds(0);
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  store_.update(meter = quiet_poll(meter));
  ASSERT_TRUE(eventually([&] { return watcher_.count(diagnostics_) == 2; }));
  ASSERT_TRUE(eventually([&] { return watcher_.count(registers_) == 2; }));
}

TEST_F(Publisher, LiveValuesWaitBehindNothing) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  const std::size_t before = watcher_.seen().size();
  store_.update(next_poll(sample_meter()));
  ASSERT_TRUE(eventually([&] { return watcher_.count(registers_) == 2; }));
  EXPECT_EQ(watcher_.seen()[before].topic, live_);
}

TEST_F(Publisher, ALostPollReportsItsStateAndRepeatsNoValue) {
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  meter = gone_stale(meter);
  meter.stale = false;
  store_.update(meter);
  ASSERT_TRUE(eventually([&] { return watcher_.count(diagnostics_) == 2; }));
  EXPECT_EQ(json::parse(watcher_.payload(diagnostics_))["state"], "silent");
  EXPECT_EQ(watcher_.count(live_), 1U);
  EXPECT_EQ(watcher_.count(registers_), 1U);
  EXPECT_TRUE(online());
}

TEST_F(Publisher, AStaleMeterIsOfflineAndKeepsItsRegisters) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  store_.update(gone_stale(sample_meter()));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "offline"; }));
  EXPECT_EQ(watcher_.count(live_), 1U);
  EXPECT_EQ(watcher_.count(registers_), 1U);
  EXPECT_EQ(retained(), (std::vector<std::string>{device_, discovery_, daemon_, availability_,
                                                  diagnostics_, registers_}));
  store_.update(next_poll(sample_meter()));
  ASSERT_TRUE(eventually([&] { return online(); }));
}

TEST_F(Publisher, WithoutDiscoveryHomeAssistantIsToldToForget) {
  broker_.publish(discovery_, "{}", true);
  broker_.publish(device_, "{}", true);
  MqttConfig config;
  config.url = broker_.url();
  config.discovery = Discovery::off;
  config.topic_prefix = "house/meters";
  store_.update(sample_meter());
  begin(config);
  const std::string topic = "house/meters/meter/" + std::string(sample_id) + "/availability";
  ASSERT_TRUE(eventually([&] { return watcher_.payload(topic) == "online"; }));
  const auto kept = retained();
  EXPECT_EQ(std::ranges::count(kept, discovery_) + std::ranges::count(kept, device_), 0);
}

// The head is in place and the meter silent since the daemon has started.
TEST_F(Publisher, AMeterKnownFromAnEarlierRunHasItsStateBeforeItAnswers) {
  MeterSnapshot meter = gone_stale(sample_meter());
  meter.remembered = std::exchange(meter.identity, {});
  meter.reading.reset();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_) == "online"; }));
  EXPECT_EQ(watcher_.payload(availability_), "offline");
  EXPECT_EQ(json::parse(watcher_.payload(diagnostics_))["state"], "silent");
  EXPECT_EQ(watcher_.count(discovery_), 0U);  // which quantities it has is not known yet
}

TEST_F(Publisher, AForeignOfflineIsPutRightWithTheNextPoll) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  broker_.publish(availability_, "offline", true);
  broker_.publish(availability_, "offline", true);
  ASSERT_TRUE(
      eventually([&] { return watcher_.history(availability_) == "online,offline,offline"; }));
  broker_.publish(command_, "read_now");  // what was published before has come by then
  ASSERT_TRUE(eventually([&] { return !received_.empty(); }));
  store_.update(next_poll(sample_meter()));
  ASSERT_TRUE(eventually([&] { return online(); }));
  store_.update(next_poll(next_poll(sample_meter())));
  ASSERT_TRUE(eventually([&] { return watcher_.count(live_) == 3; }));
  EXPECT_EQ(watcher_.history(availability_), "online,offline,offline,online");
}

// Or every entity is unavailable: each depends on the daemon's, too.
TEST_F(Publisher, SoIsOneOfTheDaemon) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_) == "online"; }));
  broker_.publish(daemon_, "", true);
  broker_.publish(daemon_, "offline", true);
  ASSERT_TRUE(eventually([&] { return watcher_.history(daemon_) == "online,,offline"; }));
  broker_.publish(command_, "read_now");  // what was published before has come by then
  ASSERT_TRUE(eventually([&] { return !received_.empty(); }));
  store_.update(next_poll(sample_meter()));
  ASSERT_TRUE(eventually([&] { return watcher_.payload(daemon_) == "online"; }));
  store_.update(next_poll(next_poll(sample_meter())));
  ASSERT_TRUE(eventually([&] { return watcher_.count(live_) == 3; }));
  EXPECT_EQ(watcher_.history(daemon_), "online,,offline,online");
}

TEST_F(Publisher, ANewQuantityIsAnnouncedAndALostOneBecomesNull) {
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  meter = next_poll(meter);
  meter.reading->values.set(irmeter::Quantity::frequency, 50012);
  meter.reading->values.set(irmeter::Quantity::voltage_l3, std::nullopt);
  store_.update(meter);
  ASSERT_TRUE(eventually([&] { return watcher_.count(discovery_) == 2; }));
  const json components = json::parse(watcher_.payload(discovery_))["components"];
  EXPECT_TRUE(components.contains("frequency"));
  EXPECT_TRUE(components.contains("voltage_l3"));
  ASSERT_TRUE(eventually([&] { return watcher_.count(live_) == 2; }));
  const json live = json::parse(watcher_.payload(live_));
  EXPECT_EQ(live["frequency_hz"], 50.012);
  EXPECT_TRUE(live["voltage_l3_v"].is_null());
}

TEST_F(Publisher, AnExchangedMeterGoesOfflineAndTheNewOneIsAnnounced) {
  MeterSnapshot meter = sample_meter();
  store_.update(meter);
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  meter.identity.serial_number = "0000000099999999";
  store_.update(next_poll(meter));
  ASSERT_TRUE(eventually([&] { return online("nes_0000000099999999"); }));
  EXPECT_EQ(watcher_.payload(availability_), "offline");
  EXPECT_EQ(watcher_.count(topics_.discovery("nes_0000000099999999")), 1U);
  EXPECT_EQ(watcher_.count(live_), 1U);
}

TEST_F(Publisher, ARemovedMeterGoesOffline) {
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  ASSERT_TRUE(eventually([&] { return online(); }));
  store_.remove("main");
  ASSERT_TRUE(eventually([&] { return watcher_.payload(availability_) == "offline"; }));
  // Its device stays, and is unavailable: no entity goes on as it was.
  auto last = json::parse(watcher_.payload(diagnostics_));
  EXPECT_EQ(last["meter"], sample_id);
  EXPECT_TRUE(last["state"].is_null());
  EXPECT_EQ(last.size(), json::parse(diagnostics_json(sample_meter())).size());
  EXPECT_EQ(publisher_->remembered(), 2U);  // the daemon's availability and its device
}

TEST_F(Publisher, OfTwoConfiguredMetersThatAreOneTheFirstIsPublished) {
  MeterSnapshot twin = next_poll(sample_meter());
  twin.name = "twin";
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker_));
  store_.update(twin);
  ASSERT_TRUE(eventually([&] { return online(); }));
  EXPECT_EQ(watcher_.history(registers_),
            registers_json(sample_meter(), sample_meter().reading->values.present()));
  store_.remove("main");
  store_.update(next_poll(twin));
  ASSERT_TRUE(eventually([&] { return watcher_.count(registers_) == 2 && online(); }));
}

}  // namespace
}  // namespace irmeterd
