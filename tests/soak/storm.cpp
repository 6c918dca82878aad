#include "tests/soak/storm.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <span>
#include <utility>

#include "tests/soak/wires.hpp"

namespace irmeter::testing {
namespace {

using irmetersim::Fault;
using irmetersim::FaultInfo;
using irmetersim::FaultKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<FaultKind, 6> kinds_of_false_values{
    FaultKind::register_jump, FaultKind::voltage,      FaultKind::current,
    FaultKind::power,         FaultKind::power_factor, FaultKind::frequency};

// Faults of the light and of the meter: without those of its values, and of the line, and without
// tables that are refused: without dimensions the reader has to assume a layout.
std::span<const FaultInfo> weather() {
  static const std::vector<FaultInfo> all = [] {
    std::vector<FaultInfo> some;
    std::ranges::copy_if(
        irmetersim::fault_table(), std::back_inserter(some), [](const FaultInfo& fault) {
          return (fault.kind < FaultKind::register_jump || fault.kind == FaultKind::random) &&
                 fault.kind != FaultKind::dimensions_refused && fault.kind != FaultKind::refused;
        });
    return some;
  }();
  return all;
}

}  // namespace

Storm::Storm(const Bench& bench, std::uint64_t seed)
    : pair(bench), bench_(bench), random_(seed), truth_(bench.settings.profile, pair.now) {
  pair.to_meter.keeps_what_was_sent = pair.to_client.keeps_what_was_sent = false;
  pair.start();
}

void Storm::rage(Duration time) {
  for (const Instant end = pair.now + time; pair.now < end;) {
    change();
    const Instant next = std::min<Instant>(end, pair.now + seconds(10 + below(290)));
    while (pair.now < next) {
      run_for(std::min<Duration>(next - pair.now, milliseconds(1 + below(40'000))));
      incident(next - pair.now);
    }
  }
}

void Storm::clear_up() {
  forecast_.clear();
  pair.sim().faults().end();
  for (Wire* const wire : {&pair.to_meter, &pair.to_client}) {
    wire->fault = {};
    wire->in_one_piece = false;
    wire->extra_per_byte = Duration::zero();
    empty(*wire);  // or it would bring the bad weather along
  }
}

bool Storm::run_until(const std::function<bool()>& condition, Duration within) {
  for (const Instant end = pair.now + within; !condition() && pair.now < end;) {
    pair.step(std::min(end, truth_.show(pair.sim(), pair.now)));
    take_polls();
  }
  return condition();
}

void Storm::run_for(Duration time) {
  run_until([] { return false; }, time);
}

void Storm::ask_again() {
  const auto* const failure = latest_ ? std::get_if<Failure>(&latest_->result) : nullptr;
  if (failure != nullptr && info(failure->fault).retry == Retry::by_user) {
    latest_.reset();
    tell(&Meter::retry_key);
  }
}

std::uint64_t Storm::false_values() {
  // A jump is one of both registers.
  std::uint64_t count = pair.sim().faults().struck(FaultKind::register_jump);
  for (const FaultKind kind : kinds_of_false_values) {
    count += pair.sim().faults().struck(kind);
  }
  return count;
}

// Other weather than before.
void Storm::change() {
  clear_up();
  // What was shown last may still be doubted; it must be over before it is shown again.
  is_clean_ = is_clean_ && !std::exchange(shows_false_values_, false);
  if (one_in(6)) {
    restart();
  }
  for (std::uint64_t faults = below(4); faults > 0; --faults) {
    add_fault();
  }
  if (is_clean_ && one_in(3)) {
    add_false_values();
  }
  disturb_wires();
}

void Storm::add_fault() {
  constexpr std::array<double, 6> rates{0.5, 2, 5, 15, 40, 100};
  const FaultInfo& kind = weather()[below(weather().size())];
  Fault fault = *irmetersim::parse_fault(kind.name);
  fault.rate = rates[below(rates.size())];
  fault.seed = random_();
  if (kind.kind == FaultKind::session_limit || kind.kind == FaultKind::session_limit_err) {
    fault.limit = static_cast<std::int64_t>(20 + below(300));
  }
  pair.sim().faults().add(fault, pair.now);
  forecast_ += " " + std::string(kind.name) + ":rate=" + std::to_string(fault.rate);
}

// So few in a row that the reader must not believe them.
void Storm::add_false_values() {
  constexpr std::array<std::int64_t, 4> jumps{1'100, -1'100, 50'000, -1};
  shows_false_values_ = true;
  for (const FaultKind kind : kinds_of_false_values) {
    if (one_in(3)) {
      Fault fault = *irmetersim::parse_fault(irmetersim::info(kind).name);
      fault.after = below(5);
      fault.times = 1 + below(Plausibility::agreeing_readings - 1);
      fault.value = kind == FaultKind::register_jump ? jumps[below(jumps.size())] : fault.value;
      pair.sim().faults().add(fault, pair.now);
      forecast_ += " " + std::string(irmetersim::info(kind).name);
    }
  }
}

void Storm::disturb_wires() {
  for (Wire* const wire : {&pair.to_meter, &pair.to_client}) {
    if (one_in(4)) {
      const auto rate = [this] { return 2e-5 * static_cast<double>(below(1'000)); };
      wire->fault = visible(random_faults({rate(), rate(), rate()}, random_()));
      forecast_ += " bad bytes";
    }
    wire->in_one_piece = one_in(3);
    if (one_in(8)) {
      wire->extra_per_byte = milliseconds(below(100));
      forecast_ += " slow bytes";
    }
  }
}

// Something that comes and goes within the given time.
void Storm::incident(Duration rest) {
  if (rest <= Duration::zero()) {
    return;
  }
  const auto for_a_while = [&] {
    return std::min<Duration>(rest, milliseconds(1 + below(30'000)));
  };
  switch (below(12)) {
    case 0:
      lose_line(for_a_while());
      break;
    case 1:
      tell(&Meter::poll_now);
      break;
    case 2:
      set_quiet(true);
      run_for(for_a_while());
      set_quiet(false);
      break;
    case 3:
      pair.asleep = true;
      run_for(for_a_while());
      pair.asleep = false;
      break;
    default:
      break;
  }
}

void Storm::lose_line(Duration time) {
  pair.tell([](Meter& client, Instant) { client.line_lost(); });
  for (Wire* const wire : {&pair.to_meter, &pair.to_client}) {
    empty(*wire);
  }
  auto fault =
      std::exchange(pair.to_client.fault, [](const Bytes& /*unheard*/) { return Bytes(); });
  run_for(time);
  pair.to_client.fault = std::move(fault);
  tell(&Meter::line_ready);
}

// As the process is: with nothing but the record of its key.
void Storm::restart() {
  is_clean_ = false;
  pair.client = Meter(bench_.options, *Key::from_text(bench_.key));
  ++totals_.extra;
  pair.start();
}

void Storm::tell(void (Meter::*what)(Instant)) {
  ++totals_.extra;
  pair.tell([what](Meter& client, Instant now) { (client.*what)(now); });
}

void Storm::set_quiet(bool quiet) {
  ++totals_.extra;
  pair.tell([quiet](Meter& client, Instant now) { client.set_quiet(quiet, now); });
}

void Storm::take_polls() {
  for (const PollRecord& record : pair.polls) {
    ++totals_.polls;
    totals_.held += record.poll.withheld.count();
    if (record.poll.reading() != nullptr) {
      ++totals_.readings;
      is_clean_ = is_clean_ || record.poll.withheld.none();
    }
    if (std::string lie = truth_.lie_of(record); !lie.empty()) {
      const auto at = std::chrono::duration<double>(record.ended.time_since_epoch()).count();
      totals_.lies.push_back(std::move(lie) + " at " + std::to_string(at) + ":" + forecast_);
    }
    latest_ = record.poll;
  }
  pair.polls.clear();
  pair.identities.clear();
}

}  // namespace irmeter::testing
