// The decoders of status, clocks, log and load profile: by the vendor's examples, by tables of the
// simulated meter, and by nonsense.
#include <gtest/gtest.h>

#include <chrono>

#include "lib/meter/clock.hpp"
#include "lib/meter/events.hpp"
#include "lib/meter/load_profile.hpp"
#include "lib/meter/self_reads.hpp"
#include "lib/meter/status.hpp"
#include "lib/session/service.hpp"
#include "tests/support/transcript.hpp"
#include "tools/ir-meter-sim/meter_tables.hpp"

namespace irmeter::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::January;
using std::chrono::sys_days;

// A table as the simulated meter has it, 11 hours into 2025-01-15.
class SlowTables : public ::testing::Test {
 protected:
  Bytes table(TableId id) {
    const irmetersim::HouseholdSettings household{.start =
                                                      std::chrono::local_days(January / 15 / 2025)};
    memory_.emplace(household, 0min, true);
    state_.events = &memory_->events();
    state_.other_events = &memory_->other_events();
    state_.outages = &memory_->outages();
    state_.last_outage = memory_->last_outage();
    if (id == 63 || id == 64) {
      state_.intervals = &memory_->intervals(11h);
    }
    if (id == 26) {
      state_.self_reads = &memory_->months(11h);
    }
    return irmetersim::MeterTables(*irmetersim::find_profile(profile_), {})
        .image(id, state_)
        .value();
  }
  irmetersim::MeterState state_;
  std::optional<irmetersim::MeterMemory> memory_;
  const char* profile_ = "newest";
};

TEST_F(SlowTables, FlagsHaveTheNamesOfTheSimulatedMeter) {
  for (const StatusFlag& flag : status_flags) {
    EXPECT_EQ(irmetersim::find_status_flag(flag.name), flag.bit) << flag.name;
    state_.status.reset();
    state_.status.set(flag.bit).set(0);
    const auto decoded = decode_bt03(table(3));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->count(), 1U);
    EXPECT_TRUE(decoded->test(static_cast<std::size_t>(&flag - status_flags.data())));
  }
}

TEST_F(SlowTables, FlagsThatAFirmwareLacksAreNotSet) {
  EXPECT_TRUE(decode_bt03(from_hex("01 00 00 00"))->none());
  EXPECT_EQ(decode_bt03(from_hex("01 00 10 00"))->count(), 1U);
  EXPECT_FALSE(decode_bt03(from_hex("01 00 00")).ok());
  EXPECT_FALSE(decode_bt03(Bytes(13, 0xFF)).ok());
  EXPECT_FALSE(decode_bt03(Bytes(4, 0xFF)).ok());
  EXPECT_TRUE(decode_bt03(from_hex("FF FF FF FE")).ok());
  EXPECT_TRUE(decode_bt03(from_hex("01 00 00 00 00 00 00 00 00 00 FF FF FF"))->none());
  const auto both = decode_bt03(from_hex("06 01 00 00"));
  EXPECT_EQ(names_of(*both),
            (std::vector<std::string_view>{"test_mode", "shop_mode", "unprogrammed"}));
}

TEST_F(SlowTables, ClocksShowUtcAndLocalTime) {
  const auto utc = decode_bt52(from_hex("19 01 0F 0C 1E 05 13"));  // the vendor's layout
  ASSERT_TRUE(utc.ok());
  EXPECT_EQ(*utc, sys_days(January / 15 / 2025) + 12h + 30min + 5s);
  state_.clock = sys_days(January / 31 / 2025) + 23h + 59min + 59s;
  state_.zone = -90min;
  state_.tier = 3;
  EXPECT_EQ(*decode_bt52(table(52)), state_.clock);
  EXPECT_EQ(decode_bt55(table(55))->time, state_.clock + state_.zone);
  EXPECT_EQ(decode_bt55(table(55))->tariff, 4);
  EXPECT_EQ(decode_bt53(table(53))->zone, state_.zone);
}

