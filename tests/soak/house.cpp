#include "tests/soak/house.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr unsigned speed = 5;  // seconds of a household per second
constexpr const char* start = "2025-06-21T12:00";
constexpr auto same_start =
    std::chrono::local_days(std::chrono::year(2025) / std::chrono::June / 21) + 12h;

std::string serial_number(unsigned number) {
  const std::string digits = std::to_string(number);
  return std::string(16 - digits.size(), '0') + digits;
}

Simulator::Options options(unsigned number, const Simulator::Options& faults) {
  Simulator::Options options{
      "--seed",  std::to_string(number), "--serial",     serial_number(number),
      "--speed", std::to_string(speed),  "--start-time", start};
  for (const std::string& fault : faults) {
    options.insert(options.end(), {"--fault", fault});
  }
  return options;
}

}  // namespace

House::House(Loop& loop, const std::string& name, Simulator::Place place, unsigned number,
             const Simulator::Options& faults, const std::string& runtime_directory)
    : name_(name),
      id_("elon_" + serial_number(number)),
      bus_(loop, name),
      mqtt_(id_),
      cache_(runtime_directory + "/" + name),
      simulator_(loop, place, options(number, faults)) {
  const WallTime before = std::chrono::system_clock::now();
  simulator_.start();
  irmetersim::HouseholdSettings settings;
  settings.seed = number;
  settings.start = same_start;
  truth_ =
      std::make_unique<HouseholdTruth>(settings, speed, before, std::chrono::system_clock::now());
}

void House::look(const std::vector<MqttWatcher::Seen>& messages, std::size_t from) {
  bus_.look(sightings_);
  mqtt_.look(messages, from, sightings_);
  cache_.look(sightings_);
  if (bus_.fault() == "key-unanswered") {
    bus_.retry_key();
  }
}

House::Verdict House::judge() {
  Verdict verdict{sightings_.nonsense, {}};
  for (const Shown& shown : sightings_.shown) {
    ++verdict.seen[shown.where];
    if (std::string lie = truth_->lie_of(shown, poll_time(shown.read_at)); !lie.empty()) {
      verdict.lies.push_back(std::move(lie));
    }
  }
  return verdict;
}

milliseconds House::poll_time(WallTime read_at) const {
  constexpr milliseconds longest = 60s;  // where nobody was there to be told
  constexpr std::int64_t near = 200;
  const auto at = std::chrono::floor<milliseconds>(read_at.time_since_epoch()).count();
  const auto found = sightings_.poll_times.lower_bound(at - near);
  return found == sightings_.poll_times.end() || found->first > at + near ? longest : found->second;
}

}  // namespace irmeterd
