#include "tests/support/moving_truth.hpp"

#include <algorithm>
#include <chrono>

namespace irmeter::testing {
namespace {

using std::chrono::seconds;

// What a value was made of has to be believed for the value to be there.
bool may_be_absent(const QuantityInfo& quantity, const QuantitySet& held) {
  const auto is_held = [&](Quantity id) { return held.test(static_cast<std::size_t>(id)); };
  return quantity.source == Source::derived
             ? is_held(Quantity::power_import) || is_held(Quantity::power_export)
             : is_held(quantity.id);
}

template <typename Raw>
bool same_bytes(const Raw& read, const Raw& expected, const QuantitySet& held) {
  return read ? read == expected : held.any();
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
    return "a value was believed that cannot be true";
  }
  if (!fits(*reading, record.poll.held, Source::bt23, from, to)) {
    return "registers that were never true in this poll";
  }
  if (!fits(*reading, record.poll.held, Source::bt28, from, to)) {
    return "present values that were never true in this poll";
  }
  return {};
}

// Registers and present values are read one after the other: each may be of another second.
bool MovingTruth::fits(const Reading& reading, const QuantitySet& held, Source source,
                       std::int32_t from, std::int32_t to) const {
  const auto of_source = [source](const QuantityInfo& quantity) {
    return quantity.source == source ||
           (quantity.source == Source::derived && source == Source::bt28);
  };
  for (std::int32_t second = from; second <= to; ++second) {
    const Reading expected = truth(distinct_values(second), profile_);
    const bool same_values = std::ranges::all_of(quantities, [&](const QuantityInfo& quantity) {
      const auto value = reading.values.get(quantity.id);
      return !of_source(quantity) || value == expected.values.get(quantity.id) ||
             (!value && may_be_absent(quantity, held));
    });
    const bool same_raw =
        source == Source::bt23
            ? same_bytes(reading.raw_registers, expected.raw_registers, held)
            : same_bytes(reading.raw_present_values, expected.raw_present_values, held);
    if (same_values && same_raw) {
      return true;
    }
  }
  return false;
}

}  // namespace irmeter::testing
