// Over any readings at any times: what is published obeys the rules or is told, nothing is held
// back for longer than promised, and a register that is keeps its value.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <random>

#include "lib/meter/plausibility.hpp"

namespace irmeter::testing {
namespace {

using namespace std::chrono_literals;

// The rules once more, from what is measured and not from the library's table of checks.
class Rules {
 public:
  explicit Rules(const MainFuse& fuse)
      : amperes_(2 * static_cast<std::int64_t>(fuse.amperes)),
        watts_(230 * amperes_ * fuse.phases) {}

  [[nodiscard]] bool obeyed(const QuantityInfo& quantity, std::optional<std::int64_t> before,
                            std::int64_t value, Duration elapsed) const {
    if (quantity.key.starts_with("energy")) {
      const std::int64_t seconds = (elapsed.count() + 999'999) / 1'000'000 + 10;
      return before && value >= *before && (value - *before - 2) * 3'600 <= watts_ * seconds;
    }
    return in_range(quantity, value) || (before && !in_range(quantity, *before));
  }

 private:
  [[nodiscard]] bool in_range(const QuantityInfo& quantity, std::int64_t value) const {
    if (quantity.key.starts_with("power_factor")) {
      return value >= -1'000 && value <= 1'000;
    }
    const std::int64_t most = quantity.key.starts_with("voltage")   ? 300'000
                              : quantity.key.starts_with("current") ? 1'000 * amperes_
                                                                    : watts_;
    return quantity.key == "frequency" ? value >= 40'000 && value <= 70'000
                                       : value >= 0 && value <= most;
  }

  std::int64_t amperes_;
  std::int64_t watts_;
};

// Those with other keys follow the same rules.
bool is_checked(const QuantityInfo& quantity) {
  return quantity.source != Source::derived &&
         usual_quantities().test(static_cast<std::size_t>(quantity.id));
}

// A meter that mostly behaves, and otherwise does anything a 32-bit integer and a clock allow.
class WildMeter {
 public:
  // wrong: how many of its values are, in percent.
  WildMeter(unsigned seed, unsigned wrong) : random_(seed), wrong_(wrong) {}

  Reading next() {
    Reading reading;
    for (const QuantityInfo& quantity : quantities) {
      if (is_checked(quantity) && !one_in(9)) {
        reading.values.set(quantity.id, next(level(quantity.id)));
      }
    }
    const auto imported = reading.values.get(Quantity::power_import);
    const auto exported = reading.values.get(Quantity::power_export);
    if (imported && exported) {
      reading.values.set(Quantity::power, *imported - *exported);
    }
    return reading;
  }

  Duration pause() {
    if (one_in(20)) {
      return std::chrono::hours(number(0, 100'000));
    }
    return std::chrono::milliseconds(number(0, 20'000));
  }

 private:
  std::int64_t& level(Quantity quantity) { return levels_[static_cast<std::size_t>(quantity)]; }

  std::int64_t next(std::int64_t& level) {
    level = std::min<std::int64_t>(level + number(0, 50), 2'147'483'647);
    if (number(0, 99) >= wrong_) {
      return level;
    }
    switch (number(0, 4)) {
      case 0:
        return level = number(-2'147'483'648, 2'147'483'647);  // for good
      case 1:
        return number(-2'147'483'648, 2'147'483'647);
      case 2:
        return level + number(-3, 3);
      case 3:
        return level + 1'000'000;
      default:
        return 0;
    }
  }

  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool one_in(std::int64_t n) { return number(1, n) == 1; }

  std::mt19937 random_;
  unsigned wrong_;
  std::array<std::int64_t, quantity_count> levels_{};
};

bool is_accepted(const Plausibility::Checked& checked, const Plausibility::Accepted& wanted) {
  return std::ranges::count(checked.accepted, wanted) == 1;
}

class AnyReadings : public ::testing::TestWithParam<unsigned> {
 protected:
  // One quantity of one reading.
  void check(const QuantityInfo& quantity, const Reading& read,
             const Plausibility::Checked& checked) {
    const auto number = static_cast<std::size_t>(quantity.id);
    const auto value = read.values.get(quantity.id);
    const auto published = checked.reading.values.get(quantity.id);
    const bool held = checked.withheld.test(number);
    if (!value) {
      EXPECT_FALSE(published || held) << quantity.key;
      return;
    }
    const bool is_energy = quantity.key.starts_with("energy");
    Past& past = past_[number];
    EXPECT_EQ(published, !held ? value : is_energy ? past.published : std::nullopt) << quantity.key;
    // A register begins with the value before, which was held back for having none before itself.
    const bool begins = is_energy && !past.published;
    const auto& before = begins ? past.doubted : past.published;
    const bool obeys =
        rules_.obeyed(quantity, before, *value, now_ - (begins ? past.doubted_at : past.at));
    if (!obeys) {
      const bool agrees =
          past.doubted && rules_.obeyed(quantity, past.doubted, *value, now_ - past.doubted_at);
      past.agreeing = agrees ? past.agreeing + 1 : 1;
      past.agree_since = agrees ? past.agree_since : now_;
    }
    past.doubted = value;
    past.doubted_at = now_;
    const bool agreed = past.agreeing >= 3 && (!is_energy || now_ - past.agree_since >= 10min);
    EXPECT_EQ(held, !obeys && (begins || !agreed)) << quantity.key << ' ' << *value;
    if (held) {
      return;
    }
    EXPECT_NE(is_accepted(checked, {quantity.id, past.published, *value}), obeys)
        << quantity.key << ' ' << *value;
    accepted_ += obeys ? 0 : 1;
    past = {};
    past.published = published;
    past.at = now_;
  }

  struct Past {
    std::optional<std::int64_t> published;
    Instant at{};
    // Since then:
    std::optional<std::int64_t> doubted;
    Instant doubted_at{};
    int agreeing = 0;
    Instant agree_since{};
  };

  MainFuse fuse_{.phases = 1 + GetParam() % 3, .amperes = 1 + GetParam() * 40};
  Rules rules_{fuse_};
  Plausibility plausibility_{{.main_fuse = fuse_}};
  Instant now_{};
  std::array<Past, quantity_count> past_;
  std::size_t accepted_ = 0;
};

TEST_P(AnyReadings, ArePublishedByTheRulesAndHeldAsLongAsPromised) {
  WildMeter meter(GetParam(), GetParam() * 10);
  std::size_t told = 0;
  for (int round = 0; round < 10'000 && !HasFailure(); ++round) {
    now_ += meter.pause();
    const Reading read = meter.next();
    const auto checked = plausibility_.check(read, now_);
    for (const QuantityInfo& quantity : quantities) {
      if (is_checked(quantity)) {
        check(quantity, read, checked);
      }
    }
    told += checked.accepted.size();

    const Values& values = checked.reading.values;
    EXPECT_EQ(values.get(Quantity::power).has_value(),
              values.get(Quantity::power_import) && values.get(Quantity::power_export));
  }
  EXPECT_EQ(told, accepted_);
}

INSTANTIATE_TEST_SUITE_P(OfBetterAndWorseMeters, AnyReadings, ::testing::Range(0U, 11U));

}  // namespace
}  // namespace irmeter::testing