TEST_F(SlowTables, ATimeThatIsNoneIsAnError) {
  for (const char* wrong : {"00 00 00 00 00 00 00", "19 0D 01 00 00 00 00", "19 02 1D 00 00 00 00",
                            "19 01 0F 18 00 00 00", "19 01 0F 00 3C 00 00", "19 01 0F 00 00 3C 00",
                            "64 01 0F 00 00 00 00", "FF FF FF FF FF FF FF", "19 01 0F 00 00 00"}) {
    EXPECT_FALSE(decode_bt52(from_hex(wrong)).ok()) << wrong;
  }
  EXPECT_TRUE(decode_bt52(from_hex("18 02 1D 00 00 00 00")).ok());  // a leap day
  EXPECT_FALSE(decode_bt55(from_hex("00 00 00 00 00 00 00 00 00")).ok());
  EXPECT_FALSE(decode_bt53(from_hex("02 00 00 3C FF 7F")).ok());
}

TEST_F(SlowTables, ATimeMayBeTheFirstOrTheLastThereIs) {
  EXPECT_EQ(*decode_bt52(from_hex("00 01 01 00 00 00 00")), sys_days(January / 1 / 2000));
  EXPECT_EQ(*decode_bt52(from_hex("63 0C 1F 17 3B 3B 00")),
            sys_days(std::chrono::December / 31 / 2099) + 24h - 1s);
  EXPECT_EQ(*decode_time(from_hex("19 01 0F 0C 1E")), sys_days(January / 15 / 2025) + 12h + 30min);
  EXPECT_EQ(*decode_time(from_hex("19 01 0F 0C 1E 05")),
            sys_days(January / 15 / 2025) + 12h + 30min + 5s);
  EXPECT_FALSE(decode_time(from_hex("19 01 0F 0C")).ok());
}

TEST_F(SlowTables, AZoneIsNoFurtherThanFourteenHoursAway) {
  EXPECT_EQ(decode_bt53(from_hex("02 00 00 78 48 03"))->zone, 14h);
  EXPECT_EQ(decode_bt53(from_hex("02 00 00 78 B8 FC"))->zone, -14h);
  EXPECT_EQ(decode_bt53(from_hex("02 00 00 78 00 00"))->daylight_saving, 2h);
  EXPECT_FALSE(decode_bt53(from_hex("02 00 00 78 49 03")).ok());
  EXPECT_FALSE(decode_bt53(from_hex("02 00 00 78 B7 FC")).ok());
  EXPECT_FALSE(decode_bt53(from_hex("02 00 00 79 00 00")).ok());
  EXPECT_FALSE(decode_bt53(from_hex("02 00 00 3C 3C")).ok());
}

// Each bit of what is behind the time.
TEST_F(SlowTables, TheLocalClockHasTariffSeasonAndDaylightSaving) {
  for (unsigned bit = 0; bit < 24; ++bit) {
    Bytes bytes = from_hex("19 01 0F 0C 1E 05 00 00 00");
    bytes[6 + bit / 8] = static_cast<std::uint8_t>(1U << bit % 8);
    const auto clock = decode_bt55(bytes);
    ASSERT_TRUE(clock.ok());
    EXPECT_EQ(clock->daylight_saving, bit == 3) << bit;
    EXPECT_EQ(clock->tariff, bit >= 8 && bit < 11 ? 1 + (1 << (bit - 8)) : 1) << bit;
    EXPECT_EQ(clock->season, bit >= 20 ? 1 << (bit - 20) : 0) << bit;
  }
  EXPECT_FALSE(decode_bt55(from_hex("19 01 0F 0C 1E 05 00 00")).ok());
}

TEST_F(SlowTables, TheLogIsReadFromItsNewestRecordBack) {
  const auto dimensions = decode_bt71(table(71));
  ASSERT_TRUE(dimensions.ok());
  EXPECT_EQ(dimensions->record_size(), 14U);
  const Bytes log = table(74);
  const auto head = decode_log_head(log, *dimensions);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->valid, 2);
  const auto newest = decode_log_record(
      ByteView(log).subspan(dimensions->offset(head->last), dimensions->record_size()));
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(newest->sequence, head->last_sequence);
  EXPECT_EQ(newest->user, no_user);
  EXPECT_EQ(event_name(newest->id), "power up");
  EXPECT_EQ(newest->time, sys_days(January / 3 / 2025));
}

