// Values that a meter shows and that cannot be true: held back, never published, and believed after
// readings that agree on them; those of a register after ten minutes of such.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::seconds;

struct FalseValue {
  const char* name;
  const char* fault;
  std::vector<Quantity> quantities;  // that are false
};

std::ostream& operator<<(std::ostream& out, const FalseValue& value) {
  return out << value.name;
}

QuantitySet set_of(const std::vector<Quantity>& quantities) {
  QuantitySet set;
  for (const Quantity quantity : quantities) {
    set.set(static_cast<std::size_t>(quantity));
  }
  return set;
}

// What the meter measures, and what it shows of it, changes with every poll.
class Household : public SimulatedPair {
 public:
  explicit Household(SessionMode mode) : SimulatedPair(bench_with(mode)) {}

  // One more poll; the truth of its reading is in `measured`, what the meter shows in `shown`.
  PollEnded next_poll() {
    sim().set_values(distinct_values(static_cast<std::int32_t>(polls.size()) * 20));
    if (polls.empty()) {
      start();
    }
    EXPECT_TRUE(run_polls(polls.size() + 1));
    measured = truth(sim().measured(), profile_);
    shown = truth(sim().served(), profile_);
    return polls.back().poll;
  }

  Reading measured;
  Reading shown;

 private:
  static Bench bench_with(SessionMode mode) {
    Bench bench;
    bench.options.session = mode;
    bench.options.interval = seconds(10);
    return bench;
  }

  irmetersim::Profile profile_ = irmetersim::MeterSettings().profile;
};

// A reading in which these are held back: registers are as they were before, what else is held back
// is absent, and so is all that was made of it.
Reading held_back(Reading reading, const QuantitySet& withheld, const Reading& before) {
  for (const QuantityInfo& quantity : quantities) {
    if (!withheld.test(static_cast<std::size_t>(quantity.id))) {
      continue;
    }
    reading.values.set(quantity.id,
                       is_register(quantity.id) ? before.values.get(quantity.id) : std::nullopt);
    if (quantity.id == Quantity::power_import) {
      reading.values.set(Quantity::power, std::nullopt);
    }
  }
  return reading;
}

class FalseValues : public ::testing::TestWithParam<std::tuple<FalseValue, SessionMode>> {
 protected:
  FalseValues() {
    for (int i = 0; i < 3; ++i) {
      expect_truth(pair_.next_poll());
    }
  }

  void begin(const std::string& parameters) {
    const std::string fault = false_.fault;
    pair_.sim().faults().add(
        fault + (fault.find(':') == std::string::npos ? ":" : ",") + parameters, pair_.now);
  }
  void expect_truth(const PollEnded& poll) {
    ASSERT_NE(poll.reading(), nullptr);
    EXPECT_EQ(*poll.reading(), pair_.measured);
    before_ = *poll.reading();
    EXPECT_TRUE(poll.withheld.none());
    EXPECT_TRUE(poll.accepted.empty());
  }
  void expect_withheld(const PollEnded& poll) const {
    ASSERT_NE(poll.reading(), nullptr);
    EXPECT_EQ(*poll.reading(), held_back(pair_.measured, withheld_, before_));
    EXPECT_EQ(poll.withheld, withheld_);
    EXPECT_TRUE(poll.accepted.empty());
  }
  void expect_accepted(const PollEnded& poll) const {
    ASSERT_NE(poll.reading(), nullptr);
    EXPECT_EQ(*poll.reading(), pair_.shown);
    EXPECT_TRUE(poll.withheld.none());
    ASSERT_EQ(poll.accepted.size(), false_.quantities.size());
    for (std::size_t i = 0; i < poll.accepted.size(); ++i) {
      const Quantity quantity = false_.quantities[i];
      EXPECT_EQ(poll.accepted[i].quantity, quantity);
      EXPECT_EQ(poll.accepted[i].before, before_.values.get(quantity));
      EXPECT_EQ(poll.accepted[i].now, pair_.shown.values.get(quantity));
    }
  }

  const FalseValue false_ = std::get<0>(GetParam());
  const QuantitySet withheld_ = set_of(false_.quantities);
  Reading before_;  // the last one published as it was read
  Household pair_{std::get<1>(GetParam())};
};

