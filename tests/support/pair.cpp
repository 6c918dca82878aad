#include "tests/support/pair.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "lib/meter/tables.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

constexpr unsigned most_steps_without_time = 1000;
constexpr std::uint8_t security_code = 0x51;

bool is_packet(const Bytes& bytes) {
  return bytes.size() > packet_overhead && bytes[0] == start_of_packet;
}

std::optional<Key> key_of(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<Key>(*Key::from_text(text));
}

}  // namespace

void Wire::push(Bytes what, Instant now) {
  if (what.empty()) {
    return;
  }
  const std::uint64_t begin = std::exchange(bytes, bytes + what.size());
  if (keeps_what_was_sent) {
    sent.push_back(what);
  }
  if (fault) {
    what = fault(std::move(what));
  }
  const Instant start = std::max(now, free_);
  const auto end_of = [&](std::size_t count) {
    const auto bits = static_cast<std::int64_t>(count) * 10;
    Duration pauses = static_cast<std::int64_t>(count) * extra_per_byte;
    for (const Hold& hold : holds) {
      const bool passed = hold.position >= begin && hold.position - begin < count;
      pauses += passed ? hold.time : Duration::zero();
    }
    return start + Duration(bits * 1'000'000 / baud) + pauses;
  };
  free_ = end_of(what.size());
  for (std::size_t i = 0; i < what.size(); ++i) {
    arriving_.push_back({what[i], in_one_piece ? free_ : end_of(i + 1)});
  }
}

std::optional<Instant> Wire::due() const {
  return arriving_.empty() ? std::nullopt : std::optional(arriving_.front().due);
}

Bytes Wire::take(Instant now) {
  Bytes arrived;
  for (; !arriving_.empty() && arriving_.front().due <= now; arriving_.pop_front()) {
    arrived.push_back(arriving_.front().byte);
  }
  return arrived;
}

Pair::Pair(const MeterOptions& options, const std::optional<Key>& key, MeterEnd& end,
           std::vector<KeyFact> known)
    : client(options, key), meter(end), record{std::move(known)} {}

void Pair::start() {
  client.line_ready(now);
  client.start(now);
  take_outputs();
}

void Pair::tell(const std::function<void(Meter&, Instant)>& what) {
  what(client, now);
  take_outputs();
}

void Pair::step(Instant limit) {
  Instant next = limit;
  const auto consider = [&next](const std::optional<Instant>& due) {
    next = due ? std::min(next, *due) : next;
  };
  // To ask for a deadline is most of the work, so it is asked for again only after an input.
  auto meter_due = meter.deadline();
  auto client_due = client.deadline();
  consider(meter_due);
  consider(to_meter.due());
  if (!asleep) {
    consider(client_due);
    consider(to_client.due());
  }
  standstill_ = next > now ? 0 : standstill_ + 1;
  if (standstill_ > most_steps_without_time) {
    throw std::runtime_error("time stands still");
  }
  now = std::max(now, next);
  if (const Bytes arrived = to_meter.take(now); !arrived.empty()) {
    meter.receive(arrived, now);
    meter_due = meter.deadline();
  }
  if (meter_due && *meter_due <= now) {
    meter.timeout(now);
  }
  to_client.push(meter.transmit(), now);
  if (asleep) {
    return;
  }
  if (const Bytes arrived = to_client.take(now); !arrived.empty()) {
    ++wake_ups;
    client.receive(arrived, now);
    client_due = client.deadline();
  }
  if (client_due && *client_due <= now) {
    ++wake_ups;
    client.timeout(now);
  }
  take_outputs();
}

void Pair::run_for(Duration time) {
  for (const Instant end = now + time; now < end;) {
    step(end);
  }
}

bool Pair::run_until(const std::function<bool()>& condition, Duration within) {
  for (const Instant end = now + within; !condition() && now < end;) {
    step(end);
  }
  return condition();
}