ByteView part_of(ByteView table, const TableRead& part) {
  return table.subspan(part.offset, part.count);
}

TEST_F(SlowTables, TheOtherLogHasTheFormOfTheFirst) {
  const auto room = decode_et79_room(part_of(table(et54), *et79_room(firmware_since(4, 30))),
                                     *decode_bt71(table(71)));
  ASSERT_TRUE(room.ok());
  EXPECT_EQ(*room, (LogDimensions{2, 20, et79}));
  const Bytes log = table(et79);
  const auto head = decode_log_head(log, *room);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->valid, 1);
  const auto newest =
      decode_log_record(ByteView(log).subspan(room->offset(head->last), room->record_size()));
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(event_name(newest->id), "power quality event");
  EXPECT_LT(newest->sequence, decode_log_head(table(74), *decode_bt71(table(71)))->last_sequence);
}

TEST_F(SlowTables, AnOutageHasItsBeginAndHowLongItLasted) {
  const auto room = decode_et81_room(part_of(table(et36), *et81_room(firmware_since(3, 70))));
  ASSERT_TRUE(room.ok());
  EXPECT_EQ(*room, (LogDimensions{0, 10, et81}));
  const Bytes log = table(et81);
  const auto head = decode_log_head(log, *room);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->last_sequence, 17U);
  const auto outage =
      decode_outage(ByteView(log).subspan(room->offset(head->last), room->record_size()));
  ASSERT_TRUE(outage.ok());
  EXPECT_EQ(outage->begin, sys_days(January / 3 / 2025) - 90min);
  EXPECT_EQ(outage->lasted, 90min);
  EXPECT_FALSE(decode_outage(from_hex("19 01 0F 0C 1E 05 19 01 0F 0C 1E 04")).ok());  // backwards
  EXPECT_FALSE(decode_outage(from_hex("19 01 0F 0C 1E 05 00 00 00 00 00 00")).ok());
  EXPECT_FALSE(decode_outage(from_hex("19 01 0F 0C 1E 05 19 01 0F 0C 1E")).ok());
}

TEST_F(SlowTables, WhoHasMoreLogsIsSaidByFirmwareAndDimensions) {
  const auto latest_without = static_cast<Firmware>(0x38BF);  // 3.69.31
  for (const Firmware firmware : {Firmware{}, firmware_since(3, 10), latest_without}) {
    EXPECT_FALSE(et79_room(firmware)) << static_cast<unsigned>(firmware);
    EXPECT_FALSE(et81_room(firmware)) << static_cast<unsigned>(firmware);
  }
  const LogDimensions bt74{2, 100};
  EXPECT_EQ(decode_et79_room(from_hex("00 00"), bt74)->entries, 0U);
  EXPECT_FALSE(decode_et79_room(from_hex("FF FF"), bt74).ok());
  EXPECT_FALSE(decode_et79_room(from_hex("14"), bt74).ok());
  EXPECT_EQ(decode_et81_room(from_hex("51 08 0C 00 FD 00 0A 00 00"))->entries, 10U);
  EXPECT_EQ(decode_et81_room(from_hex("51 08 0C 00 FD 00 00 00 00"))->entries, 0U);
  EXPECT_EQ(decode_et81_room(from_hex("4B 08 0C 00 FD 00 0A 00 00"))->entries, 0U);  // another log
  EXPECT_EQ(decode_et81_room(Bytes(9))->entries, 0U);
  EXPECT_FALSE(decode_et81_room(from_hex("51 08 0E 00 FD 00 0A 00 00")).ok());
  EXPECT_FALSE(decode_et81_room(from_hex("51 08 0C 00 FD 00 0A 00 01")).ok());
  EXPECT_FALSE(decode_et81_room(from_hex("51 08 0C 00 FD 00 00 01 00")).ok());
  EXPECT_FALSE(decode_et81_room(from_hex("51 08 0C 00 FD 00 0A 00")).ok());
}

