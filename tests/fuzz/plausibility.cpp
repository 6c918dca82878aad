// Plausibility against any readings at any times: a present value is published as it was read or
// not at all, a register as it was read or as it was published last; a register that falls is told
// of, and nothing is withheld for longer than promised.
//
// Input: the main fuse, then readings: a byte for the time since the one before, and a byte that
// chooses a quantity and what becomes of it.

#include "lib/meter/plausibility.hpp"

#include <algorithm>
#include <array>

#include "tests/fuzz/input.hpp"

namespace {

using namespace std::chrono_literals;
using fuzz::Input;
using fuzz::require;
using irmeter::Duration;
using irmeter::Plausibility;
using irmeter::Quantity;
using irmeter::QuantityInfo;
using irmeter::Reading;

irmeter::MainFuse fuse_of(Input& input) {
  irmeter::MainFuse fuse;
  fuse.phases = 1U + input.byte() % 3U;
  fuse.amperes = 1U + input.word() % 10'000U;
  return fuse;
}

// 0 s to 15 of a unit.
Duration pause_of(Input& input) {
  constexpr std::array<Duration, 6> units{1ms, 1s, 10s, 1h, 24h, 24h * 365};
  const unsigned choice = input.byte();
  return units[(choice & 0xFU) % units.size()] * (choice >> 4U);
}

std::int64_t int32_of(Input& input) {
  const std::uint32_t high = input.word();
  return static_cast<std::int32_t>(high << 16U | input.word());
}

class CheckedReadings {
 public:
  explicit CheckedReadings(const irmeter::MainFuse& fuse) : plausibility_({.main_fuse = fuse}) {}

  void step(Input& input) {
    now_ += pause_of(input);
    const unsigned choice = input.byte();
    const QuantityInfo& quantity = irmeter::quantities[(choice & 0x1FU) % irmeter::quantity_count];
    if (quantity.source == irmeter::Source::derived) {
      plausibility_.begin_anew();
      past_ = {};
    } else {
      change(quantity, choice >> 5U, input);
    }
    check();
  }

  // The same reading again and again is published.
  void settle() {
    Plausibility::Checked checked;
    for (unsigned again = 0; again < Plausibility::agreeing_readings; ++again) {
      now_ += irmeter::PlausibilityOptions().jump_after;
      checked = check();
    }
    require(checked.withheld.none() && checked.reading == read_, "what is read again is published");
  }

 private:
  void change(const QuantityInfo& quantity, unsigned how, Input& input) {
    const std::int64_t before = read_.values.get(quantity.id).value_or(0);
    switch (how) {
      case 0:
        read_.values.set(quantity.id, std::nullopt);
        break;
      case 1:
        read_.values.set(quantity.id, int32_of(input));
        break;
      default: {  // a step up or down; what a meter sends has 32 bits
        const std::int64_t step = static_cast<std::int8_t>(input.byte()) * (1LL << (how * 3U));
        read_.values.set(quantity.id,
                         std::clamp<std::int64_t>(before + step, INT32_MIN, INT32_MAX));
      }
    }
    const auto imported = read_.values.get(Quantity::power_import);
    const auto exported = read_.values.get(Quantity::power_export);
    read_.values.set(Quantity::power,
                     imported && exported ? std::optional(*imported - *exported) : std::nullopt);
  }

  Plausibility::Checked check() {
    Plausibility::Checked checked = plausibility_.check(read_, now_);
    for (const QuantityInfo& quantity : irmeter::quantities) {
      if (quantity.source != irmeter::Source::derived) {
        check(quantity, checked);
      }
    }
    const irmeter::Values& values = checked.reading.values;
    require(values.get(Quantity::power).has_value() ==
                (values.get(Quantity::power_import) && values.get(Quantity::power_export)),
            "power needs both directions");
    return checked;
  }

  void check(const QuantityInfo& quantity, const Plausibility::Checked& checked) {
    const auto number = static_cast<std::size_t>(quantity.id);
    const auto value = read_.values.get(quantity.id);
    const auto published = checked.reading.values.get(quantity.id);
    const bool withheld = checked.withheld.test(number);
    Past& past = past_.at(number);
    require(value || (!withheld && !published), "what was not read is neither published nor held");
    if (!value) {
      return;
    }
    const bool is_register = irmeter::is_register(quantity.id);
    require(published == (!withheld     ? value
                          : is_register ? past.published
                                        : std::nullopt),
            "a value is published as it is or withheld");
    past.withheld = withheld ? past.withheld + 1 : 0;
    require(is_register || past.withheld < Plausibility::agreeing_readings,
            "nothing is held for longer than promised");
    if (withheld) {
      return;
    }
    const bool accepted = std::any_of(checked.accepted.begin(), checked.accepted.end(),
                                      [&](const Plausibility::Accepted& each) {
                                        return each.quantity == quantity.id &&
                                               each.before == past.published && each.now == *value;
                                      });
    const bool falls = quantity.check == irmeter::Check::none;
    require(!is_register || falls || !past.published || *value >= *past.published || accepted,
            "a register that falls is told of");
    past.published = value;
  }

  struct Past {
    std::optional<std::int64_t> published;
    unsigned withheld = 0;  // in a row
  };

  Plausibility plausibility_;
  irmeter::Instant now_{};
  Reading read_;
  std::array<Past, irmeter::quantity_count> past_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  CheckedReadings readings(fuse_of(input));
  while (!input.empty()) {
    readings.step(input);
  }
  readings.settle();
  return 0;
}