bool Pair::run_polls(std::size_t count, Duration within) {
  return run_until([&] { return polls.size() >= count; }, within);
}

std::size_t Pair::readings() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      polls, [](const PollRecord& poll) { return poll.poll.reading() != nullptr; }));
}

std::vector<Bytes> Pair::requests() const {
  std::vector<Bytes> payloads;
  for (const Bytes& bytes : to_meter.sent) {
    if (is_packet(bytes)) {
      payloads.emplace_back(bytes.begin() + 6, bytes.end() - 2);
    }
  }
  return payloads;
}

std::string Pair::asked() const {
  const auto latest = std::find_if(to_meter.sent.rbegin(), to_meter.sent.rend(), is_packet);
  return latest == to_meter.sent.rend()
             ? ""
             : name_of(ByteView(*latest).subspan(6, latest->size() - packet_overhead));
}

void Pair::take_outputs() {
  while (auto output = client.output()) {
    if (auto* transmit = std::get_if<Transmit>(&*output)) {
      const bool security = is_packet(transmit->bytes) && transmit->bytes[6] == security_code;
      secret_seen_in_clear = secret_seen_in_clear || security != transmit->secret;
      to_meter.push(std::move(transmit->bytes), now);
    } else if (auto* identified = std::get_if<Identified>(&*output)) {
      identities.push_back(std::move(identified->identity));
      if (remembered != Values{}) {
        client.remember(remembered, now);
      }
    } else if (auto* poll = std::get_if<PollEnded>(&*output)) {
      polls.push_back({now, std::move(*poll)});
    } else if (const auto* question = std::get_if<KeyQuestion>(&*output)) {
      client.answer_key(record.ask(*question), now);
    } else if (const auto* fact = std::get_if<KeyFact>(&*output)) {
      record.learn(*fact);
    } else if (auto* details = std::get_if<DetailsRead>(&*output)) {
      slow.details.push_back(std::move(*details));
    } else if (auto* table = std::get_if<TableBytes>(&*output)) {
      slow.tables.push_back(std::move(*table));
    } else if (const auto* log = std::get_if<LogNews>(&*output)) {
      slow.log.insert(slow.log.end(), log->entries.begin(),
                      log->entries.begin() + static_cast<std::ptrdiff_t>(log->count));
    } else if (auto* left_out = std::get_if<TableLeftOut>(&*output)) {
      slow.left_out.push_back(std::move(*left_out));
    } else if (auto* answer = std::get_if<TableAnswer>(&*output)) {
      slow.answers.push_back(std::move(*answer));
    } else {
      stopped = true;
    }
  }
}

SimulatedPair::SimulatedPair(const Bench& bench)
    : SimulatedPair(bench, std::make_unique<SimulatedEnd>(bench.settings)) {}

SimulatedPair::SimulatedPair(const Bench& bench, std::unique_ptr<SimulatedEnd> end)
    : Pair(bench.options, key_of(bench.key), *end, bench.known), end_(std::move(end)) {
  sim().set_values(distinct_values());
}

std::string SimulatedPair::services() const {
  std::string text;
  const Bytes* previous = nullptr;
  for (const Bytes& bytes : to_meter.sent) {
    if (!is_packet(bytes) || (previous != nullptr && bytes == *previous)) {
      continue;
    }
    previous = &bytes;
    text += text.empty() ? "" : ", ";
    text += name_of(ByteView(bytes).subspan(6, bytes.size() - packet_overhead));
  }
  return text;
}

