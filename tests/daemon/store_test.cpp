// One snapshot per meter, shown to every sink in the order they came.
#include "daemon/store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/sample.hpp"

namespace irmeterd {
namespace {

// Writes down what it is told, with its own name in front.
class Recorder final : public Sink {
 public:
  Recorder(std::string name, std::vector<std::string>& notes)
      : name_(std::move(name)), notes_(notes) {}
  void meter_added(const MeterSnapshot& meter) noexcept override {
    notes_.push_back(name_ + " added " + meter.name);
  }
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override {
    notes_.push_back(name_ + " changed " + after.name + " " +
                     std::to_string(before.counters.polls) + " to " +
                     std::to_string(after.counters.polls));
  }
  void meter_removed(const MeterSnapshot& meter) noexcept override {
    notes_.push_back(name_ + " removed " + meter.name);
  }

 private:
  std::string name_;
  std::vector<std::string>& notes_;
};

using Notes = std::vector<std::string>;

TEST(Store, ShowsEveryChangeToEverySinkInOrder) {
  Notes notes;
  Recorder first("first", notes);
  Recorder second("second", notes);
  Store store;
  store.add_sink(first);
  store.add_sink(second);
  const MeterSnapshot meter = sample_meter();
  store.update(meter);
  store.update(next_poll(meter));
  store.remove("main");
  EXPECT_EQ(notes,
            (Notes{"first added main", "second added main", "first changed main 17 to 18",
                   "second changed main 17 to 18", "first removed main", "second removed main"}));
  EXPECT_TRUE(store.meters().empty());
}

TEST(Store, SaysNothingWhenNothingHasChanged) {
  Notes notes;
  Recorder sink("sink", notes);
  Store store;
  store.add_sink(sink);
  store.update(sample_meter());
  store.update(sample_meter());
  store.remove("unknown");
  EXPECT_EQ(notes, (Notes{"sink added main"}));
}

TEST(Store, ShowsALateSinkTheMetersThereAre) {
  Notes notes;
  Recorder sink("late", notes);
  Store store;
  MeterSnapshot meter = sample_meter();
  store.update(meter);
  meter.name = "attic";
  store.update(meter);
  store.add_sink(sink);
  EXPECT_EQ(notes, (Notes{"late added attic", "late added main"}));
}

TEST(Store, ForgetsASinkThatWasRemoved) {
  Notes notes;
  Recorder sink("sink", notes);
  Store store;
  store.add_sink(sink);
  store.remove_sink(sink);
  store.update(sample_meter());
  EXPECT_EQ(notes, Notes{});
}

TEST(Snapshot, IsStaleAfterThreeIntervalsAndNotBeforeThirtySeconds) {
  using namespace std::chrono_literals;
  MeterSnapshot meter;
  meter.interval = 500ms;
  EXPECT_EQ(meter.stale_limit(), 30s);
  meter.interval = 10s;
  EXPECT_EQ(meter.stale_limit(), 30s);
  meter.interval = 10'001ms;
  EXPECT_EQ(meter.stale_limit(), 30'003ms);
  meter.interval = 1h;
  EXPECT_EQ(meter.stale_limit(), 3h);
}

}  // namespace
}  // namespace irmeterd
