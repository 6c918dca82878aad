// irmeter::Meter, and with it session and link, against whatever may come over the line.
//
// The properties are those of SupervisedMeter, and two more: the meter is never bothered without
// end, and whatever has happened, a meter that answers is read again.
//
// Input: a byte of options, a byte for the interval, then steps: a byte that chooses one of them,
// and what it needs. Answers may be framed for the input, so that it gets far into a session.

#include <algorithm>
#include <array>

#include "lib/meter/tables.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/meter_end.hpp"
#include "tests/fuzz/obliging_meter.hpp"
#include "tests/fuzz/supervised_meter.hpp"
#include "tests/support/decode_reading.hpp"

namespace {

using namespace std::chrono_literals;
using fuzz::Input;
using fuzz::MeterEnd;
using fuzz::obliging_answer;
using fuzz::require;
using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::Duration;

constexpr std::array<Duration, 6> intervals{500ms, 1s, 4s, 10s, 1min, 1h};

// A few sessions' worth; longer inputs find nothing else and take their time.
constexpr std::size_t most_requests = 150;
// Deadlines met in one step; what is left of its time passes at once.
constexpr unsigned most_deadlines = 64;

struct Settings {
  irmeter::MeterOptions meter;
  std::optional<irmeter::Key> key;
};

// A key that depends on every byte of the input, so that no input can hold its own.
irmeter::Key key_for(ByteView input) {
  std::uint64_t state = 0xCBF29CE484222325;  // FNV-1a
  for (const std::uint8_t byte : input) {
    state = (state ^ byte) * 0x100000001B3;
  }
  std::string text;
  while (text.size() < irmeter::Key::size) {
    state = state * 6364136223846793005 + 1442695040888963407;
    text += static_cast<char>('!' + (state >> 33U) % 94U);
  }
  return *irmeter::Key::from_text(text);
}

Settings settings_of(Input& input, const irmeter::Key& key) {
  using Mode = irmeter::MeterOptions::SessionMode;
  constexpr std::array modes{Mode::automatic, Mode::keep, Mode::each};
  const std::uint8_t options = input.byte();
  Settings settings;
  if ((options & 0x80U) == 0) {
    settings.key = key;
  }
  settings.meter.session = modes[(options & 3U) % modes.size()];
  settings.meter.interval = intervals[input.byte() % intervals.size()];
  // The readings that check recovery follow each other within milliseconds. The rule's time passes
  // in tests/fuzz/plausibility.cpp.
  settings.meter.plausibility.jump_after = Duration::zero();
  return settings;
}

// One thing that happens.
void step(fuzz::SupervisedMeter& meter, MeterEnd& line, Input& input) {
  const std::uint8_t choice = input.byte();
  const unsigned amount = choice >> 4U;
  switch (choice & 0xFU) {
    case 0:  // any bytes
      meter.receive(input.bytes(amount == 0 ? input.byte() : amount));
      break;
    case 1:
      meter.wait(Duration(1ms) * (amount * 16 + 1), most_deadlines);
      break;
    case 2:
      meter.wait(Duration(1s) * (amount * amount + 1), most_deadlines);
      break;
    case 3:
      meter.sleep(Duration(1s) * input.word() * (amount + 1));
      break;
    case 4:
      meter.wait_for_request(most_deadlines);
      break;
    case 5: {  // answers in a row as they should be
      for (unsigned count = 0; count <= amount && !meter.request().empty(); ++count) {
        line.answer(obliging_answer(meter.request()));
        meter.wait_for_request(4);
      }
      break;
    }
    case 6: {  // one with a fault
      const std::uint8_t framing = input.byte();
      if (!meter.request().empty()) {
        line.answer(obliging_answer(meter.request()), framing, input);
      }
      break;
    }
    case 7: {  // any answer
      const std::uint8_t framing = input.byte();
      const ByteView payload = input.bytes(amount + 1);
      line.answer({payload.begin(), payload.end()}, framing, input);
      break;
    }
    case 8: {  // any table
      const std::uint8_t framing = input.byte();
      line.answer(fuzz::table_response(input.bytes(input.byte() % 128U)), framing, input);
      break;
    }
    case 9:  // an answer of one byte, in order
      line.answer({static_cast<std::uint8_t>(amount)});
      break;
    case 10: {  // ACK, NAK and noise
      constexpr std::array<std::uint8_t, 4> bytes{irmeter::ack_byte, irmeter::nak_byte, 0x00,
                                                  irmeter::start_of_packet};
      meter.receive({&bytes[amount % bytes.size()], 1});
      break;
    }
    case 11:
      line.echo(amount, input);
      break;
    case 12:
      meter.poll_now();
      break;
    case 13:
      if (amount < 8) {
        meter.retry_key();
      } else {
        meter.set_quiet(amount % 2 == 0);
      }
      break;
    case 14:
      if (amount % 2 == 0) {
        meter.line_lost();
      } else {
        meter.line_ready();
      }
      break;
    default:
      if (amount == 15) {
        meter.stop();
      } else if (amount >= 12) {
        meter.restart();
      } else {
        meter.wake();
      }
      break;
  }
}

// A meter that says nothing, or always the same, is asked no more often than there are polls.
void check_patience(fuzz::SupervisedMeter& meter, const Settings& settings, std::uint8_t code) {
  constexpr unsigned per_poll = 80;  // two sessions, each step of them repeated and busy
  constexpr std::size_t polls = 3;
  const std::size_t before = meter.requests();
  MeterEnd line(meter);
  const Duration time = polls * settings.meter.interval;
  for (Duration passed{}; passed < time; passed += time / 64) {
    const std::size_t asked = meter.requests();
    meter.wait(time / 64, most_deadlines);
    if (meter.requests() != asked && code != 0) {
      line.answer({code});
    }
  }
  require(meter.requests() - before <= (polls + 2) * per_poll, "the meter is not bothered");
}

// Polls a meter that answers until the reading is as wanted.
template <typename Wanted>
void read_until(fuzz::SupervisedMeter& meter, const Wanted& wanted) {
  constexpr int most_turns = 400;
  MeterEnd line(meter);
  for (int turns = 0; turns < most_turns; ++turns) {
    const std::size_t asked = meter.requests();
    const std::size_t ended = meter.polls_ended();
    meter.wait_for_request(most_deadlines);
    if (meter.requests() != asked) {
      line.answer(obliging_answer(meter.request()));
    }
    if (meter.polls_ended() != ended) {
      if (meter.reading() && wanted(*meter.reading())) {
        return;
      }
      meter.retry_key();
      meter.poll_now();
    }
  }
  require(false, "a meter that answers is read again");
}

// Whatever has happened: with a line and a meter that answers there is a reading again, and once
// enough of them agree it is the truth, whatever was published before.
void check_recovery(fuzz::SupervisedMeter& meter) {
  const irmeter::Reading truth =
      irmeter::decode_reading(fuzz::obliging_registers(), fuzz::obliging_present_values());
  meter.set_quiet(false);
  meter.line_ready();
  read_until(meter, [](const irmeter::Reading&) { return true; });
  meter.line_lost();
  meter.line_ready();
  read_until(meter, [&](const irmeter::Reading& reading) { return reading == truth; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Settings settings = settings_of(input, key_for({data, size}));
  const std::uint8_t last_words = input.byte();
  fuzz::SupervisedMeter meter(settings.meter, settings.key);
  meter.line_ready();
  MeterEnd line(meter);
  while (!input.empty() && !meter.stopped() && meter.requests() < most_requests) {
    step(meter, line, input);
  }
  if (!meter.stopping() && (last_words & 0x80U) != 0) {
    check_patience(meter, settings, last_words & 0x1FU);
  }
  if (!meter.stopping() && settings.key) {
    check_recovery(meter);
  }
  meter.stop();
  meter.wait(1h, most_deadlines);
  require(meter.stopped(), "a stop ends");
  return 0;
}