irmetersim::MeterValues distinct_values(std::int32_t n) {
  using namespace irmetersim::present;
  constexpr std::array<std::int32_t, 15> base{10'000, 20'000, 30'000,  40'000,  50'000,
                                              60'000, 70'000, 210'000, 220'000, 230'000,
                                              -900,   49'000, 80'000,  -1000,   900};
  irmetersim::MeterValues values;
  for (std::size_t i = 0; i < values.summations.size(); ++i) {
    values.summations[i] = 10'000'000 * static_cast<std::int32_t>(i + 1) + n;
    for (std::size_t tier = 0; tier < values.tiers.size(); ++tier) {
      values.tiers[tier][i] = values.summations[i] / 10 + static_cast<std::int32_t>(tier);
    }
  }
  for (std::size_t i = 0; i < values.present.size(); ++i) {
    const bool narrow = i == power_factor_l1 || i == power_factor_l2 || i == power_factor_l2 + 1;
    values.present[i] = i < base.size() ? base[i] + n % (narrow ? 50 : 5000)
                                        : 40 * static_cast<std::int32_t>(i + 1) + n % 40;
  }
  return values;
}

// Written down a second time on purpose, from the published numbering of the values.
Reading truth(const irmetersim::MeterValues& values, const irmetersim::Profile& profile) {
  constexpr std::array<Quantity, 13> present{Quantity::power_import,
                                             Quantity::power_export,
                                             Quantity::reactive_power_import,
                                             Quantity::reactive_power_export,
                                             Quantity::current_l1,
                                             Quantity::current_l2,
                                             Quantity::current_l3,
                                             Quantity::voltage_l1,
                                             Quantity::voltage_l2,
                                             Quantity::voltage_l3,
                                             Quantity::power_factor_l1,
                                             Quantity::frequency,
                                             Quantity::apparent_power};
  Reading reading;
  reading.values.set(Quantity::energy_import, values.summations[0]);
  reading.values.set(Quantity::energy_export, values.summations[1]);
  const std::size_t count = std::min<std::size_t>(present.size(), profile.actual[9]);
  for (std::size_t i = 0; i < count; ++i) {
    reading.values.set(present[i], values.present[i]);
  }
  reading.values.set(Quantity::power, values.present[0] - values.present[1]);
  constexpr std::uint16_t says_its_unit = 3U << 12U | 70U << 5U;  // firmware 3.70
  reading.register_unit = profile.firmware >= says_its_unit ? 1 : 0;
  return reading;
}

Bytes refused(const Bytes& sent, std::uint8_t code) {
  if (!is_packet(sent)) {
    return sent;
  }
  const bool continues = (sent[2] & 0xC0U) == 0x80U;
  return continues ? Bytes{} : encode({.toggle = (sent[2] & 0x20U) != 0, .payload = {code}});
}

std::string name_of(ByteView request) {
  const auto number = [&](std::size_t at, std::size_t count) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      value = value << 8U | request[i];
    }
    return value;
  };
  switch (request[0]) {
    case 0x20:
      return "identify";
    case 0x21:
      return "terminate";
    case 0x30:
      return table_name(static_cast<TableId>(number(1, 2)));
    case 0x3F:
      return table_name(static_cast<TableId>(number(1, 2))) + " " + std::to_string(number(3, 3)) +
             "+" + std::to_string(number(6, 2));
    case 0x50:
      return "log on";
    case 0x51:
      return "security";
    case 0x52:
      return "log off";
    case 0x61:
      return "negotiate";
    default:
      return to_hex(request);
  }
}

Wire::Fault random_faults(const FaultRates& rates, std::uint64_t seed) {
  return [rates, random = std::mt19937_64(seed)](Bytes bytes) mutable {
    const auto happens = [&](double rate) {
      return std::uniform_real_distribution<>(0, 1)(random) < rate;
    };
    Bytes damaged;
    for (const std::uint8_t byte : bytes) {
      if (happens(rates.insert)) {
        damaged.push_back(static_cast<std::uint8_t>(random()));
      }
      if (happens(rates.drop)) {
        continue;
      }
      damaged.push_back(happens(rates.flip) ? static_cast<std::uint8_t>(byte ^ 1U << random() % 8)
                                            : byte);
    }
    return damaged;
  };
}

}  // namespace irmeter::testing
