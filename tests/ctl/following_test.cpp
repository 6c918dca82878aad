// How ir-meterctl follows the service: each change with all that belongs to it.
#include "tests/dbus/service_fixture.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"

namespace irmeterd {
namespace {

using irmeterctl::MeterInfo;

class CtlFollowing : public ServiceTest {
 protected:
  void SetUp() override {
    store.update(meter);
    start_all();
    irmeterctl::DaemonClient::Events events;
    events.daemon = [](bool) {};
    events.changed = [this](const MeterInfo&, const MeterInfo& after) { changes.push_back(after); };
    events.removed = [this](const MeterInfo&) { ++removed; };
    events.ended = [](const irmeterctl::Failure& failure) { ADD_FAILURE() << failure.what(); };
    watcher.emplace(Bus::system);
    watcher->watch(loop, std::move(events));
    ASSERT_TRUE(wait_until(loop, [this] { return changes.size() == 1; }));
    changes.clear();
  }

  // Without a turn of the loop: nobody is told yet.
  void read(std::int64_t power) {
    meter.failure.reset();
    meter.read_at += std::chrono::seconds(10);
    meter.reading->values.set(irmeter::Quantity::power, power);
    store.update(meter);
  }
  void fail() {
    meter.failure = irmeter::Failure{irmeter::Fault::no_response, "BT23"};
    store.update(meter);
  }
  [[nodiscard]] bool told() {
    return wait_until(loop, [this] { return !changes.empty(); });
  }
  void expect_shown(const MeterInfo& shown) {
    EXPECT_EQ(shown.read_at(), meter.read_at);
    EXPECT_EQ(shown.quantities.at("power"),
              static_cast<double>(*meter.reading->values.get(irmeter::Quantity::power)));
    EXPECT_EQ(shown.quantities.size(), irmeter::quantities.size());
    EXPECT_EQ(shown.state, irmeter::info(meter.state()).name);
  }

  MeterSnapshot meter = online_meter();
  std::vector<MeterInfo> changes;
  int removed = 0;
  std::optional<irmeterctl::DaemonClient> watcher;
};

TEST_F(CtlFollowing, ShowsEachReadingWithItsQuantities) {
  for (const std::int64_t power : {-250, 4711}) {
    changes.clear();
    read(power);
    ASSERT_TRUE(told());
    ASSERT_EQ(changes.size(), 1U);
    expect_shown(changes.front());
  }
}

// The quantities that it gets are those of the second one.
TEST_F(CtlFollowing, NeverShowsValuesOfTwoReadingsAsOne) {
  read(-250);
  read(4711);
  ASSERT_TRUE(told());
  expect_shown(changes.front());
  fail();
  ASSERT_TRUE(wait_until(loop, [this] { return changes.back().fault == "no-response"; }));
  EXPECT_EQ(changes.size(), 2U);
}

TEST_F(CtlFollowing, ShowsWhatChangesWhileItAsksWithTheReply) {
  read(-250);
  fail();
  ASSERT_TRUE(told());
  EXPECT_EQ(changes.size(), 1U);
  expect_shown(changes.front());
}

TEST_F(CtlFollowing, AsksForNothingWhereOnlyTheTimeHasChanged) {
  meter.read_at += std::chrono::seconds(10);
  store.update(meter);
  ASSERT_TRUE(told());
  expect_shown(changes.front());
}

TEST_F(CtlFollowing, SaysThatAMeterHasGoneWhileItAsks) {
  read(-250);
  store.remove("main");
  ASSERT_TRUE(wait_until(loop, [this] { return removed == 1; }));
  EXPECT_TRUE(changes.empty());
}

}  // namespace
}  // namespace irmeterd
