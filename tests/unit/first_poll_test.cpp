// The first poll with every kind of meter: what is asked, and that exactly the truth comes out.
#include <gtest/gtest.h>

#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

using SessionMode = MeterOptions::SessionMode;

const std::string opening = "identify, negotiate, log on, BT00, BT01 0+24, ET03 0+30, security, ";
const std::string closing = ", log off, terminate";

// The values of the first poll are read twice.
std::string twice(const std::string& reads) {
  return reads + ", " + reads;
}

Bench bench_of(std::string_view profile, SessionMode mode = SessionMode::each) {
  Bench bench;
  bench.settings.profile = *irmetersim::find_profile(profile);
  bench.options.session = mode;
  return bench;
}

class FirstPoll : public ::testing::TestWithParam<const irmetersim::Profile*> {};

TEST_P(FirstPoll, GivesExactlyTheTruth) {
  for (const auto form :
       {irmetersim::Identification::short_form, irmetersim::Identification::long_form}) {
    for (const bool negotiates : {true, false}) {
      Bench bench = bench_of(GetParam()->name);
      bench.settings.identification = form;
      bench.settings.negotiates = negotiates;
      SimulatedPair pair(bench);
      pair.start();
      ASSERT_TRUE(pair.run_polls(1));
      const Reading* reading = pair.polls[0].poll.reading();
      ASSERT_NE(reading, nullptr);
      EXPECT_EQ(*reading, truth(distinct_values(), *GetParam()));
      ASSERT_EQ(pair.identities.size(), 1U);
      EXPECT_EQ(pair.client.counters().retries, 0U);
      EXPECT_EQ(pair.client.counters().crc_errors, 0U);
      EXPECT_EQ(pair.client.counters().echoes, 0U);
    }
  }
}

TEST_P(FirstPoll, TellsWhoTheMeterIs) {
  Bench bench = bench_of(GetParam()->name);
  bench.settings.nameplate = {"NES", "83331-3I", "1234567890123456", "ABC 123"};
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  ASSERT_EQ(pair.identities.size(), 1U);
  const Identity& identity = pair.identities[0];
  EXPECT_EQ(identity.manufacturer, "NES");
  EXPECT_EQ(identity.model, "83331-3I");
  EXPECT_EQ(identity.serial_number, "1234567890123456");
  EXPECT_EQ(identity.utility_serial_number, "ABC 123");
  EXPECT_EQ(meter_id(identity), "nes_1234567890123456");
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, FirstPoll,
                         ::testing::Values(&irmetersim::profiles()[0], &irmetersim::profiles()[1],
                                           &irmetersim::profiles()[2], &irmetersim::profiles()[3],
                                           &irmetersim::profiles()[4]),
                         [](const auto& test) {
                           std::string name(test.param->name);
                           std::erase(name, '-');
                           return name;
                         });

std::string services_of_one_poll(const Bench& bench) {
  SimulatedPair pair(bench);
  pair.start();
  EXPECT_TRUE(pair.run_polls(1));
  pair.run_for(std::chrono::seconds(2));
  return pair.services();
}

TEST(Plan, OfAPlainMeterReadsRegistersAndPresentValuesInOneGoEach) {
  EXPECT_EQ(services_of_one_poll(bench_of("plain")),
            opening + "BT21 0+10, " + twice("BT23 0+8, BT28 0+52") + closing);
}

TEST(Plan, FollowsTheDimensions) {
  EXPECT_EQ(services_of_one_poll(bench_of("demands")),
            opening + "BT21 0+10, " + twice("BT23 1+8, BT28 0+52") + closing);
  EXPECT_EQ(services_of_one_poll(bench_of("present-demands")),
            opening + "BT21 0+10, " + twice("BT23 0+8, BT28 14+52") + closing);
}

TEST(Plan, AsksForTheMaximaWhereTheActualDimensionsAreRefused) {
  EXPECT_EQ(services_of_one_poll(bench_of("old")),
            opening + "BT21 0+10, BT20 0+10, " + twice("BT23 0+8, BT28 0+52") + closing);
}

TEST(Plan, FitsOnePacketWhereNothingElseWasNegotiated) {
  Bench bench = bench_of("plain");
  bench.settings.negotiates = false;
  EXPECT_EQ(services_of_one_poll(bench),
            opening + "BT21 0+10, " + twice("BT23 0+8, BT28 0+52") + closing);
}

