// What the configuration takes apart by itself: durations, addresses, ranges of the day, the main
// fuse; and what it says in messages. Also when quiet hours begin and end.
//
// Input: a byte that chooses what to do, then a text.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>

#include "common/config/checks.hpp"
#include "common/config/quiet_hours.hpp"
#include "common/config/url.hpp"
#include "common/config/words.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace std::chrono_literals;
using fuzz::Input;
using fuzz::require;

bool one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
}

// One of the two: a value, or an error that may be shown.
template <typename T>
bool parsed(const irmeter::Result<T>& result) {
  require(result.ok() || (!result.error().what.empty() && one_line(result.error().what)),
          "an error says what is wrong");
  return result.ok();
}

void duration(const std::string& text) {
  if (const auto length = irmeterd::parse_duration(text); parsed(length)) {
    require(*length >= 0ms, "a duration is not negative");
  }
}

void tcp_url(const std::string& text) {
  if (const auto endpoint = irmeterd::parse_tcp_url(text); parsed(endpoint)) {
    require(!endpoint->host.empty() && endpoint->port != 0, "an endpoint has host and port");
    const auto again = irmeterd::parse_tcp_url("tcp://" + endpoint->text());
    require(again.ok() && *again == *endpoint, "an endpoint is read as it was written");
  }
}

void mqtt_url(const std::string& text) {
  if (const auto url = irmeterd::parse_mqtt_url(text); parsed(url)) {
    require(!url->broker.host.empty() && url->broker.port != 0, "a broker has host and port");
    const auto again =
        irmeterd::parse_mqtt_url((url->tls ? "mqtts://" : "mqtt://") + url->broker.text());
    require(again.ok() && *again == *url, "a broker's address is read as it was written");
  }
}

void day_range(const std::string& text) {
  if (const auto range = irmeterd::parse_day_range(text); parsed(range)) {
    require(range->begin >= 0min && range->begin < 24h && range->end >= 0min && range->end < 24h &&
                range->begin != range->end,
            "a range is a part of the day");
  }
}

void main_fuse(const std::string& text) {
  if (const auto fuse = irmeterd::parse_main_fuse(text); parsed(fuse)) {
    require((fuse->phases == 1 || fuse->phases == 3) && fuse->amperes >= 1 && fuse->amperes <= 4000,
            "a main fuse is in range");
  }
}

void checks(const std::string& text) {
  for (const auto check :
       {irmeterd::check_meter_name, irmeterd::check_device, irmeterd::check_mqtt_url,
        irmeterd::check_topic_prefix, irmeterd::check_credential_name,
        irmeterd::check_absolute_path, irmeterd::check_text}) {
    if (const auto objection = check(text)) {
      require(!objection->empty() && one_line(*objection), "an objection may be shown");
    } else {
      require(one_line(text), "what passes may be shown");
    }
  }
}

void messages(const std::string& text) {
  constexpr std::array<std::string_view, 4> names{"name", "device", "interval", "session"};
  require(one_line(irmeterd::on_one_line(text)), "on_one_line() keeps its promise");
  const std::string quoted = irmeterd::in_quotes(text);
  require(one_line(quoted) && quoted.size() <= 65, "what is quoted is short and on one line");
  const std::string_view near = irmeterd::nearest(text, names);
  require(near.empty() || std::find(names.begin(), names.end(), near) != names.end(),
          "the nearest is one of the candidates");
}

// Two ranges and a moment.
void quiet_hours(const std::string& text) {
  Input input(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  std::array<irmeterd::QuietHours, 2> hours;
  for (irmeterd::QuietHours& range : hours) {
    range.begin = std::chrono::minutes(input.word() % 1440);
    range.end = std::chrono::minutes(input.word() % 1440);
    if (range.begin == range.end) {
      return;
    }
  }
  const std::time_t seconds = std::time_t{input.word()} << 16U | input.word();
  const auto now = std::chrono::system_clock::from_time_t(seconds);
  const bool quiet = irmeterd::is_quiet(hours, now);
  if (const auto change = irmeterd::next_change(hours, now)) {
    require(*change > now, "a change is yet to come");
    require(irmeterd::is_quiet(hours, *change) != quiet, "a change makes a difference");
    require(irmeterd::is_quiet(hours, *change - 1s) == quiet, "and not before its time");
  } else {
    require(quiet, "two ranges have an end, unless they make up the day");
  }
}

constexpr std::array actions{duration,  tcp_url, mqtt_url, day_range,
                             main_fuse, checks,  messages, quiet_hours};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);  // with daylight saving time
  tzset();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t choice = input.byte();
  actions[choice % actions.size()](input.text(size));
  return 0;
}
