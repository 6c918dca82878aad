#include "lib/meter/plausibility.hpp"

#include <chrono>
#include <cstddef>

#include "lib/meter/tables.hpp"

namespace irmeter {
namespace {

constexpr std::int64_t mains_voltage = 230;  // V

// A fuse may carry 1.6 times its rating for an hour (IEC 60269), and the mains may be 10 % above
// nominal (EN 50160): rounded up.
constexpr std::int64_t margin = 2;

// A reading is checked when its poll ends; its registers were read up to this much earlier, and not
// equally early each time.
constexpr Duration poll_spread = std::chrono::seconds(10);

// The meter counts whole Wh, and most_rise() rounds down.
constexpr std::int64_t rounding = 2;  // Wh

// Above what a phase reaches in order (253 V). A broken neutral lifts it up to 400 V, which is
// worth the warning that comes with accepting it.
constexpr std::int64_t most_voltage = 300'000;  // mV

constexpr std::int64_t most_angle = 36'000;  // hundredths of a degree

constexpr std::int64_t most_power_factor = 1'000;  // thousandths

// No grid of 50 or 60 Hz stays connected beyond these (EN 50160 allows 42.5 to 57.5 Hz off the
// mainland).
constexpr std::int64_t least_frequency = 40'000;  // mHz
constexpr std::int64_t most_frequency = 70'000;   // mHz

}  // namespace

std::int64_t Plausibility::most_power() const {
  return margin * mains_voltage * options_.main_fuse.phases * options_.main_fuse.amperes;
}

// In whole seconds, so that no uptime makes the product overflow.
std::int64_t Plausibility::most_rise(Duration elapsed) const {
  const auto time = std::chrono::ceil<std::chrono::seconds>(elapsed + poll_spread);
  return most_power() * time.count() / 3'600 + rounding;
}

bool Plausibility::in_range(const QuantityInfo& quantity, std::int64_t value) const {
  std::int64_t most = 0;
  switch (quantity.check) {
    case Check::none:
    case Check::rise:
    case Check::count:
      return true;
    case Check::power:
      most = most_power();
      break;
    case Check::current:
      most = margin * options_.main_fuse.amperes * 1'000;
      break;
    case Check::voltage:
      most = most_voltage;
      break;
    case Check::power_factor:
      most = most_power_factor;
      break;
    case Check::angle:
      most = most_angle;
      break;
    case Check::frequency:
      return value >= least_frequency && value <= most_frequency;
  }
  return value <= most && value >= (quantity.may_be_negative ? -most : 0);
}

// Out of range is plausible only after out of range: what was accepted once stays accepted.
bool Plausibility::plausible(const QuantityInfo& quantity, const Sample& before,
                             const Sample& now) const {
  if (quantity.check != Check::rise && quantity.check != Check::count) {
    return in_range(quantity, now.value) ||
           (before.is_there() && !in_range(quantity, before.value));
  }
  if (!before.is_there()) {
    return true;
  }
  const std::int64_t rise = now.value - before.value;
  return rise >= 0 && (quantity.check == Check::count || rise <= most_rise(now.at - before.at));
}

// Null where there is none.
Plausibility::Doubt* Plausibility::doubt_of(Quantity quantity) {
  for (Doubt& doubt : doubts_) {
    if (doubt.quantity == quantity) {
      return &doubt;
    }
  }
  return nullptr;
}

// Whether the readings that were withheld are true after all.
bool Plausibility::agreed(const Doubt& doubt) const {
  if (!is_register(doubt.quantity)) {
    return doubt.agreeing >= agreeing_readings;
  }
  if (!published_[static_cast<std::size_t>(doubt.quantity)].is_there()) {
    return doubt.agreeing >= first_agreeing_readings;
  }
  return doubt.agreeing >= agreeing_readings &&
         doubt.latest.at - doubt.since >= options_.jump_after;
}

Plausibility::Checked Plausibility::check(const Reading& read, Instant now) {
  begun_ = true;
  Checked checked{read, {}, {}};
  for (const QuantityInfo& quantity : quantities) {
    const auto value = read.values.get(quantity.id);
    if (!value) {
      continue;
    }
    const auto number = static_cast<std::size_t>(quantity.id);
    Sample& published = published_[number];
    const Sample sample{*value, now};
    Doubt* doubt = doubt_of(quantity.id);
    const bool first = is_register(quantity.id) && !published.is_there();
    if (first || !plausible(quantity, published, sample)) {
      if (doubt == nullptr) {
        doubt = &doubts_.emplace_back(Doubt{quantity.id, 0, now, sample});
      }
      if (!plausible(quantity, doubt->latest, sample)) {
        doubt->agreeing = 0;
        doubt->since = now;
      }
      ++doubt->agreeing;
      doubt->latest = sample;
      const auto before = published.is_there() ? std::optional(published.value) : std::nullopt;
      if (!agreed(*doubt)) {
        checked.withheld.set(number);
        checked.reading.values.set(quantity.id, is_register(quantity.id) ? before : std::nullopt);
        continue;
      }
      if (!first) {
        checked.accepted.push_back({quantity.id, before, *value});
      }
    }
    published = sample;
    if (doubt != nullptr) {
      *doubt = doubts_.back();
      doubts_.pop_back();
      if (doubts_.empty()) {
        std::vector<Doubt>().swap(doubts_);  // and its memory
      }
    }
  }
  compute_differences(checked.reading.values);
  return checked;
}

void Plausibility::begin_anew(const Values& published, Instant at) {
  begun_ = false;
  published_ = {};
  doubts_.clear();
  for (const QuantityInfo& quantity : quantities) {
    if (const auto value = published.get(quantity.id)) {
      published_[static_cast<std::size_t>(quantity.id)] = {*value, at};
    }
  }
}

}  // namespace irmeter