// The first ten present values always come from one read, so that they are of one moment.
TEST(Plan, FitsWhatTheMeterGrants) {
  Bench bench = bench_of("plain");
  bench.settings.packet_count = 1;
  for (const auto& [packet_size, present_values] : {std::pair{52U, "BT28 0+40, BT28 40+12"},
                                                    {63U, "BT28 0+40, BT28 40+12"},
                                                    {64U, "BT28 0+52"},
                                                    {1024U, "BT28 0+52"}}) {
    bench.settings.packet_size = packet_size;
    EXPECT_EQ(
        services_of_one_poll(bench),
        opening + "BT21 0+10, " + twice("BT23 0+8, " + std::string(present_values)) + closing);
  }
  bench.settings.packet_size = 51;  // what cannot be done is not tried
  EXPECT_EQ(services_of_one_poll(bench),
            opening + "BT21 0+10, " + twice("BT23 0+8, BT28 0+28, BT28 28+24") + closing);
}

// Refused, and with which code: by BT21 and BT20.
TEST(Plan, ReadsAMeterWithoutDimensionsWhereOneWithoutDemandsHasItsValues) {
  for (const int code : {1, 2, 4, 5}) {
    Bench bench = bench_of("plain");
    SimulatedPair pair(bench);
    pair.sim().faults().add("dimensions-refused:value=" + std::to_string(code), pair.now);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    const Reading* const reading = pair.polls[0].poll.reading();
    ASSERT_NE(reading, nullptr);
    irmetersim::Profile ten_values = bench.settings.profile;
    ten_values.actual[9] = 10;
    EXPECT_EQ(reading->values, truth(distinct_values(), ten_values).values);
    EXPECT_TRUE(reading->places_assumed);
    pair.run_for(std::chrono::seconds(2));
    EXPECT_EQ(pair.services(),
              opening + "BT21 0+10, BT20 0+10, " + twice("BT23 0+8, BT28 0+40") + closing);
  }
}

// Those of the maxima never were true of it.
TEST(Plan, TakesNoOtherPlacesForAMeterThatRefusesToSayThemOnce) {
  Bench bench = bench_of("demands");
  SimulatedPair pair(bench);
  pair.sim().faults().add("dimensions-refused:value=4,times=1", pair.now);
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  EXPECT_EQ(std::get<Failure>(pair.polls[0].poll.result),
            (Failure{Fault::refused, "BT21: onp (operation not possible)"}));
  ASSERT_NE(pair.polls[1].poll.reading(), nullptr);
  EXPECT_EQ(*pair.polls[1].poll.reading(), truth(distinct_values(), bench.settings.profile));
}

TEST(Plan, GoesOnAskingAMeterThatDoesNotSayWhereItsValuesLie) {
  Bench bench = bench_of("plain");
  SimulatedPair pair(bench);
  pair.sim().faults().add("dimensions-refused:times=2", pair.now);
  pair.start();
  ASSERT_TRUE(pair.run_polls(2));
  ASSERT_NE(pair.polls[0].poll.reading(), nullptr);
  EXPECT_TRUE(pair.polls[0].poll.reading()->places_assumed);
  ASSERT_NE(pair.polls[1].poll.reading(), nullptr);
  EXPECT_EQ(*pair.polls[1].poll.reading(), truth(distinct_values(), bench.settings.profile));
}

TEST(Plan, DoesNotBelieveAnyCodeThatATableIsLacking) {
  for (const int code : {3, 6, 9, 10}) {
    SimulatedPair pair(bench_of("plain"));
    pair.sim().faults().add("dimensions-refused:value=" + std::to_string(code), pair.now);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    EXPECT_EQ(pair.polls[0].poll.reading(), nullptr) << code;
  }
}

TEST(Plan, LeavesOutValuesTheMeterDoesNotHave) {
  for (std::uint8_t count = 10; count <= 14; ++count) {
    irmetersim::Profile profile = *irmetersim::find_profile("plain");
    profile.actual[9] = count;
    Bench bench;
    bench.settings.profile = profile;
    SimulatedPair pair(bench);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    ASSERT_NE(pair.polls[0].poll.reading(), nullptr);
    EXPECT_EQ(*pair.polls[0].poll.reading(), truth(distinct_values(), profile)) << int{count};
  }
}

TEST(Plan, IdentifiesAMeterThatDoesNotTellTheUtilitysNumber) {
  for (const std::uint8_t code : Bytes{0x01, 0x03, 0x04, 0x05}) {
    SimulatedPair pair(bench_of("plain"));
    pair.to_client.fault = [&](const Bytes& bytes) {
      return pair.asked() == "ET03 0+30" ? refused(bytes, code) : bytes;
    };
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    EXPECT_NE(pair.polls[0].poll.reading(), nullptr);
    ASSERT_EQ(pair.identities.size(), 1U);
    EXPECT_EQ(pair.identities[0].serial_number, irmetersim::Nameplate().serial);
    EXPECT_EQ(pair.identities[0].utility_serial_number, "");
  }
}

