#include "tests/support/moving_truth.hpp"

#include <algorithm>
#include <chrono>

namespace irmeter::testing {
namespace {

using std::chrono::seconds;

// What a value was made of has to be published for the value to be there.
bool is_held_back(const QuantityInfo& quantity, const QuantitySet& withheld) {
  const auto is_withheld = [&](Quantity id) { return withheld.test(static_cast<std::size_t>(id)); };
  return quantity.source == Source::derived
             ? is_withheld(Quantity::power_import) || is_withheld(Quantity::power_export)
             : is_withheld(quantity.id);
}

}  // namespace

std::int32_t MovingTruth::second_of(Instant at) const {
  return static_cast<std::int32_t>((at - start_) / seconds(1));
}

Instant MovingTruth::show(irmetersim::SimulatedMeter& meter, Instant now) {
  if (now >= next_second_) {
    const std::int32_t second = second_of(now);
    meter.set_values(distinct_values(second));
    next_second_ = start_ + seconds(second + 1);
  }
  return next_second_;
}

std::string MovingTruth::lie_of(const PollRecord& record) const {
  const Reading* const reading = record.poll.reading();
  if (reading == nullptr) {
    return {};
  }
  const std::int32_t from = second_of(record.ended - record.poll.duration);
  const std::int32_t to = second_of(record.ended);
  if (!record.poll.accepted.empty()) {
    return "a value was accepted that cannot be true";
  }
  if (!fits(*reading, record.poll.withheld, Source::bt23, from, to)) {
    return "registers that were never true in this poll";
  }
  if (!fits(*reading, record.poll.withheld, Source::bt28, from, to)) {
    return "present values that were never true in this poll";
  }
  return {};
}

// Registers and present values are read one after the other: each may be of another second.
bool MovingTruth::fits(const Reading& reading, const QuantitySet& withheld, Source source,
                       std::int32_t from, std::int32_t to) const {
  const auto of_source = [source](const QuantityInfo& quantity) {
    return quantity.source == source ||
           (quantity.source == Source::derived && source == Source::bt28);
  };
  for (std::int32_t second = from; second <= to; ++second) {
    const Reading expected = truth(distinct_values(second), profile_);
    if (std::ranges::all_of(quantities, [&](const QuantityInfo& quantity) {
          const auto value = reading.values.get(quantity.id);
          const auto is = expected.values.get(quantity.id);
          // A register that is held back has an earlier value.
          return !of_source(quantity) || value == is ||
                 (is_held_back(quantity, withheld) &&
                  (!value || (is_register(quantity.id) && *value < *is)));
        })) {
      return true;
    }
  }
  return false;
}

}  // namespace irmeter::testing
