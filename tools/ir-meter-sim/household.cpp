#include "tools/ir-meter-sim/household.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace irmetersim {
namespace {

constexpr std::size_t phase_count = 3;
constexpr std::int64_t day_seconds = 86'400;
constexpr std::int64_t rollover = 1'000'000'000;

// Which present value each counting summation is the integral of: four in a row from these on.
struct Counted {
  std::size_t summation;
  std::size_t present;
};
constexpr std::array<Counted, 3> counted_values{
    {{0, present::forward}, {11, present::reactive_quadrant}, {15, present::apparent_quadrant}}};

// Independent sequences of random numbers.
enum Stream : std::uint64_t { sky, clouds, habits, mains, net_frequency, flicker };

struct Power {
  double watts = 0;
  double vars = 0;
};

struct Flow {
  std::int32_t watts;  // negative: to the grid
  std::int32_t vars;
};

std::int32_t whole(double value) {
  return static_cast<std::int32_t>(std::lround(value));
}

double apparent(const Flow& flow) {
  return std::hypot(flow.watts, flow.vars);
}

// 0..3 for Q1..Q4: importing watts and vars, exporting watts, exporting both, exporting vars.
std::size_t quadrant(const Flow& flow) {
  if (flow.watts >= 0) {
    return flow.vars >= 0 ? 0 : 3;
  }
  return flow.vars >= 0 ? 1 : 2;
}

bool within(std::int64_t second, std::int64_t begin, std::int64_t length) {
  return second >= begin && second < begin + length;
}

std::int64_t rolled_over(std::int64_t count) {
  return (count % rollover + rollover) % rollover;
}

// What the registers show of so many watt seconds and what was counted before the start.
MeterValues::Summations summations(const std::array<std::int64_t, max_summations>& watt_seconds,
                                   std::int64_t forward_wh, std::int64_t reverse_wh) {
  MeterValues::Summations sums{};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::chrono::seconds whole_hours(watt_seconds[i]);
    std::int64_t count = std::chrono::floor<std::chrono::hours>(whole_hours).count();
    if (i == summation::forward) {
      count += forward_wh;
    } else if (i == summation::reverse) {
      count += reverse_wh;
    }
    sums[i] = static_cast<std::int32_t>(rolled_over(count));
  }
  const std::int64_t both =
      std::int64_t{sums[summation::forward]} + std::int64_t{sums[summation::reverse]};
  sums[summation::forward_plus_reverse] = static_cast<std::int32_t>(rolled_over(both));
  sums[summation::forward_minus_reverse] =
      std::max(0, sums[summation::forward] - sums[summation::reverse]);
  return sums;
}

constexpr std::int64_t at(int hour, int minute) {
  return hour * 3'600 + minute * 60;
}

// 0 outside, 1 inside, with soft edges half an hour long.
double bell(std::int64_t second, std::int64_t begin, std::int64_t end) {
  constexpr double edge = 1'800;
  const double rise = static_cast<double>(second - begin) / edge;
  const double fall = static_cast<double>(end - second) / edge;
  return std::clamp(std::min(rise, fall), 0.0, 1.0);
}

}  // namespace

unsigned Household::tariff(std::chrono::seconds since_start) const {
  const auto time = settings_.start + since_start;
  const auto of_day = time - std::chrono::floor<std::chrono::days>(time);
  return static_cast<unsigned>(of_day.count() * settings_.tariffs / day_seconds);
}

void Household::count(std::chrono::seconds since_start, std::int64_t sign) {
  const Present passed = present_values(settings_.start + since_start);
  WattSeconds& sums = watt_seconds_.at(tariff(since_start));
  for (const Counted& first : counted_values) {
    for (std::size_t i = 0; i < 4; ++i) {
      sums[first.summation + i] += sign * passed[first.present + i];
    }
  }
}

MeterValues Household::values(std::chrono::seconds since_start) {
  constexpr std::chrono::seconds second(1);
  while (counted_ < since_start) {
    count(counted_, 1);
    counted_ += second;
  }
  while (counted_ > since_start) {
    counted_ -= second;
    count(counted_, -1);
  }
  MeterValues values;
  values.present = present_values(settings_.start + since_start);
  WattSeconds all{};
  for (std::size_t tier = 0; tier < settings_.tariffs; ++tier) {
    // What was counted before the start, in equal parts but for the rest of the division.
    const auto part = [&](std::int64_t before) {
      return before / settings_.tariffs + (tier == 0 ? before % settings_.tariffs : 0);
    };
    values.tiers[tier] =
        summations(watt_seconds_[tier], part(settings_.forward_wh), part(settings_.reverse_wh));
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] += watt_seconds_[tier][i];
    }
  }
  values.summations = summations(all, settings_.forward_wh, settings_.reverse_wh);
  values.summations[summation::outage_seconds] = 5'400;
  values.summations[summation::outages] = 2;
  return values;
}

