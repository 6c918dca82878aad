// What the simulated meter keeps and tells beside its registers: flags, clock, log, load profile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>

#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;

std::uint32_t number_at(const Bytes& bytes, std::size_t offset, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8U | bytes[offset + i];
  }
  return value;
}

// 2025-01-15, a Wednesday, 11:58 local time, an hour ahead of UTC.
MeterSettings settings() {
  MeterSettings settings = VirtualClient::unpaced();
  settings.start = Instant(1h + 2s);  // not before the client has opened its session
  settings.household.start =
      std::chrono::local_days(std::chrono::January / 15 / 2025) + 11h + 58min;
  settings.clock.zone = 60min;
  settings.packet_size = 8'192;
  settings.packet_count = 255;
  return settings;
}

struct Client : VirtualClient {
  explicit Client(const MeterSettings& settings) : VirtualClient(settings) { open(); }
  // With messages as long as any table.
  void open() {
    ask(request::identify);
    ask(hex("61 20 00 FF 06"));
    ask(request::log_on);
    ask(request::security(demo_key));
  }
  // In another session.
  void later(Duration wait) {
    pass(wait);
    open();
  }
  Bytes all(std::uint16_t id) { return table(request::full_read(id)); }
};

TEST(MeterMemory, ClocksShowUtcAndLocalTimeWithTheTariff) {
  MeterSettings with = settings();
  with.household.tariffs = 2;
  with.clock.ahead = 7s;
  Client client(with);
  EXPECT_EQ(client.all(52), hex("19 01 0F 0A 3A 07 13"));
  EXPECT_EQ(client.all(55), hex("19 01 0F 0B 3A 07 23 00 0F"));
  EXPECT_EQ(client.all(53), hex("02 00 00 3C 3C 00"));
  client.later(4min);
  EXPECT_EQ(client.all(55)[7], 1);  // the second tariff, from noon on
}

TEST(MeterMemory, AClockDrifts) {
  MeterSettings with = settings();
  with.clock.drift = -100'000;
  Client client(with);
  client.later(100s);
  const Bytes clock = client.all(52);
  EXPECT_EQ(clock[4], 59);
  EXPECT_NEAR(clock[5], 29, 1);  // 89 seconds have gone by on it
}

TEST(MeterMemory, TariffsShareWhatTheRegistersCount) {
  MeterSettings with = settings();
  with.household.tariffs = 2;
  Client client(with);
  const Bytes before = client.all(23);
  client.later(10h);
  const Bytes after = client.all(23);
  const auto rise = [&](std::size_t offset) {
    return number_at(after, offset, 4) - number_at(before, offset, 4);
  };
  EXPECT_GT(rise(120), 10U);  // of the second tariff
  EXPECT_NEAR(rise(0), rise(60) + rise(120), 1);
  EXPECT_NEAR(number_at(after, 0, 4), number_at(after, 60, 4) + number_at(after, 120, 4), 2);
}

TEST(MeterMemory, FlagsAreShownAndLogged) {
  MeterSettings with = settings();
  with.status.set(find_status_flag("phase_loss").value());
  Client client(with);
  EXPECT_EQ(client.all(3), hex("01 00 00 00 10 00 00 00 00 00 00 00 00"));
  client.meter.faults().add("status:value=57,for=60", client.now);
  EXPECT_EQ(client.all(3)[7], 0x02);
  client.later(2min);
  EXPECT_EQ(client.all(3)[7], 0x00);
  const Bytes log = client.all(74);
  ASSERT_EQ(log.size(), 11U + 100 * 14);
  EXPECT_EQ(number_at(log, 1, 2), 4U);  // power down and up, and the two
  const std::size_t newest = 11 + 14 * number_at(log, 3, 2);
  EXPECT_EQ(number_at(log, newest + 6, 2), number_at(log, 5, 4));
  EXPECT_EQ(number_at(log, newest + 10, 2), 89U);       // magnetic tamper
  EXPECT_EQ(number_at(log, newest - 14 + 10, 2), 68U);  // phase loss
  EXPECT_EQ(client.all(71), hex("00 08 13 02 00 64 00 00 00"));
}

TEST(MeterMemory, AWrongKeyIsLoggedWithItsUser) {
  Client client(settings());
  client.ask(request::log_off);
  client.ask(hex("50 00 63 72 65 61 64 65 72 20 20 20 20"));
  client.ask(request::security("01234567890123456789"));
  client.ask(request::log_off);
  client.ask(request::log_on);
  client.ask(request::security(demo_key));
  EXPECT_EQ(client.all(3)[5], 0x01);
  const Bytes log = client.all(74);
  const std::size_t newest = 11 + 14 * number_at(log, 3, 2);
  EXPECT_EQ(number_at(log, newest + 8, 2), 99U);
  EXPECT_EQ(number_at(log, newest + 10, 2), 72U);
}

// The registers at the end of every interval of the profile, by hours since the start.
std::map<std::int64_t, std::uint32_t> forward_of(Client& client) {
  const Bytes dimensions = client.all(61);
  const std::size_t blocks = number_at(dimensions, 7, 2);
  const std::size_t intervals = number_at(dimensions, 9, 2);
  const std::size_t interval_size = 2 + 4 * 2;
  const std::size_t block_size = 5 + intervals / 8 + intervals * interval_size;
  const Bytes status = client.all(63);
  const Bytes profile = client.all(64);
  EXPECT_EQ(profile.size(), blocks * block_size);
  std::map<std::int64_t, std::uint32_t> forward;
  const std::size_t valid = number_at(status, 1, 2);
  for (std::size_t back = 0; back < valid; ++back) {
    const std::size_t block = (number_at(status, 3, 2) + blocks - back) % blocks * block_size;
    const std::size_t last = back == 0 ? number_at(status, 11, 2) : intervals;
    const auto end = std::chrono::sys_days(std::chrono::year(2000 + profile[block]) /
                                           profile[block + 1] / profile[block + 2]) +
                     std::chrono::hours(profile[block + 3]) +
                     std::chrono::minutes(profile[block + 4]);
    for (std::size_t i = 0; i < last; ++i) {
      const auto time = end - static_cast<int>(last - 1 - i) * 15min;
      const auto since =
          time - std::chrono::sys_days(std::chrono::January / 15 / 2025) - 10h - 58min;
      forward[since.count()] =
          number_at(profile, block + 5 + intervals / 8 + i * interval_size + 2, 4);
    }
  }
  return forward;
}

