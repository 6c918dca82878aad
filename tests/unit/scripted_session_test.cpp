// Whole sessions against transcripts: every byte the reader sends is the one that stands there.
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/meter/tables.hpp"
#include "tests/support/decode_reading.hpp"
#include "tests/support/scripted_meter.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;

std::optional<Key> key() {
  return *Key::from_text("0123456789ABCDEF0123");
}

MeterOptions of_fifteen_values() {
  MeterOptions options;
  for (const Quantity slow : {Quantity::power_factor_l2, Quantity::power_factor_l3}) {
    options.pace.fast.set(static_cast<std::size_t>(slow));
  }
  return options;
}

MeterOptions each_poll() {
  MeterOptions options = of_fifteen_values();
  options.session = SessionMode::each;
  return options;
}

MeterOptions kept() {
  MeterOptions options = of_fifteen_values();
  options.session = SessionMode::keep;
  options.interval = std::chrono::seconds(2);
  return options;
}

struct Played {
  std::vector<PollRecord> polls;
  std::vector<Identity> identities;
};

// Plays the script with one poll or more, then stops the reader.
Played play(const Transcript& script, const MeterOptions& options, std::size_t polls,
            const std::function<void(Pair&)>& prepare = {}) {
  ScriptedMeter meter(script);
  Pair pair(options, key(), meter);
  if (prepare) {
    prepare(pair);
  }
  pair.start();
  EXPECT_TRUE(pair.run_polls(polls)) << "line " << meter.deviation();
  EXPECT_EQ(meter.deviation(), "");
  pair.tell([](Meter& client, Instant now) { client.stop(now); });
  EXPECT_TRUE(pair.run_until([&] { return pair.stopped; }, std::chrono::minutes(1)));
  EXPECT_TRUE(pair.run_until([&] { return meter.finished(); }, std::chrono::seconds(1)));
  EXPECT_EQ(meter.deviation(), "");
  EXPECT_FALSE(pair.secret_seen_in_clear);
  return {pair.polls, pair.identities};
}

void expect_first_ten_values(const Reading& reading) {
  const Bytes registers = from_hex("FB 13 04 02 4D 89 1A 00");
  const Bytes present = from_hex(
      "00 00 00 00 E7 00 00 00 00 00 00 00 47 00 00 00 56 02 00 00 BC 02 00 00 C1 02 00 00"
      " E0 87 03 00 B1 8E 03 00 D5 84 03 00");
  const Reading expected = decode_reading(registers, present);
  for (const QuantityInfo& quantity : quantities) {
    if (quantity.source != Source::bt28 || quantity.index < 10) {
      EXPECT_EQ(reading.values.get(quantity.id), expected.values.get(quantity.id)) << quantity.key;
    }
  }
}

TEST(ScriptedSession, ForOnePollSendsExactlyTheseBytes) {
  const Played played = play(load_transcript("session-once.txt"), each_poll(), 1);
  ASSERT_EQ(played.polls.size(), 1U);
  const Reading* reading = played.polls[0].poll.reading();
  ASSERT_NE(reading, nullptr);
  expect_first_ten_values(*reading);
  EXPECT_FALSE(reading->values.get(Quantity::power_factor_l1));
  ASSERT_EQ(played.identities.size(), 1U);
  EXPECT_EQ(meter_id(played.identities[0]), "elon_0000000012345678");
  EXPECT_EQ(played.identities[0].utility_serial_number, "501234567");
}

TEST(ScriptedSession, KeptForThreePollsSendsExactlyTheseBytes) {
  const Played played = play(load_transcript("session-kept.txt"), kept(), 3);
  ASSERT_EQ(played.polls.size(), 3U);
  for (std::int64_t i = 0; i < 3; ++i) {
    const Reading* reading = played.polls[static_cast<std::size_t>(i)].poll.reading();
    ASSERT_NE(reading, nullptr);
    EXPECT_EQ(reading->values.get(Quantity::energy_import), 33'821'691 + i);
    EXPECT_EQ(reading->values.get(Quantity::frequency), 50'000);
    EXPECT_EQ(reading->values.get(Quantity::power_factor_l1), -24);
    EXPECT_EQ(reading->values.get(Quantity::power_factor_l2), -1000);
    EXPECT_EQ(reading->values.get(Quantity::power_factor_l3), 900);
    EXPECT_EQ(reading->values.get(Quantity::apparent_power), 231);
  }
}

TEST(ScriptedSession, WithoutNegotiateReadsInPartsThatFitOnePacket) {
  const Played played = play(load_transcript("session-one-packet.txt"), each_poll(), 1);
  const Reading* reading = played.polls.at(0).poll.reading();
  ASSERT_NE(reading, nullptr);
  expect_first_ten_values(*reading);
  EXPECT_EQ(reading->values.get(Quantity::power_factor_l3), 900);
}

// The meter's lines, each cut in two with a pause between the halves.
TEST(ScriptedSession, IsTheSameWithTheMetersBytesCutAnywhere) {
  const Transcript script = load_transcript("session-once.txt");
  std::size_t longest = 0;
  for (const TranscriptLine& line : script) {
    longest = std::max(longest, line.bytes.size());
  }
  for (std::size_t at = 1; at < longest; ++at) {
    Transcript cut;
    for (const TranscriptLine& line : script) {
      if (line.sender == Sender::client || line.bytes.size() <= at) {
        cut.push_back(line);
        continue;
      }
      const auto middle = line.bytes.begin() + static_cast<std::ptrdiff_t>(at);
      cut.push_back({Sender::meter, {line.bytes.begin(), middle}, line.pause});
      cut.push_back({Sender::meter, {middle, line.bytes.end()}, std::chrono::milliseconds(200)});
    }
    const Played played = play(cut, each_poll(), 1);
    ASSERT_EQ(played.polls.size(), 1U);
    ASSERT_NE(played.polls[0].poll.reading(), nullptr) << "cut at " << at;
    expect_first_ten_values(*played.polls[0].poll.reading());
  }
}

TEST(ScriptedSession, IsTheSameWithTheMetersBytesFarApart) {
  MeterOptions options = each_poll();
  options.stop_within = std::chrono::minutes(1);
  options.poll_within = std::chrono::minutes(5);
  for (const int milliseconds : {1, 20, 100, 400}) {
    const Played played = play(load_transcript("session-once.txt"), options, 1, [&](Pair& pair) {
      pair.to_client.extra_per_byte = std::chrono::milliseconds(milliseconds);
    });
    ASSERT_EQ(played.polls.size(), 1U);
    ASSERT_NE(played.polls[0].poll.reading(), nullptr) << milliseconds << " ms";
    expect_first_ten_values(*played.polls[0].poll.reading());
  }
}

TEST(ScriptedSession, IsTheSameWithTheMetersBytesInLargePieces) {
  for (const char* file : {"session-once.txt", "session-kept.txt"}) {
    const bool once = std::string(file) == "session-once.txt";
    const Played played = play(load_transcript(file), once ? each_poll() : kept(), once ? 1 : 3,
                               [&](Pair& pair) { pair.to_client.in_one_piece = true; });
    for (const PollRecord& poll : played.polls) {
      EXPECT_NE(poll.poll.reading(), nullptr);
    }
  }
}

}  // namespace
}  // namespace irmeter::testing