TEST(Plan, DoesNotAskASecondTimeWhoTheMeterIs) {
  Bench bench = bench_of("plain");
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.run_for(std::chrono::seconds(2));
  pair.to_meter.sent.clear();
  ASSERT_TRUE(pair.run_polls(2));
  pair.run_for(std::chrono::seconds(2));
  EXPECT_EQ(pair.services(),
            "identify, log on, BT01 14+10, security, BT23 0+8, BT28 0+52" + closing);
  EXPECT_EQ(pair.identities.size(), 1U);
}

TEST(Plan, AsksAndTellsAgainWhoTheMeterIsBehindANewLine) {
  SimulatedPair pair(bench_of("plain"));
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.run_for(std::chrono::seconds(2));
  pair.to_meter.sent.clear();
  pair.tell([](Meter& meter, Instant now) {
    meter.line_lost();
    meter.line_ready(now);
  });
  ASSERT_TRUE(pair.run_polls(2));
  ASSERT_EQ(pair.identities.size(), 2U);
  EXPECT_EQ(meter_id(pair.identities[1]), meter_id(pair.identities[0]));
  EXPECT_EQ(pair.services(), opening + "BT21 0+10, BT23 0+8, BT28 0+52");
}

TEST(Plan, ReadsOnlyValuesInAKeptSession) {
  Bench bench = bench_of("plain", SessionMode::keep);
  bench.options.interval = std::chrono::seconds(2);
  SimulatedPair pair(bench);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  EXPECT_EQ(pair.services(), opening + "BT21 0+10, " + twice("BT23 0+8, BT28 0+52"));
  for (std::size_t poll = 2; poll < 20; ++poll) {
    pair.to_meter.sent.clear();
    ASSERT_TRUE(pair.run_polls(poll));
    EXPECT_EQ(pair.services(), "BT23 0+8, BT28 0+52");
    ASSERT_NE(pair.polls.back().poll.reading(), nullptr);
  }
  EXPECT_EQ(pair.client.counters().retries, 0U);
}

TEST(Plan, KeepsTheSessionByItselfOnlyWherePollsAreFrequent) {
  for (const auto& [seconds, kept] : {std::pair{1, true}, {10, true}, {11, false}, {60, false}}) {
    Bench bench = bench_of("plain", SessionMode::automatic);
    bench.options.interval = std::chrono::seconds(seconds);
    SimulatedPair pair(bench);
    pair.start();
    ASSERT_TRUE(pair.run_polls(1));
    pair.run_for(std::chrono::milliseconds(900));
    EXPECT_EQ(pair.services().ends_with("terminate"), !kept) << seconds;
  }
}

TEST(Plan, ReadsTheNewMeterUnderTheSameProbe) {
  const Bench bench = bench_of("plain");
  Bench other = bench_of("demands");
  other.settings.nameplate.serial = "0000000000000099";
  other.settings.nameplate.utility_serial = "99";
  SimulatedEnd first(bench.settings);
  SimulatedEnd second(other.settings);
  // A meter that becomes another one.
  struct Switch : MeterEnd {
    Switch(MeterEnd& first_meter) : current(&first_meter) {}
    void receive(ByteView bytes, Instant now) override { current->receive(bytes, now); }
    void timeout(Instant now) override { current->timeout(now); }
    [[nodiscard]] std::optional<Instant> deadline() const override { return current->deadline(); }
    [[nodiscard]] Bytes transmit() override { return current->transmit(); }
    MeterEnd* current;
  } end(first);
  first.meter.set_values(distinct_values(2));
  second.meter.set_values(distinct_values(1));  // its registers are no fall of the first one's
  Pair pair(bench.options, *Key::from_text(bench.key), end);
  pair.start();
  ASSERT_TRUE(pair.run_polls(1));
  pair.run_for(std::chrono::seconds(2));
  end.current = &second;
  ASSERT_TRUE(pair.run_polls(2));
  ASSERT_EQ(pair.identities.size(), 2U);
  EXPECT_EQ(pair.identities[1].serial_number, "0000000000000099");
  EXPECT_EQ(pair.identities[1].utility_serial_number, "99");
  ASSERT_NE(pair.polls[1].poll.reading(), nullptr);
  EXPECT_EQ(*pair.polls[1].poll.reading(), truth(distinct_values(1), other.settings.profile));
}

}  // namespace
}  // namespace irmeter::testing
