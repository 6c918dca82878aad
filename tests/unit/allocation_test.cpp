// A poll in an open session asks for no memory: what the core needs, it has by then.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "tests/support/pair.hpp"

namespace {

// There is one heap, and the operators below have no other place to count in.
std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace irmeter::testing {
namespace {

// A reader and a meter, of which the reader's allocations are counted.
class Counted {
 public:
  explicit Counted(const Bench& bench)
      : client_(bench.options, *Key::from_text(bench.key)), meter_(bench.settings) {
    meter_.set_values(distinct_values());
    client_.line_ready(now_);
    client_.start(now_);
    carry();
  }

  // Runs until so many polls more have ended well; returns what they have allocated.
  std::size_t run(unsigned polls) {
    const std::size_t before = counted_;
    for (const unsigned wanted = readings_ + polls; readings_ < wanted;) {
      now_ = std::max(now_, *earlier(client_.deadline(), meter_.deadline()));
      meter_.timeout(now_);
      hear();
      count([&] { client_.timeout(now_); });
      carry();
    }
    return counted_ - before;
  }

  unsigned stray_light = 0;  // so often in front of everything the meter sends

 private:
  template <typename Action>
  void count(const Action& action) {
    const std::size_t before = allocations;
    action();
    counted_ += allocations - before;
  }

  void hear() {
    if (const Bytes bytes = meter_.transmit(); !bytes.empty()) {
      const Bytes noise(100, 0x55);
      for (unsigned i = 0; i < stray_light; ++i) {
        count([&] { client_.receive(noise, now_); });
      }
      count([&] { client_.receive(bytes, now_); });
    }
  }

  void carry() {
    for (;;) {
      std::optional<MeterOutput> output;
      count([&] { output = client_.output(); });
      if (!output) {
        break;
      }
      if (const auto* transmit = std::get_if<Transmit>(&*output)) {
        meter_.receive(transmit->bytes, now_);
      } else if (std::holds_alternative<KeyQuestion>(*output)) {
        client_.answer_key(KeyPermission::proven, now_);
      } else if (const auto* poll = std::get_if<PollEnded>(&*output)) {
        readings_ += poll->reading() != nullptr ? 1U : 0U;
      }
    }
  }

  Meter client_;
  irmetersim::SimulatedMeter meter_;
  Instant now_{std::chrono::hours(1)};
  unsigned readings_ = 0;
  std::size_t counted_ = 0;
};

TEST(Allocations, OfSlowValuesInThePausesAreNone) {
  Bench bench;
  bench.options.session = MeterOptions::SessionMode::keep;
  bench.options.interval = std::chrono::seconds(2);
  bench.options.pace.slow_interval = std::chrono::seconds(4);
  bench.options.pace.fast.reset(static_cast<std::size_t>(Quantity::frequency));
  Counted reader(bench);
  EXPECT_LT(reader.run(6), 100U);
  EXPECT_EQ(reader.run(100), 0U);
}

TEST(Allocations, OfStrayLightAreNone) {
  Bench bench;
  bench.options.session = MeterOptions::SessionMode::keep;
  bench.options.interval = std::chrono::seconds(2);
  Counted reader(bench);
  EXPECT_LT(reader.run(2), 100U);
  reader.stray_light = 50;
  EXPECT_EQ(reader.run(100), 0U);
}

TEST(Allocations, OfAPollInAnOpenSessionAreNone) {
  Bench bench;
  bench.options.session = MeterOptions::SessionMode::keep;
  bench.options.interval = std::chrono::seconds(2);
  Counted reader(bench);
  EXPECT_LT(reader.run(2), 100U);  // the first session, with all that is read once of a meter
  EXPECT_EQ(reader.run(100), 0U);
}

}  // namespace
}  // namespace irmeter::testing
