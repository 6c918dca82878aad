// One fault at a time on the line: the poll succeeds, and the counters say what happened.
#include <gtest/gtest.h>

#include "lib/link/scanner.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;
using std::chrono::milliseconds;
using std::chrono::seconds;

const irmetersim::Profile& plain = *irmetersim::find_profile("plain");

bool is_ack(const Bytes& bytes) {
  return bytes == Bytes{ack_byte};
}

bool is_packet(const Bytes& bytes) {
  return bytes.size() > packet_overhead;
}

Packet decoded(const Bytes& sent) {
  PacketScanner scanner(8192);
  scanner.push(sent);
  return std::get<ReceivedPacket>(*scanner.next()).packet;
}

Bytes with_toggle(const Bytes& sent, bool toggle) {
  Packet packet = decoded(sent);
  packet.toggle = toggle;
  return encode(packet);
}

Bench kept() {
  Bench bench;
  bench.options.session = SessionMode::keep;
  bench.options.interval = seconds(3);
  return bench;
}

// So many polls, every one of them with exactly the truth.
void expect_true_polls(Pair& pair, std::size_t count = 3) {
  pair.start();
  ASSERT_TRUE(pair.run_polls(count, std::chrono::minutes(5)));
  for (const PollRecord& record : pair.polls) {
    ASSERT_NE(record.poll.reading(), nullptr) << std::get<Failure>(record.poll.result);
    ASSERT_EQ(*record.poll.reading(), truth(distinct_values(), plain));
  }
}

// Applies `fault` to every n-th of the things sent that it cares for.
Wire::Fault every_nth(unsigned n, bool (*kind)(const Bytes&), Wire::Fault fault) {
  return [=, count = 0U](Bytes bytes) mutable {
    return kind(bytes) && ++count % n == 0 ? fault(std::move(bytes)) : bytes;
  };
}

TEST(FirstPacket, MayBeAnsweredByNakOrSilence) {
  for (const Bytes& answer : {Bytes{nak_byte}, Bytes{}}) {
    SimulatedPair pair;
    bool first = true;
    pair.to_meter.fault = [&](Bytes bytes) {
      return std::exchange(first, false) ? Bytes{} : bytes;
    };
    if (!answer.empty()) {
      pair.to_client.push(answer, pair.now + milliseconds(10));
    }
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    ASSERT_NE(pair.polls[0].poll.reading(), nullptr);
    EXPECT_LT(pair.polls[0].poll.duration, milliseconds(1300));
    EXPECT_EQ(pair.client.counters().crc_errors, 0U);
  }
}

TEST(OwnLight, IsCountedAsEchoWhereItComesBackDamaged) {
  SimulatedPair pair(kept());
  pair.to_meter.fault = [&](Bytes bytes) {
    if (is_packet(bytes)) {
      Bytes seen = bytes;
      seen[seen.size() - 3] ^= 0x10;
      pair.to_client.push(std::move(seen), pair.now);
    }
    return bytes;
  };
  expect_true_polls(pair);
  EXPECT_GT(pair.client.counters().echoes, 0U);
  EXPECT_EQ(pair.client.counters().crc_errors, 0U);
}

TEST(MetersAck, MayBeLostSeenAsZeroOrComeTwice) {
  for (const Bytes& seen : {Bytes{}, Bytes{0x00}, Bytes{0x06, 0x06}, Bytes{0x00, 0x06}}) {
    for (const unsigned n : {1U, 2U, 3U}) {
      SimulatedPair pair(kept());
      pair.to_client.fault = every_nth(n, is_ack, [&](const Bytes&) { return seen; });
      expect_true_polls(pair);
      EXPECT_EQ(pair.client.counters().retries, 0U);
      EXPECT_LT(pair.polls[0].poll.duration, milliseconds(900));
    }
  }
}