TEST(MeterMemory, TheLoadProfileAgreesWithTheRegistersToTheWh) {
  const MeterSettings with = settings();
  Client client(with);
  client.later(30h);
  const auto forward = forward_of(client);
  // Two days from the midnight before last, and 16 hours and 58 minutes.
  EXPECT_EQ(forward.size(), 96U + 67);
  Household household(with.household);
  for (const auto& [minutes, wh] : forward) {
    const auto summations = household.values(std::chrono::minutes(minutes)).summations;
    ASSERT_EQ(wh, static_cast<std::uint32_t>(summations[0])) << minutes;
  }
  EXPECT_EQ(client.all(62), hex("00 00 00 00 01 01 20"));
}

TEST(MeterMemory, TheLoadProfileIsCircular) {
  MeterSettings with = settings();
  with.speed = 86'400;
  Client client(with);
  (void)forward_of(client);
  client.later(7s);  // as many days
  const auto forward = forward_of(client);
  EXPECT_GT(forward.size(), 4U * 96);
  EXPECT_LE(forward.size(), 6U * 96);
}

TEST(MeterMemory, SelfReadsAreCopiesOfTheRegistersAtTheEndOfMonths) {
  MeterSettings with = settings();
  with.household.start = std::chrono::local_days(std::chrono::January / 31 / 2025) + 23h;
  Client client(with);
  client.later(2h);
  const Bytes reads = client.all(26);
  ASSERT_EQ(reads.size(), 6U + 12 * (6 + 300));
  const std::size_t newest = 6 + reads[2] * std::size_t{306};
  EXPECT_EQ(Bytes(&reads[newest], &reads[newest] + 6), hex("19 02 01 00 00 00"));
  EXPECT_EQ(number_at(reads, newest + 6, 4),
            static_cast<std::uint32_t>(Household(with.household).values(1h).summations[0]));
  EXPECT_LT(number_at(reads, newest - 306 + 6, 4), number_at(reads, newest + 6, 4));
}

TEST(MeterMemory, TwoLogsAreCountedTogetherAndOutagesByThemselves) {
  MeterSettings with = settings();
  with.profile = *find_profile("more");
  Client client(with);
  client.meter.faults().add("reset:times=1", client.now);
  client.ask(request::full_read(3));
  client.later(10s);
  client.meter.faults().add("log-moves:value=91,times=1", client.now);
  const Bytes log = client.all(74);
  const Bytes other = client.all(2048 + 79);
  const Bytes outages = client.all(2048 + 81);
  EXPECT_EQ(number_at(client.all(2048 + 54), 80, 2), 20U);
  ASSERT_EQ(other.size(), 11U + 20 * 14);
  EXPECT_EQ(number_at(log, 5, 4) + 1, number_at(other, 5, 4));
  EXPECT_EQ(number_at(other, 11 + 14 * number_at(other, 3, 2) + 10, 2), 91U);
  const Bytes list = client.all(2048 + 36);
  ASSERT_EQ(list.size(), 1U + 7 * 17 + 1);
  EXPECT_EQ(number_at(list, 103, 2), 2048U + 81);
  EXPECT_EQ(number_at(list, 109, 2), 10U);
  ASSERT_EQ(outages.size(), 6U + 10 * 12);
  EXPECT_EQ(number_at(outages, 1, 1), 2U);
  EXPECT_EQ(number_at(outages, 3, 2), 18U);
  // The older one, of an hour and a half; its events, in UTC, are the first of the log.
  const std::size_t older = 6 + 12 * (17 % 10);
  EXPECT_EQ(outages[older + 3] * 60 + outages[older + 4] + 90,
            outages[older + 9] * 60 + outages[older + 10]);
  EXPECT_EQ(log[11 + 3] + 1, outages[older + 3]);
  for (const unsigned id : {36U, 54U, 79U, 81U}) {
    Client old(settings());
    EXPECT_EQ(old.ask(request::full_read(static_cast<std::uint16_t>(2048 + id))), hex("05"));
  }
}

TEST(MeterMemory, ATableCanBeRefusedByItself) {
  Client client(settings());
  client.meter.faults().add("refused:table=52,value=3", client.now);
  EXPECT_EQ(client.ask(request::full_read(52)), hex("03"));
  EXPECT_EQ(client.all(3).size(), 13U);
  client.meter.faults().end();
  EXPECT_EQ(client.all(52).size(), 7U);
}

TEST(MeterMemory, FaultsOfReadsCanBeThoseOfOneTable) {
  Client client(settings());
  client.meter.faults().add("bsy:table=3,times=2", client.now);
  EXPECT_EQ(client.all(52).size(), 7U);
  EXPECT_EQ(client.ask(request::full_read(3)), hex("06"));
  EXPECT_EQ(client.ask(request::full_read(3)), hex("06"));
  EXPECT_EQ(client.all(3).size(), 13U);
}

}  // namespace
}  // namespace irmetersim
