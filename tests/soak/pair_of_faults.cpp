#include "tests/soak/pair_of_faults.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <functional>
#include <numbers>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/moving_truth.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration hold_time = std::chrono::milliseconds(600);
constexpr Duration interval = seconds(10);

// A fault may cost a poll; with all its attempts and time-outs one may take so long.
constexpr unsigned most_lost_polls = 2;
constexpr Duration longest_poll = seconds(40);
constexpr Duration patience = minutes(3);

MeterOptions options() {
  MeterOptions options;
  options.interval = interval;
  options.session = MeterOptions::SessionMode::each;
  return options;
}

// All changes of one direction; the later byte comes first, so that the other one stays in place.
Wire::Fault changes(const std::vector<ByteFault>& faults) {
  return [faults, seen = std::uint64_t{0}](Bytes bytes) mutable {
    const std::uint64_t begin = std::exchange(seen, seen + bytes.size());
    for (const ByteFault& strike : faults) {
      const std::uint64_t at = strike.position - begin;
      if (strike.position >= begin && strike.position < seen && at < bytes.size()) {
        strike.fault->change(bytes, static_cast<std::size_t>(at));
      }
    }
    return bytes;
  };
}

// A reader and a meter with up to two faults between them.
class Session {
 public:
  Session(std::vector<ByteFault> faults, KeyTrust trust)
      : pair({.options = options(),
              .settings = {},
              .known = {{irmetersim::MeterSettings().nameplate.serial, trust}}}),
        faults_(std::move(faults)),
        truth_(irmetersim::MeterSettings().profile, pair.now) {
    std::ranges::sort(faults_, std::ranges::greater(), &ByteFault::position);
    put_on_line(true, pair.to_meter);
    put_on_line(false, pair.to_client);
    pair.start();
  }

  void step() { pair.step(std::min(pair.now + minutes(1), truth_.show(pair.sim(), pair.now))); }

  // Steps until a poll that began behind the faults has given a reading.
  [[nodiscard]] Aftermath go_through() {
    Aftermath result;
    std::optional<Instant> over;
    for (const Instant end_of_patience = pair.now + patience; pair.now < end_of_patience;) {
      step();
      if (!over && faults_are_over()) {
        over = pair.now;
      }
      for (const PollRecord& record : std::exchange(pair.polls, {})) {
        result.longest = std::max(result.longest, record.poll.duration);
        result.failure = objection_to(record);
        result.lost_polls += record.poll.reading() == nullptr ? 1U : 0U;
        const bool behind = over && record.ended - record.poll.duration >= *over;
        if (!result.failure.empty() || (behind && record.poll.reading() != nullptr)) {
          return result;
        }
      }
    }
    result.failure = "no reading";
    return result;
  }

  SimulatedPair pair;

 private:
  void put_on_line(bool towards_meter, Wire& wire) {
    wire.keeps_what_was_sent = false;
    std::vector<ByteFault> here;
    for (const ByteFault& strike : faults_) {
      if (strike.towards_meter != towards_meter) {
        continue;
      }
      if (strike.fault->change) {
        here.push_back(strike);
      } else {
        wire.holds.push_back({strike.position, hold_time});
      }
    }
    if (!here.empty()) {
      wire.fault = changes(here);
    }
  }

  // Every byte at which there is a fault has been sent.
  [[nodiscard]] bool faults_are_over() const {
    return std::ranges::all_of(faults_, [this](const ByteFault& strike) {
      return (strike.towards_meter ? pair.to_meter : pair.to_client).bytes > strike.position;
    });
  }

  // What is wrong with how a poll ended; empty: nothing.
  [[nodiscard]] std::string objection_to(const PollRecord& record) {
    const auto* const failure = std::get_if<Failure>(&record.poll.result);
    if (failure == nullptr) {
      return truth_.lie_of(record);
    }
    if (failure->fault == Fault::key_unanswered) {
      // A key that is new to the meter, and the answer to it got lost: somebody is asked, and
      // agrees to another attempt.
      pair.tell([](Meter& client, Instant now) { client.retry_key(now); });
      return {};
    }
    const Retry retry = info(failure->fault).retry;
    return retry == Retry::by_user || retry == Retry::hold_off ? to_text(*failure) : "";
  }

  std::vector<ByteFault> faults_;
  MovingTruth truth_;
};

}  // namespace

std::string ByteFault::text() const {
  return std::string(towards_meter ? "reader's" : "meter's") + " byte " + std::to_string(position) +
         " " + fault->name;
}

PairsOfFaults::PairsOfFaults(KeyTrust trust) : trust_(trust) {
  Session session({}, trust);
  while (session.pair.polls.empty() ||
         session.pair.now < session.pair.polls.front().ended + interval / 2) {
    session.step();
  }
  to_meter_ = session.pair.to_meter.bytes;
  to_client_ = session.pair.to_client.bytes;
}

std::uint64_t PairsOfFaults::size() const {
  const std::uint64_t singles = single_faults().size() * (to_meter_ + to_client_);
  return singles * (singles - 1) / 2;
}

PairsOfFaults::Pair PairsOfFaults::at(std::uint64_t number) const {
  // A stride that has no divisor in common with the size leads to every one of them; by the golden
  // ratio, so that the first ones lie everywhere.
  auto stride = static_cast<std::uint64_t>(static_cast<double>(size()) * (std::numbers::phi - 1));
  while (std::gcd(stride, size()) != 1) {
    ++stride;
  }
  const std::uint64_t index = number % size() * stride % size();
  // In a triangle the row b holds the pairs of b with every a <= b; the diagonal belongs to the
  // next row, as no fault is paired with itself.
  const auto begin_of = [](std::uint64_t row) { return row * (row + 1) / 2; };
  auto row = static_cast<std::uint64_t>(std::sqrt(2 * static_cast<double>(index)));
  while (begin_of(row) > index) {
    --row;
  }
  while (begin_of(row + 1) <= index) {
    ++row;
  }
  return {single(index - begin_of(row)), single(row + 1)};
}

ByteFault PairsOfFaults::single(std::uint64_t number) const {
  const auto faults = single_faults();
  const SingleFault& fault = faults[static_cast<std::size_t>(number % faults.size())];
  const std::uint64_t byte = number / faults.size();
  const bool towards_meter = byte < to_meter_;
  return {&fault, towards_meter, towards_meter ? byte : byte - to_meter_};
}

Aftermath PairsOfFaults::run(const Pair& faults) const {
  Session session({faults.begin(), faults.end()}, trust_);
  Aftermath result;
  try {
    result = session.go_through();
  } catch (const std::exception& error) {
    result.failure = error.what();  // time stands still
  }
  if (!result.failure.empty()) {
    return result;
  }
  if (result.lost_polls > most_lost_polls) {
    result.failure = "too many polls are lost";
  } else if (result.longest > longest_poll) {
    result.failure = "a poll takes too long";
  } else if (session.pair.sim().invalid_passwords() != 0) {
    result.failure = "the meter was shown a wrong key";
  } else if (session.pair.secret_seen_in_clear) {
    result.failure = "the key was not marked as secret";
  }
  return result;
}

}  // namespace irmeter::testing
