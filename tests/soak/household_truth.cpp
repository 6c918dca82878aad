#include "tests/soak/household_truth.hpp"

#include <algorithm>

#include "tests/support/pair.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

// A register that is held back keeps the value it had, for a few readings.
constexpr auto longest_held = 60s;

// From the last byte on the line to the clock being read, on a machine that has other things to do.
constexpr auto slack = 2s;

// What comes with a poll. Slow values are of other moments, each part of them of its own.
bool is_of_a_poll(irmeter::Quantity quantity) {
  return irmeter::usual_quantities().test(static_cast<std::size_t>(quantity));
}

bool fits(const irmeter::Values& shown, const irmeter::Values& truth, bool registers) {
  return std::ranges::all_of(irmeter::quantities, [&](const irmeter::QuantityInfo& quantity) {
    const auto value = shown.get(quantity.id);
    return irmeter::is_register(quantity.id) != registers || !is_of_a_poll(quantity.id) || !value ||
           value == truth.get(quantity.id);
  });
}

std::string text(const irmeter::Values& values) {
  std::string text;
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    if (const auto value = values.get(quantity.id)) {
      text += " " + std::string(quantity.key) + "=" + std::to_string(*value);
    }
  }
  return text;
}

}  // namespace

HouseholdTruth::HouseholdTruth(const irmetersim::HouseholdSettings& settings, unsigned speed,
                               WallTime not_before, WallTime not_after)
    : household_(settings), speed_(speed), not_before_(not_before), not_after_(not_after) {}

std::size_t HouseholdTruth::seconds_between(WallTime from, WallTime to) const {
  const auto passed = std::max(to - from, WallTime::duration::zero()) * speed_;
  return static_cast<std::size_t>(std::chrono::floor<std::chrono::seconds>(passed).count());
}

const irmeter::Reading& HouseholdTruth::at(std::size_t second) {
  while (truths_.size() <= second) {
    const irmetersim::MeterValues values = household_.values(std::chrono::seconds(truths_.size()));
    irmeter::Reading truth = irmeter::testing::truth(values, *irmetersim::find_profile("plain"));
    for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
      if (quantity.source == irmeter::Source::bt23) {
        truth.values.set(quantity.id, values.summations[quantity.index]);
      } else if (quantity.source == irmeter::Source::tiers) {
        truth.values.set(quantity.id, values.tiers[quantity.index / 2U][quantity.index % 2U]);
      } else if (quantity.source == irmeter::Source::bt28) {
        truth.values.set(quantity.id, values.present[quantity.index]);
      }
    }
    truths_.push_back(truth);
  }
  return truths_[second];
}

bool HouseholdTruth::was_true(irmeter::Quantity quantity, std::int64_t value, std::size_t until) {
  for (std::size_t second = until + 1; second-- > 0;) {
    if (at(second).values.get(quantity) == value) {
      return true;
    }
  }
  return false;
}

std::string HouseholdTruth::lie_of(const Shown& shown, std::chrono::milliseconds poll_time) {
  const std::size_t from = seconds_between(not_after_, shown.read_at - poll_time - slack);
  const std::size_t registers_from =
      seconds_between(not_after_, shown.read_at - poll_time - slack - longest_held);
  const std::size_t to = seconds_between(not_before_, shown.read_at + slack);
  const std::size_t seen = seconds_between(not_before_, shown.seen_at);
  bool registers_fit = false;
  bool present_values_fit = false;
  for (std::size_t second = registers_from; second <= to; ++second) {
    const irmeter::Reading& truth = at(second);
    registers_fit = registers_fit || fits(shown.reading.values, truth.values, true);
    present_values_fit =
        present_values_fit || (second >= from && fits(shown.reading.values, truth.values, false));
  }
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    const auto value = shown.reading.values.get(quantity.id);
    const bool is_known = at(seen).values.get(quantity.id).has_value();
    if (value && is_known && !is_of_a_poll(quantity.id) && !was_true(quantity.id, *value, seen)) {
      return shown.where + " shows " + std::string(quantity.key) + "=" + std::to_string(*value) +
             ", which was never true up to second " + std::to_string(seen) + " of the household";
    }
  }
  if (registers_fit && present_values_fit) {
    return {};
  }
  return shown.where + " shows " + (registers_fit ? "present values" : "registers") +
         " that were never true between second " + std::to_string(from) + " and " +
         std::to_string(to) + " of the household:" + text(shown.reading.values) +
         "; the last of them:" + text(at(to).values);
}

}  // namespace irmeterd