TEST_F(SlowTables, ALogOfZerosOrImpossibleCountsIsAnError) {
  EXPECT_FALSE(decode_bt71(Bytes(9)).ok());
  EXPECT_FALSE(decode_bt71(from_hex("00 08 13 FF 00 64 00 00 00")).ok());
  EXPECT_FALSE(decode_bt71(from_hex("00 08 13 02 00 64 00 00")).ok());
  const LogDimensions dimensions{2, 100};
  EXPECT_FALSE(decode_log_head(from_hex("04 65 00 00 00 01 00 00 00 00 00"), dimensions).ok());
  EXPECT_FALSE(decode_log_head(from_hex("04 64 00 64 00 01 00 00 00 00 00"), dimensions).ok());
  const LogDimensions outages{0, 10, et81};
  EXPECT_FALSE(decode_log_head(from_hex("04 0B 00 01 00 00"), outages).ok());
  EXPECT_FALSE(decode_log_head(from_hex("04 0A 0A 01 00 00"), outages).ok());
  EXPECT_FALSE(decode_log_head(from_hex("04 0A 09 01 00"), outages).ok());
  EXPECT_FALSE(decode_log_record(Bytes(14)).ok());
  EXPECT_FALSE(decode_log_record(from_hex("19 01 0F 0C 1E 05 01 00 FF FF 00 00")).ok());
  EXPECT_EQ(event_name(999), "");
}