TEST(ReadersAck, MayBeLost) {
  // All of them would be too many: a meter keeps the next packet of a message until it is heard.
  for (const unsigned n : {2U, 3U, 5U}) {
    SimulatedPair pair(kept());
    pair.to_meter.fault = every_nth(n, is_ack, [](const Bytes&) { return Bytes{}; });
    expect_true_polls(pair);
  }
}

TEST(ReadersAck, MayBeTakenForANak) {
  SimulatedPair pair(kept());
  pair.to_meter.fault = every_nth(2, is_ack, [](const Bytes&) { return Bytes{nak_byte}; });
  expect_true_polls(pair);
}

TEST(Response, MayBeDamagedOnceInEveryExchange) {
  const std::pair<const char*, Wire::Fault> damages[] = {
      {"flipped bit",
       [](Bytes bytes) {
         bytes[bytes.size() / 2] ^= 0x10;
         return bytes;
       }},
      {"flipped bit in the CRC",
       [](Bytes bytes) {
         bytes.back() ^= 1;
         return bytes;
       }},
      {"lost start byte",
       [](Bytes bytes) {
         bytes.erase(bytes.begin());
         return bytes;
       }},
      {"damaged start byte",
       [](Bytes bytes) {
         bytes[0] = 0xFF;
         return bytes;
       }},
      {"lost last byte",
       [](Bytes bytes) {
         bytes.pop_back();
         return bytes;
       }},
      {"lost second half",
       [](Bytes bytes) {
         bytes.resize(bytes.size() / 2);
         return bytes;
       }},
      {"lost entirely", [](const Bytes&) { return Bytes{}; }},
      {"an inserted byte",
       [](Bytes bytes) {
         bytes.insert(bytes.begin() + 4, 0xEE);
         return bytes;
       }},
      {"length too large",
       [](Bytes bytes) {
         bytes[4] = 0xFF;
         return bytes;
       }},
      {"length too small",
       [](Bytes bytes) {
         --bytes[5];
         return bytes;
       }},
  };
  for (const auto& [name, damage] : damages) {
    SCOPED_TRACE(name);
    Bench bench = kept();
    bench.options.poll_within = std::chrono::minutes(1);  // for two seconds more in each exchange
    SimulatedPair pair(bench);
    pair.to_client.fault = every_nth(2, is_packet, damage);
    expect_true_polls(pair);
  }
}

TEST(Request, MayBeDamagedOnceInEveryExchange) {
  SimulatedPair pair(kept());
  pair.to_meter.fault = every_nth(2, is_packet, [](Bytes bytes) {
    bytes[bytes.size() - 3] ^= 0x40;
    return bytes;
  });
  expect_true_polls(pair);
  EXPECT_EQ(pair.sim().invalid_passwords(), 0U);
}

TEST(Response, MayComeTwice) {
  SimulatedPair pair(kept());
  pair.to_client.fault = [](Bytes bytes) {
    if (is_packet(bytes)) {
      const Bytes copy = bytes;
      bytes.insert(bytes.end(), copy.begin(), copy.end());
    }
    return bytes;
  };
  expect_true_polls(pair, 5);
}

TEST(Response, MayHaveAnyToggle) {
  Bytes request;
  unsigned packets = 0;
  const std::pair<const char*, std::function<bool()>> policies[] = {
      {"always 0", [] { return false; }},
      {"always 1", [] { return true; }},
      {"copied", [&] { return (request[2] & 0x20U) != 0; }},
      {"copied and inverted", [&] { return (request[2] & 0x20U) == 0; }},
      {"changed every third time", [&] { return ++packets % 3 == 0; }},
      {"changed every fifth time", [&] { return ++packets % 5 == 0; }},
  };
  for (const bool negotiates : {true, false}) {
    for (const auto& [name, toggle] : policies) {
      SCOPED_TRACE(name);
      Bench bench = kept();
      bench.settings.negotiates = negotiates;
      SimulatedPair pair(bench);
      pair.to_meter.fault = [&](Bytes bytes) {
        request = is_packet(bytes) ? bytes : request;
        return bytes;
      };
      pair.to_client.fault = [&](Bytes bytes) {
        return is_packet(bytes) ? with_toggle(bytes, toggle()) : bytes;
      };
      expect_true_polls(pair, 6);
      EXPECT_EQ(pair.client.counters().retries, 0U);
    }
  }
}

