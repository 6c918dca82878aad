#include "tests/soak/household_truth.hpp"

#include <algorithm>

#include "tests/support/pair.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

// A register that is held back keeps the value it had, for a few readings.
constexpr auto longest_held = 60s;

// From the last byte on the line to the clock being read, on a machine that has other things to do.
constexpr auto slack = 1s;

bool fits(const irmeter::Values& shown, const irmeter::Values& truth, bool registers) {
  return std::ranges::all_of(irmeter::quantities, [&](const irmeter::QuantityInfo& quantity) {
    const auto value = shown.get(quantity.id);
    return irmeter::is_register(quantity.id) != registers || !value ||
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
    truths_.push_back(
        irmeter::testing::truth(household_.values(std::chrono::seconds(truths_.size())),
                                *irmetersim::find_profile("plain")));
  }
  return truths_[second];
}

std::string HouseholdTruth::lie_of(const Shown& shown, std::chrono::milliseconds poll_time) {
  const std::size_t from = seconds_between(not_after_, shown.read_at - poll_time - slack);
  const std::size_t registers_from =
      seconds_between(not_after_, shown.read_at - poll_time - slack - longest_held);
  const std::size_t to = seconds_between(not_before_, shown.read_at + slack);
  bool registers_fit = false;
  bool present_values_fit = false;
  for (std::size_t second = registers_from; second <= to; ++second) {
    const irmeter::Reading& truth = at(second);
    registers_fit = registers_fit || fits(shown.reading.values, truth.values, true);
    present_values_fit =
        present_values_fit || (second >= from && fits(shown.reading.values, truth.values, false));
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