TEST_F(SlowTables, LogsMayBeAsLargeAsTheirLimits) {
  EXPECT_EQ(*decode_bt71(from_hex("00 08 13 40 00 10 27 00 00")), (LogDimensions{64, 10'000}));
  EXPECT_FALSE(decode_bt71(from_hex("00 08 13 41 00 10 27 00 00")).ok());
  EXPECT_FALSE(decode_bt71(from_hex("00 08 13 40 00 11 27 00 00")).ok());
  EXPECT_EQ(decode_bt71(from_hex("00 08 13 00 00 01 00 FF FF"))->entries, 1);
  EXPECT_EQ(*decode_et79_room(from_hex("10 27"), {3, 7}), (LogDimensions{3, 10'000, et79}));
  EXPECT_FALSE(decode_et79_room(from_hex("11 27"), {}).ok());
  EXPECT_EQ(decode_et81_room(from_hex("51 08 0C 00 FD 00 FF 00 FE"))->entries, 255);
  EXPECT_EQ(decode_et81_room(from_hex("51 F8 0C 00 FD 00 01 00 00"))->entries, 1);
  EXPECT_FALSE(decode_et81_room(from_hex("51 08 0C 01 FD 00 0A 00 00")).ok());
  EXPECT_EQ(et79_room(firmware_since(3, 70)), (TableRead{et54, 80, 2}));
  EXPECT_EQ(et81_room(firmware_since(3, 70)), (TableRead{et36, 103, 9}));
}

TEST_F(SlowTables, TheHeadOfALogHasItsCounts) {
  const auto full = decode_log_head(from_hex("FF 90 01 8F 01 01 02 03 04 FF FF"), {2, 400});
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->valid, 400);
  EXPECT_EQ(full->last, 399);
  EXPECT_EQ(full->last_sequence, 0x04030201U);
  const auto outages = decode_log_head(from_hex("FF 0A 09 01 02 FF"), {0, 10, et81});
  ASSERT_TRUE(outages.ok());
  EXPECT_EQ(outages->valid, 10);
  EXPECT_EQ(outages->last, 9);
  EXPECT_EQ(outages->last_sequence, 0x0201U);
}

TEST_F(SlowTables, ARecordOfALogHasItsParts) {
  const auto record = decode_log_record(from_hex("19 01 0F 0C 1E 05 01 02 03 04 05 F6"));
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->time, sys_days(January / 15 / 2025) + 12h + 30min + 5s);
  EXPECT_EQ(record->sequence, 0x0201);
  EXPECT_EQ(record->user, 0x0403);
  EXPECT_EQ(record->id, 0x0605);
  EXPECT_FALSE(decode_log_record(from_hex("19 01 0F 0C 1E 05 01 02 03 04 05")).ok());
  EXPECT_FALSE(decode_log_record(from_hex("19 01 0F 0C 1E 05 01 02 03 04 00 F0")).ok());
  EXPECT_EQ(decode_outage(from_hex("19 01 0F 0C 1E 05 19 01 0F 0C 1E 05"))->lasted, 0s);
  EXPECT_EQ(decode_outage(from_hex("19 01 0F 0C 1E 05 19 01 0F 0C 1E 06 FF"))->lasted, 1s);
}

TEST_F(SlowTables, TheLoadProfileHasTheRegistersAtTheEndOfEachInterval) {
  const auto dimensions = decode_bt61(table(61));
  ASSERT_TRUE(dimensions.ok());
  EXPECT_EQ(dimensions->interval, 15min);
  const auto sources = decode_bt62(table(62), *dimensions);
  ASSERT_TRUE(sources.ok());
  EXPECT_EQ((*sources)[0], 0);
  EXPECT_EQ((*sources)[1], 1);
  const auto head = decode_bt63(table(63), *dimensions);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->valid_blocks, 2);
  EXPECT_EQ(head->valid_intervals, 44);
  const Bytes profile = table(64);
  const auto last = static_cast<std::uint16_t>(head->valid_intervals - 1);
  const auto interval = decode_interval(
      ByteView(profile).subspan(dimensions->interval_offset(head->last_block, last)), *dimensions);
  ASSERT_TRUE(interval.ok());
  EXPECT_EQ(interval->registers[0], state_.intervals->back().registers[0]);
  EXPECT_EQ(interval->registers[1], state_.intervals->back().registers[1]);
  EXPECT_EQ(interval->status[0], ChannelStatus::ok);
  EXPECT_EQ(*decode_time(ByteView(profile)
                             .subspan(dimensions->block_offset(head->last_block))
                             .first(short_time_size)),
            sys_days(January / 15 / 2025) + 11h);
}

TEST_F(SlowTables, BlocksAreAsLongAsInTheVendorsExample) {
  const auto dimensions = decode_bt61(from_hex("00 01 00 00 00 0C 20 0A 00 18 00 02 3C"));
  ASSERT_TRUE(dimensions.ok());
  EXPECT_EQ(dimensions->interval_size(), 10U);
  EXPECT_EQ(dimensions->block_size(), 248U);
  EXPECT_EQ(dimensions->interval, 60min);
}

TEST_F(SlowTables, IntervalsAreOfAMinuteToAnHourOrOfADay) {
  for (unsigned code = 0; code < 256; ++code) {
    Bytes table = from_hex("00 01 00 00 00 0C 20 0A 00 18 00 02 00");
    table[12] = static_cast<std::uint8_t>(code);
    const auto dimensions = decode_bt61(table);
    const bool possible = (code >= 1 && code <= 60) || code == 84;
    ASSERT_EQ(dimensions.ok(), possible) << code;
    if (possible) {
      EXPECT_EQ(dimensions->interval, code == 84 ? 24h : std::chrono::minutes(code));
    }
  }
}

TEST_F(SlowTables, AProfileMayBeAsSmallOrAsLargeAsItsLimits) {
  for (const char* possible :
       {"00 01 00 00 00 0C 20 01 00 01 00 01 3C", "00 01 00 00 00 FF FF 0A 00 18 00 10 3C",
        // 4096 blocks of 4096 bytes, which is all that an offset reaches
        "00 01 00 00 00 0C 20 00 10 94 01 02 3C"}) {
    EXPECT_TRUE(decode_bt61(from_hex(possible)).ok()) << possible;
  }
  for (const char* wrong :
       {"00 01 00 00 00 0C 20 00 00 01 00 01 3C", "00 01 00 00 00 0C 20 01 00 00 00 01 3C",
        "00 01 00 00 00 0C 20 01 00 01 00 00 3C", "00 01 00 00 00 08 20 01 00 01 00 01 3C",
        "00 01 00 00 00 0C DF 01 00 01 00 01 3C", "00 01 00 00 00 F3 20 01 00 01 00 01 3C",
        "00 01 00 00 00 0C 20 01 10 94 01 02 3C"}) {
    EXPECT_FALSE(decode_bt61(from_hex(wrong)).ok()) << wrong;
  }
  const ProfileDimensions dimensions{10, 24, 2, 60min};
  const auto head = decode_bt63(from_hex("FF 0A 00 09 00 01 02 03 04 FF FF 18 00"), dimensions);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->valid_blocks, 10);
  EXPECT_EQ(head->last_block, 9);
  EXPECT_EQ(head->last_sequence, 0x04030201U);
  EXPECT_EQ(head->valid_intervals, 24);
  EXPECT_FALSE(decode_bt63(from_hex("FF 0A 00 09 00 01 02 03 04 FF FF 18"), dimensions).ok());
}

TEST_F(SlowTables, EachChannelOfAProfileHasItsSource) {
  const ProfileDimensions dimensions{10, 24, 2, 60min};
  const auto sources = decode_bt62(from_hex("FF 1C FF FF 6C FF 20"), dimensions);
  ASSERT_TRUE(sources.ok());
  EXPECT_EQ((*sources)[0], 28);
  EXPECT_EQ((*sources)[1], 108);
  EXPECT_FALSE(decode_bt62(from_hex("20 1C 20 20 6C 20 21"), dimensions).ok());
  EXPECT_FALSE(decode_bt62(from_hex("20 1C 20 20 6C 20"), dimensions).ok());
}

// Each bit of the status alone: one of the interval, or of the channel at whose place it stands.
TEST_F(SlowTables, TheStatusHasFourBitsOfTheIntervalAndOfEachChannel) {
  const ProfileDimensions dimensions{1, 1, 16, 15min};
  Bytes values(64);
  for (std::size_t i = 0; i < 64; i += 4) {
    values[i] = static_cast<std::uint8_t>(i);
    values[i + 3] = 1;
  }
  for (std::size_t bit = 0; bit < 72; ++bit) {
    Bytes bytes(9);
    bytes[bit / 8] = static_cast<std::uint8_t>(0x80U >> bit % 8);
    bytes.insert(bytes.end(), values.begin(), values.end());
    const auto interval = decode_interval(bytes, dimensions);
    ASSERT_TRUE(interval.ok());
    EXPECT_EQ(interval->daylight_saving, bit == 3) << bit;
    EXPECT_EQ(interval->power_failed, bit == 2) << bit;
    EXPECT_EQ(interval->clock_changed, bit == 0 || bit == 1) << bit;
    for (std::size_t channel = 0; channel < 16; ++channel) {
      const unsigned expected = bit / 4 == channel + 1 ? 8U >> bit % 4 : 0U;
      EXPECT_EQ(static_cast<unsigned>(interval->status[channel]), expected) << bit;
      EXPECT_EQ(interval->registers[channel], 0x01000000 + 4 * static_cast<int>(channel));
    }
  }
  EXPECT_FALSE(decode_interval(Bytes(72), dimensions).ok());
  EXPECT_FALSE(decode_interval(Bytes(100), {1, 1, 17, 15min}).ok());
}

TEST_F(SlowTables, TheStatusOfAnIntervalIsKept) {
  const ProfileDimensions dimensions{10, 24, 2, 60min};
  const auto interval = decode_interval(from_hex("62 40 01 00 00 00 FF FF FF FF"), dimensions);
  ASSERT_TRUE(interval.ok());
  EXPECT_TRUE(interval->power_failed);
  EXPECT_TRUE(interval->clock_changed);
  EXPECT_FALSE(interval->daylight_saving);
  EXPECT_EQ(interval->status[0], ChannelStatus::partial);
  EXPECT_EQ(interval->status[1], ChannelStatus::skipped);
  EXPECT_EQ(interval->registers[0], 1);
  EXPECT_EQ(interval->registers[1], -1);
}

TEST_F(SlowTables, SelfReadsHaveTheRegistersAtTheEndOfEachMonth) {
  for (const char* const profile : {"newest", "demands"}) {
    profile_ = profile;
    const Bytes dimensions = table(21);
    const Bytes bytes = table(26);
    const auto reads = decode_bt26_head(bytes, dimensions);
    ASSERT_TRUE(reads.ok());
    ASSERT_EQ(reads->records, 12);
    EXPECT_EQ(reads->offset(12), bytes.size());
    const auto last = reads->decode(ByteView(bytes).subspan(reads->offset(11)));
    ASSERT_TRUE(last.ok());
    EXPECT_EQ(last->time, sys_days(January / 1 / 2025));
    const auto& truth = state_.self_reads->back().values;
    EXPECT_EQ(last->registers.get(Quantity::energy_import), truth.summations[0]);
    EXPECT_EQ(last->registers.get(Quantity::energy_export), truth.summations[1]);
    EXPECT_EQ(last->registers.get(Quantity::energy_import_t1), truth.tiers[0][0]);
    EXPECT_FALSE(reads->decode(ByteView(bytes).first(20)).ok());
  }
  EXPECT_FALSE(decode_bt26_head(Bytes(5), table(21)).ok());
  EXPECT_FALSE(decode_bt26_head(Bytes(6, 0xFF), table(21)).ok());
}

// The number of valid records, and which one is the last.
TEST_F(SlowTables, SelfReadsHaveCountsThatFitTogether) {
  const Bytes dimensions = table(21);
  const std::pair<const char*, bool> heads[] = {
      {"00 00 00 00 00 00", true},  {"00 64 63 FF FF FF", true}, {"00 64 64 00 00 00", false},
      {"00 65 00 00 00 00", false}, {"00 01 63 FF FF FF", true}, {"00 01 64 00 00 00", false},
      {"00 00 64 00 00 00", true},  {"FF 64 63 FF FF", false},
  };
  for (const auto& [head, possible] : heads) {
    const auto reads = decode_bt26_head(from_hex(head), dimensions);
    EXPECT_EQ(reads.ok(), possible) << head;
    if (possible) {
      EXPECT_EQ(reads->records, from_hex(head)[1]);
    }
  }
}

// The time is behind the number for the billing, where there is one.
TEST_F(SlowTables, SelfReadsNeedAllOfARecord) {
  for (const char* const profile : {"newest", "demands"}) {
    profile_ = profile;
    const Bytes bytes = table(26);
    const auto reads = decode_bt26_head(bytes, table(21));
    ASSERT_TRUE(reads.ok());
    EXPECT_EQ(reads->time_offset, std::string_view(profile) == "demands" ? 2U : 0U);
    const ByteView record = ByteView(bytes).subspan(reads->offset(11));
    EXPECT_TRUE(reads->decode(record.first(reads->size)).ok());
    EXPECT_FALSE(reads->decode(record.first(reads->size - 1)).ok());
    Bytes no_month(record.begin(), record.end());
    no_month[reads->time_offset + 1] = 13;
    EXPECT_FALSE(reads->decode(no_month).ok());
  }
}

TEST_F(SlowTables, AProfileOfZerosOrImpossibleCountsIsAnError) {
  for (const char* wrong :
       {"00 00 00 00 00 00 00 00 00 00 00 00 00", "00 01 00 00 00 0C 20 00 00 18 00 02 3C",
        "00 01 00 00 00 0C 20 0A 00 18 00 11 3C", "00 01 00 00 00 0C 20 0A 00 18 00 02 3D",
        "00 01 00 00 00 0C 20 FF FF FF FF 02 3C", "00 01 00 00 00 04 20 0A 00 18 00 02 3C",
        "00 01 00 00 00 0C 04 0A 00 18 00 02 3C", "00 01 00 00 00 0C 20 0A 00 18 00 02"}) {
    EXPECT_FALSE(decode_bt61(from_hex(wrong)).ok()) << wrong;
  }
  const ProfileDimensions dimensions{10, 24, 2, 60min};
  EXPECT_FALSE(decode_bt62(Bytes(7), dimensions).ok());
  EXPECT_FALSE(decode_bt63(from_hex("24 0B 00 00 00 01 00 00 00 00 00 01 00"), dimensions).ok());
  EXPECT_FALSE(decode_bt63(from_hex("24 01 00 0A 00 01 00 00 00 00 00 01 00"), dimensions).ok());
  EXPECT_FALSE(decode_bt63(from_hex("24 01 00 00 00 01 00 00 00 00 00 19 00"), dimensions).ok());
  EXPECT_FALSE(decode_interval(Bytes(9), dimensions).ok());
}

}  // namespace
}  // namespace irmeter::testing
