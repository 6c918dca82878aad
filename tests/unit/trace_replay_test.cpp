// The trace of a daemon as a transcript: its bytes are decoded again, and played to a reader.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/replay.hpp"
#include "tests/support/scripted_meter.hpp"

namespace irmeter::testing {
namespace {

void expect_values(const Reading& reading) {
  EXPECT_EQ(reading.values.get(Quantity::energy_import), 8'214'350);
  EXPECT_EQ(reading.values.get(Quantity::energy_export), 3'120'440);
  EXPECT_EQ(reading.values.get(Quantity::power), -2150);
  EXPECT_EQ(reading.values.get(Quantity::voltage_l1), 230'460);
  EXPECT_EQ(reading.values.get(Quantity::power_factor_l3), -1000);
}

TEST(TraceReplay, DecodesToTheValuesThatWereRead) {
  const Replayed replayed = replay(load_transcript("traced-session.txt"));
  EXPECT_EQ(meter_id(replayed.identity), "elon_0000000012345678");
  EXPECT_EQ(replayed.identity.utility_serial_number, "501234567");
  expect_values(replayed.reading);
}

TEST(TraceReplay, IsAScriptThatAReaderKeepsTo) {
  ScriptedMeter meter(load_transcript("traced-session.txt"));
  MeterOptions options;
  options.interval = std::chrono::minutes(10);
  for (const Quantity slow : {Quantity::power_factor_l2, Quantity::power_factor_l3}) {
    options.pace.fast.set(static_cast<std::size_t>(slow));
  }
  Pair pair(options, *Key::from_text(transcript_key), meter);
  pair.start();
  EXPECT_TRUE(pair.run_until([&] { return meter.finished(); }, std::chrono::minutes(1)));
  EXPECT_EQ(meter.deviation(), "");
  ASSERT_EQ(pair.polls.size(), 1U);
  ASSERT_NE(pair.polls[0].poll.reading(), nullptr);
  expect_values(*pair.polls[0].poll.reading());
  EXPECT_GT(pair.client.counters().echoes, 0U);
  EXPECT_EQ(pair.client.counters().crc_errors, 1U);
}

Transcript transcript_of(const std::string& text) {
  std::istringstream stream(text);
  return read_transcript(stream, "text");
}

TEST(TraceReplay, PutsTheKeyOfTheTestsWhereNoneIsShown) {
  const Transcript real = transcript_of(
      "C> EE 00 20 00 00 15 51 30 31 32 33 34 35 36 37 38 39 41 42 43 44 45 46 30 31 32 33 3F EC");
  const Transcript shown = transcript_of(
      "trace: main C> EE 00 20 00 00 15 51 ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** ** "
      "** "
      "** ** **  # security\ntrace: main M> # noise, 3 bytes, not shown\n");
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(to_hex(shown[0].bytes), to_hex(real[0].bytes));
}

TEST(TraceReplay, RefusesWhatIsNoTranscript) {
  for (const char* text : {"X> 06", "C>", "C> 0", "C> 06 **", "C> EE 00 00 00 00 15 51 ** **"}) {
    EXPECT_THROW((void)transcript_of(text), std::runtime_error) << text;
  }
}

}  // namespace
}  // namespace irmeter::testing