TEST(Response, WithABadChecksumCountOrSequenceIsReadAgain) {
  for (const auto fault : {+[](Packet& packet) { packet.payload[2] ^= 1; },
                           +[](Packet& packet) { packet.payload[6] ^= 1; },
                           +[](Packet& packet) {  // whole, and shorter than what was asked for
                             packet.payload[2] -= 1;
                             packet.payload[packet.payload.size() - 2] += packet.payload.back();
                             packet.payload.pop_back();
                           },
                           +[](Packet& packet) {
                             packet.multi = true;
                             packet.first = true;
                             packet.sequence = 99;
                           }}) {
    SimulatedPair pair(kept());
    bool done = false;
    pair.to_client.fault = [&](Bytes bytes) {
      if (done || !is_packet(bytes) || pair.asked() != "BT23 0+8") {
        return bytes;
      }
      done = true;
      Packet packet = decoded(bytes);
      fault(packet);
      return encode(packet);
    };
    expect_true_polls(pair);
    EXPECT_TRUE(done);
    EXPECT_EQ(pair.services().find("identify", 1), std::string::npos) << "the session goes on";
  }
}

TEST(Noise, BetweenPacketsIsSkipped) {
  for (const char* noise : {"FF", "EE", "00 00", "EE 00 00 00 00 10", "55 AA EE EE", "06"}) {
    SCOPED_TRACE(noise);
    SimulatedPair pair(kept());
    pair.to_client.fault = [&](Bytes bytes) {
      Bytes noisy = from_hex(noise);
      noisy.insert(noisy.end(), bytes.begin(), bytes.end());
      return noisy;
    };
    expect_true_polls(pair, 2);
  }
}

TEST(BusyMeter, IsAskedAgainPolitely) {
  for (std::uint8_t code = 0x06; code <= 0x08; ++code) {  // bsy, dnr, dlk
    for (const char* request : {"identify", "negotiate", "log on", "BT01 0+24", "ET03 0+30",
                                "security", "BT21 0+10", "BT23 0+8", "BT28 0+52"}) {
      SCOPED_TRACE(request);
      Bench bench = kept();
      bench.settings.negotiates = false;  // so that every response is one packet
      bench.prove_key();                  // another is not sent again in the same poll
      SimulatedPair pair(bench);
      unsigned times = 0;
      pair.to_client.fault = [&](Bytes bytes) {
        const bool busy = is_packet(bytes) && pair.asked() == request && times < 3;
        times += busy ? 1U : 0U;
        return busy ? refused(bytes, code) : bytes;
      };
      expect_true_polls(pair, 2);
      EXPECT_EQ(times, 3U);
      EXPECT_GE(pair.polls[0].poll.duration, seconds(3));
      EXPECT_LT(pair.polls[0].poll.duration, seconds(5));
      EXPECT_EQ(pair.client.counters().retries, 0U);
    }
  }
}

TEST(BusyMeter, FailsThePollWhenItStaysBusy) {
  SimulatedPair pair(kept());
  pair.to_client.fault = [&](Bytes bytes) {
    return pair.asked() == "BT23 0+8" ? refused(bytes, 0x06) : bytes;
  };
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  const auto& failure = std::get<Failure>(pair.polls[0].poll.result);
  EXPECT_EQ(failure.fault, Fault::busy);
  EXPECT_EQ(failure.context, "BT23: bsy (device busy)");
  EXPECT_GE(pair.polls[0].poll.duration, seconds(5));
  pair.to_client.fault = {};
  ASSERT_TRUE(pair.run_polls(3));
  EXPECT_NE(pair.polls[2].poll.reading(), nullptr);
}

}  // namespace
}  // namespace irmeter::testing