TEST_P(FalseValues, ForOneOrTwoReadingsAreNeverPublished) {
  for (const int times : {1, 2}) {
    begin("times=" + std::to_string(times));
    for (int i = 0; i < times; ++i) {
      expect_withheld(pair_.next_poll());
    }
    for (int i = 0; i < 10; ++i) {
      expect_truth(pair_.next_poll());
    }
  }
}

TEST_P(FalseValues, NowAndThenAreNeverPublished) {
  begin("every=2");
  for (int i = 0; i < 20; ++i) {
    expect_truth(pair_.next_poll());
    expect_withheld(pair_.next_poll());
  }
}

TEST_P(FalseValues, ThatStayAreBelieved) {
  const bool are_registers = is_register(false_.quantities.front());
  begin("seed=1");
  // The third reading of a present value, and of a register the one after ten minutes.
  const int readings = are_registers ? 60 : 2;
  for (int i = 0; i < readings; ++i) {
    expect_withheld(pair_.next_poll());
  }
  expect_accepted(pair_.next_poll());
  for (int i = 0; i < 10; ++i) {
    const PollEnded poll = pair_.next_poll();
    ASSERT_NE(poll.reading(), nullptr);
    EXPECT_EQ(*poll.reading(), pair_.shown);
    EXPECT_TRUE(poll.withheld.none());
    EXPECT_TRUE(poll.accepted.empty());
  }
}

const std::vector<Quantity> registers{Quantity::energy_import, Quantity::energy_export};

TEST(FirstRegisters, ThatAreFalseAreNeverPublished) {
  for (const SessionMode mode : {SessionMode::each, SessionMode::keep}) {
    for (const std::string readings : {"times=1", "after=1,times=1", "after=2,times=1"}) {
      for (const std::string fault : {"register-jump:", "register-jump:value=-1000,"}) {
        SCOPED_TRACE(fault + readings);
        Household pair(mode);
        pair.sim().faults().add(fault + readings, pair.now);
        Reading before;
        for (int poll = 0; poll < 10; ++poll) {
          const PollEnded ended = pair.next_poll();
          ASSERT_NE(ended.reading(), nullptr);
          EXPECT_TRUE(ended.withheld.none() || (poll < 2 && ended.withheld == set_of(registers)));
          EXPECT_EQ(*ended.reading(), held_back(pair.measured, ended.withheld, before));
          EXPECT_TRUE(ended.accepted.empty());
          before = *ended.reading();
        }
        EXPECT_EQ(pair.sim().faults().struck(irmetersim::FaultKind::register_jump), 1U);
      }
    }
  }
}

TEST(FirstRegisters, AreComparedWithWhatIsRememberedOfThisMeter) {
  constexpr std::int64_t published = 1'000;
  Household pair(SessionMode::keep);
  for (const Quantity quantity : registers) {
    pair.remembered.set(quantity, published);
  }
  const PollEnded poll = pair.next_poll();
  EXPECT_EQ(poll.withheld, set_of(registers));
  EXPECT_EQ(poll.reading()->values.get(Quantity::energy_import), published);
}

INSTANTIATE_TEST_SUITE_P(
    Values, FalseValues,
    ::testing::Combine(
        ::testing::Values(FalseValue{"Jump", "register-jump", registers},
                          FalseValue{"Fall", "register-jump:value=-1000", registers},
                          FalseValue{"Exchange", "register-jump:value=-9000", registers},
                          FalseValue{"Voltage", "voltage", {Quantity::voltage_l1}},
                          FalseValue{"Current", "current", {Quantity::current_l1}},
                          FalseValue{"Power", "power", {Quantity::power_import}},
                          FalseValue{"PowerFactor", "power-factor", {Quantity::power_factor_l1}},
                          FalseValue{"Frequency", "frequency", {Quantity::frequency}}),
        ::testing::Values(SessionMode::each, SessionMode::keep)),
    [](const auto& one) {
      return std::string(std::get<0>(one.param).name) +
             (std::get<1>(one.param) == SessionMode::keep ? "_Kept" : "_Each");
    });

}  // namespace
}  // namespace irmeter::testing
