// Lines on which nothing valid comes back: the right diagnosis, and patience.
#include <gtest/gtest.h>

#include <random>

#include "lib/link/scanner.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::minutes;
using std::chrono::seconds;

std::optional<Key> key() {
  return *Key::from_text(irmetersim::demo_key);
}

Fault fault_of(const PollRecord& record) {
  return std::get<Failure>(record.poll.result).fault;
}

// Sends back what it receives, through `change`.
class Mirror : public MeterEnd {
 public:
  explicit Mirror(std::function<Bytes(Bytes)> change) : change_(std::move(change)) {}
  void receive(ByteView bytes, Instant now) override {
    last_ = now;
    seen_.insert(seen_.end(), bytes.begin(), bytes.end());
  }
  void timeout(Instant) override { out_ = change_(std::exchange(seen_, {})); }
  [[nodiscard]] std::optional<Instant> deadline() const override {
    return seen_.empty() ? std::nullopt : std::optional(last_ + std::chrono::milliseconds(2));
  }
  [[nodiscard]] Bytes transmit() override { return std::exchange(out_, {}); }

 private:
  std::function<Bytes(Bytes)> change_;
  Bytes seen_;
  Bytes out_;
  Instant last_{};
};

// Random bytes at random moments, for ever.
class Babble : public MeterEnd {
 public:
  Babble(std::uint64_t seed, Instant start) : random_(seed), next_(start) {}
  void receive(ByteView, Instant) override {}
  void timeout(Instant now) override {
    out_.resize(static_cast<std::size_t>(1 + random_() % 40));
    for (std::uint8_t& byte : out_) {
      // Plenty of what means something to a reader.
      constexpr std::uint8_t special[] = {0xEE, 0x06, 0x15, 0x00, 0x20};
      byte = random_() % 3 == 0 ? special[random_() % 5] : static_cast<std::uint8_t>(random_());
    }
    next_ = now + Duration(random_() % 400'000);
  }
  [[nodiscard]] std::optional<Instant> deadline() const override { return next_; }
  [[nodiscard]] Bytes transmit() override { return std::exchange(out_, {}); }

 private:
  std::mt19937_64 random_;
  Instant next_;
  Bytes out_;
};

// Answers everything at once with well-formed packets that make no sense.
class Nonsense : public MeterEnd {
 public:
  explicit Nonsense(std::uint64_t seed) : random_(seed) {}
  void receive(ByteView bytes, Instant now) override {
    scanner_.push(bytes);
    while (const auto item = scanner_.next()) {
      if (std::holds_alternative<ReceivedPacket>(*item)) {
        due_ = now + Duration(random_() % 50'000);
      }
    }
  }
  void timeout(Instant) override {
    due_.reset();
    out_ = {ack_byte};
    for (auto packets = random_() % 3; packets > 0; --packets) {
      const Bytes bytes = encode(packet());
      out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
  }
  [[nodiscard]] std::optional<Instant> deadline() const override { return due_; }
  [[nodiscard]] Bytes transmit() override { return std::exchange(out_, {}); }

 private:
  // Mostly tables of a size some request asks for, with a good checksum.
  Packet packet() {
    constexpr std::size_t sizes[] = {0, 1, 8, 10, 24, 30, 32, 40, 52, 60};
    const std::size_t size = sizes[random_() % 10];
    Packet packet;
    packet.toggle = random_() % 2 != 0;
    packet.multi = random_() % 8 == 0;
    packet.first = packet.multi && random_() % 2 != 0;
    packet.sequence = static_cast<std::uint8_t>(packet.multi ? random_() % 3 : 0);
    packet.payload.assign(3 + size + 1, 0);
    packet.payload[2] = static_cast<std::uint8_t>(size);
    for (std::size_t i = 0; i < size; ++i) {
      packet.payload[3 + i] = static_cast<std::uint8_t>(random_());
    }
    packet.payload.back() = table_checksum(ByteView(packet.payload).subspan(3, size));
    if (random_() % 4 == 0) {
      packet.payload = {static_cast<std::uint8_t>(random_() % 14)};
    } else if (random_() % 8 == 0) {
      packet.payload = {0x00, 0x00, static_cast<std::uint8_t>(random_() % 80),
                        static_cast<std::uint8_t>(random_() % 3), 0x06};
    }
    return packet;
  }

  std::mt19937_64 random_;
  PacketScanner scanner_;
  std::optional<Instant> due_;
  Bytes out_;
};

TEST(SilentMeter, IsSilentAfterFourTries) {
  for (const SessionMode mode : {SessionMode::keep, SessionMode::each}) {
    MeterOptions options;
    options.session = mode;
    SilentEnd nobody;
    Pair pair(options, key(), nobody);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    EXPECT_EQ(std::get<Failure>(pair.polls[0].poll.result), (Failure{Fault::silent, {}}));
    EXPECT_EQ(pair.requests().size(), 4U);
    EXPECT_LT(pair.polls[0].poll.duration, seconds(3));
    pair.run_for(minutes(10));
    EXPECT_EQ(pair.requests().size(), 4 * pair.polls.size());
    EXPECT_LT(pair.wake_ups, 10 * pair.polls.size());
  }
}

TEST(SilentMeter, IsReadWithinOneIntervalOfItsReturn) {
  SimulatedPair pair;
  pair.to_client.fault = [](const Bytes&) { return Bytes{}; };
  pair.start();
  pair.run_for(minutes(2));
  EXPECT_EQ(fault_of(pair.polls.back()), Fault::silent);
  pair.to_client.fault = {};
  const std::size_t before = pair.polls.size();
  ASSERT_TRUE(pair.run_polls(before + 1, seconds(11)));
  EXPECT_NE(pair.polls.back().poll.reading(), nullptr);
}

TEST(Echo, WithoutAMeterIsRecognised) {
  Mirror mirror([](Bytes bytes) { return bytes; });
  Pair pair(MeterOptions{}, key(), mirror);
  pair.start();
  ASSERT_TRUE(pair.run_polls(3));
  for (const PollRecord& record : pair.polls) {
    EXPECT_EQ(std::get<Failure>(record.poll.result), (Failure{Fault::echo, {}}));
  }
  EXPECT_GE(pair.client.counters().echoes, 12U);
}

TEST(Echo, IsNeverTakenForAnAnswer) {
  // Requests of every kind come back; a session never begins.
  Mirror mirror([](Bytes bytes) {
    bytes.insert(bytes.begin(), ack_byte);  // worse than a real echo: acknowledged, too
    return bytes;
  });
  Pair pair(MeterOptions{}, key(), mirror);
  pair.start();
  pair.run_for(minutes(5));
  EXPECT_EQ(pair.readings(), 0U);
  for (const Bytes& request : pair.requests()) {
    EXPECT_EQ(name_of(request), "identify");
  }
}

TEST(Echo, InFrontOfRealAnswersChangesNothing) {
  for (const bool acks_too : {false, true}) {
    for (const bool damaged : {false, true}) {
      SimulatedPair pair;
      pair.to_meter.fault = [&](Bytes bytes) {
        if (bytes.size() > 1 || acks_too) {
          Bytes echo = bytes;
          echo[0] = damaged && bytes.size() > 1 ? 0xFF : echo[0];
          pair.to_client.push(echo, pair.now);
        }
        return bytes;
      };
      pair.start();
      ASSERT_TRUE(pair.run_polls(3));
      for (const PollRecord& record : pair.polls) {
        ASSERT_NE(record.poll.reading(), nullptr) << acks_too << damaged;
        EXPECT_EQ(*record.poll.reading(),
                  truth(distinct_values(), *irmetersim::find_profile("plain")));
      }
    }
  }
}

TEST(Garbage, InsteadOfAnswersIsGarbled) {
  Mirror mirror([](const Bytes&) { return from_hex("FF 12 34"); });
  Pair pair(MeterOptions{}, key(), mirror);
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_EQ(std::get<Failure>(pair.polls[0].poll.result), (Failure{Fault::garbled, ""}));
  EXPECT_EQ(std::get<Failure>(pair.polls[1].poll.result), (Failure{Fault::garbled, ""}));
}

TEST(Garbage, ForHoursGivesNoReadingAndNoBusyLoop) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    MeterOptions options;
    options.session = seed % 2 != 0 ? SessionMode::keep : SessionMode::each;
    Babble babble(seed, Instant{std::chrono::hours(1)});
    Pair pair(options, key(), babble);
    pair.to_client.in_one_piece = true;
    pair.to_client.keeps_what_was_sent = false;
    pair.start();
    pair.run_for(std::chrono::hours(4));
    EXPECT_EQ(pair.readings(), 0U);
    EXPECT_GT(pair.polls.size(), 100U);
    // Five bursts a second arrive; each may set a timer or two.
    EXPECT_LT(pair.wake_ups, 4U * 3600U * 5U * 4U);
    EXPECT_FALSE(pair.identities.size() > 0);
  }
}

// Whatever it makes of this, the reader neither falls over nor hammers the meter.
TEST(Garbage, InWellFormedPacketsIsSurvived) {
  std::size_t requests = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    MeterOptions options;
    options.session = seed % 2 != 0 ? SessionMode::keep : SessionMode::each;
    Nonsense meter(seed);
    Pair pair(options, key(), meter);
    pair.to_client.in_one_piece = true;
    pair.to_client.keeps_what_was_sent = false;
    pair.start();
    for (int poll = 0; poll < 30; ++poll) {
      pair.run_for(seconds(10));
      pair.tell([](Meter& client, Instant now) { client.retry_key(now); });
    }
    EXPECT_GE(pair.polls.size(), 10U);
    EXPECT_LT(pair.requests().size(), 40 * pair.polls.size());
    requests += pair.requests().size();
    pair.tell([](Meter& client, Instant now) { client.stop(now); });
    EXPECT_TRUE(pair.run_until([&] { return pair.stopped; }, seconds(2)));
  }
  EXPECT_GT(requests, 10'000U);
}

// Four tries in each of a poll's two sessions: no flood of packets into a stranger's line.
TEST(Garbage, IsNotAnsweredWithoutLimit) {
  Babble babble(7, Instant{std::chrono::hours(1)});
  Pair pair(MeterOptions{}, key(), babble);
  pair.to_client.in_one_piece = true;
  pair.start();
  pair.run_for(std::chrono::hours(1));
  EXPECT_LE(pair.requests().size(), 8 * (pair.polls.size() + 1));
}

}  // namespace
}  // namespace irmeter::testing