Household::Present Household::present_values(std::chrono::local_seconds time) const {
  const std::int64_t second = time.time_since_epoch().count();
  const std::int64_t day = second / day_seconds;
  const std::int64_t clock = second % day_seconds;

  std::array<Power, phase_count> loads{{{110, -38}, {60, -20}, {70, -25}}};
  const auto shift = [&](std::uint64_t habit, double most) {
    return static_cast<std::int64_t>(most * random(habits + 16 * habit, day));
  };
  // L1: light, television and work, the kettle in the morning and in the afternoon.
  loads[0].watts +=
      180 * bell(clock, at(6, 0), at(8, 30)) + 380 * bell(clock, at(16, 30), at(23, 15));
  if (within(clock, at(6, 30) + shift(1, 1'800), 200) ||
      within(clock, at(15, 0) + shift(2, 3'600), 200)) {
    loads[0].watts += 2'050;
  }
  // L2: the fridge, and the hob in the evening, switching every few seconds as hobs do.
  if ((second + shift(3, 2'400)) % 2'400 < 800) {
    loads[1].watts += 92;
    loads[1].vars += 130;
  }
  if (within(clock, at(17, 30) + shift(4, 1'200), 2'700) && second % 30 < 19) {
    loads[1].watts += 1'850;
  }
  // L3: the oven behind its thermostat, the dishwasher heating twice.
  const std::int64_t oven = at(17, 20) + shift(5, 1'200);
  if (within(clock, oven, 600) || (within(clock, oven, 3'600) && second % 150 < 60)) {
    loads[2].watts += 2'300;
  }
  const std::int64_t dishwasher = at(20, 0) + shift(6, 3'600);
  if (within(clock, dishwasher, 900) || within(clock, dishwasher + 2'700, 700)) {
    loads[2].watts += 1'950;
  }

  // The roof: up to 5.5 kW around one o'clock, less on a dull day and behind a cloud.
  double solar = 0;
  if (clock > at(5, 0) && clock < at(21, 0)) {
    const double height =
        std::sin(std::numbers::pi * static_cast<double>(clock - at(5, 0)) / at(16, 0));
    solar = 5'500 * height * height * (0.6 + 0.4 * random(sky, day)) *
            (0.45 + 0.55 * drift(clouds, second, 420));
  }

  Present values{};
  Flow total{0, 0};
  const auto put_split = [&values](std::size_t place, std::size_t reverse_after,
                                   std::int32_t flow) {
    values[place] = std::max(0, flow);
    values[place + reverse_after] = std::max(0, -flow);
  };
  double neutral_real = 0;
  double neutral_imaginary = 0;
  double apparent_sum = 0;
  for (std::size_t phase = 0; phase < phase_count; ++phase) {
    const std::uint64_t stream = flicker + 16 * phase;
    const Flow flow{whole(loads[phase].watts + 6 * random(stream, second) - solar / phase_count),
                    whole(loads[phase].vars + 4 * random(stream + 1, second))};
    total.watts += flow.watts;
    total.vars += flow.vars;
    const double power = apparent(flow);
    apparent_sum += power;
    const double millivolts = 228'500 + 3'500 * drift(mains + 16 * phase, second, 900) +
                              250 * random(mains + 16 * phase + 8, second) - 0.5 * flow.watts;
    const double milliamperes = power / millivolts * 1e6;
    const double cosine = power > 0 ? flow.watts / power : 1;
    const double sine = power > 0 ? flow.vars / power : 0;

    values[present::current + phase] = whole(milliamperes);
    values[present::current_after_transformers + phase] = whole(milliamperes);
    values[present::current_average + phase] = whole(milliamperes);
    values[present::voltage_angle + phase] = 12'000;
    values[present::voltage + phase] = whole(millivolts);
    values[present::voltage_continuous + phase] = whole(millivolts);
    values[present::voltage_average + phase] = whole(millivolts);
    values[phase == 0 ? present::power_factor_l1 : present::power_factor_l2 + phase - 1] =
        whole(1'000 * cosine);
    values[present::sine + phase] = whole(1'000 * sine);
    for (const std::size_t place :
         {present::phase_forward, present::phase_after_transformers, present::phase_average}) {
      put_split(place + phase, phase_count, flow.watts);
    }
    put_split(present::phase_reactive + phase, phase_count, flow.vars);
    values[present::phase_apparent + 4 * phase + quadrant(flow)] = whole(power);
    // The currents of the three phases, each turned by its own angle and by 120 degrees.
    const double angle = 2 * std::numbers::pi * static_cast<double>(phase) / phase_count -
                         std::atan2(flow.vars, flow.watts);
    neutral_real += milliamperes * std::cos(angle);
    neutral_imaginary += milliamperes * std::sin(angle);
  }

  for (const std::size_t place :
       {present::forward, present::after_transformers, present::power_average}) {
    put_split(place, 1, total.watts);
  }
  put_split(present::reactive_import, 1, total.vars);
  put_split(present::after_transformers + 2, 1, total.vars);
  values[present::frequency] =
      whole(49'970 + 60 * drift(net_frequency, second, 45) + 4 * random(net_frequency + 8, second));
  values[present::apparent] = whole(apparent_sum);
  values[present::reactive_quadrant + quadrant(total)] = std::abs(total.vars);
  values[present::apparent_quadrant + quadrant(total)] = whole(apparent_sum);
  values[present::neutral_current] = whole(std::hypot(neutral_real, neutral_imaginary));
  return values;
}

// Evenly spread over [0, 1), the same for the same arguments (splitmix64).
double Household::random(std::uint64_t stream, std::int64_t index) const {
  std::uint64_t x = settings_.seed * 0x9E3779B97F4A7C15U + stream * 0xD1B54A32D192ED03U +
                    static_cast<std::uint64_t>(index);
  for (const std::uint64_t factor : {0xBF58476D1CE4E5B9U, 0x94D049BB133111EBU}) {
    x = (x ^ (x >> 30U)) * factor;
  }
  return static_cast<double>((x ^ (x >> 31U)) >> 11U) * 0x1p-53;
}

// As random(), but wandering from one value to the next within `period` seconds.
double Household::drift(std::uint64_t stream, std::int64_t second, std::int64_t period) const {
  const double part = static_cast<double>(second % period) / static_cast<double>(period);
  return std::lerp(random(stream, second / period), random(stream, second / period + 1), part);
}

}  // namespace irmetersim
