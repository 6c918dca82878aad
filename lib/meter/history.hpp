// Reads the load profile of a span of time: which parts of BT61 to BT64 that takes, and what was
// consumed in each interval.
//
// From the newest block back, as far as the span goes. A block may be written anew while it is
// read, so its index (BT63) is read again behind it: what is not the same any more is read once
// more, and what has been overwritten is gone. Missing intervals stay missing. What it reads is
// read in pauses (Meter::read_table); it knows no meter, and no time but that of the profile.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/load_profile.hpp"
#include "lib/meter/quantity.hpp"
#include "lib/session/service.hpp"

namespace irmeter {

// What the meter says of an interval beside its numbers.
enum class IntervalMark : std::uint8_t {
  invalid,  // it was not recorded
  power_failed,
  clock_changed,
  overflow,
  partial,
  too_long,
  skipped,
  test_mode,
  other,  // a status of the vendor's
};
inline constexpr std::size_t interval_mark_count = 9;
using IntervalMarks = std::bitset<interval_mark_count>;
[[nodiscard]] std::vector<std::string_view> names_of(const IntervalMarks& marks);

struct HistoryInterval {
  struct Channel {
    Quantity quantity;
    std::optional<std::int64_t> at_end;  // the register; absent where the status says it is none
    // Since the end of the interval before; absent where that one is missing, and where the
    // register has fallen.
    std::optional<std::int64_t> consumed{};

    friend bool operator==(const Channel&, const Channel&) = default;
  };

  MeterTime end;  // UTC, by the meter's clock
  std::chrono::minutes length{0};
  IntervalMarks marks;
  std::vector<Channel> channels;  // those whose source is known

  friend bool operator==(const HistoryInterval&, const HistoryInterval&) = default;
};

class HistoryReader {
 public:
  // Intervals that end behind `from` and no later than `to`. register_unit: as in Dimensions.
  HistoryReader(MeterTime from, MeterTime to, std::uint8_t register_unit = 0)
      : span_({from, to}), register_unit_(register_unit) {
    (void)begin_anew();
  }
  // The newest one that is closed.
  explicit HistoryReader(std::uint8_t register_unit) : register_unit_(register_unit) {
    (void)begin_anew();
  }
  HistoryReader() : HistoryReader(std::uint8_t{0}) {}

  // The reads that come next, in this order; empty when nothing is left to be read.
  [[nodiscard]] const std::vector<TableRead>& reads() const { return reads_; }
  // What the next one of them has brought. Where all that was asked for is there, reads() has
  // others. A failure ends it, its context begins with the table's name.
  [[nodiscard]] std::optional<Failure> take(ByteView bytes);

  // Once nothing is left to be read; oldest first.
  [[nodiscard]] const std::vector<HistoryInterval>& intervals() const { return intervals_; }

 private:
  struct Span {
    MeterTime from;
    MeterTime to;
  };
  struct Block {
    std::uint16_t back = 0;     // how far it is behind the newest
    MeterTime end;              // of its last interval
    std::vector<bool> valid{};  // of each interval up to that one
    std::uint16_t first = 0;    // of those that are wanted
    std::uint16_t wanted = 0;   // how many
    bool reaches_back = true;   // beyond it something is wanted as well
  };

  enum class Part : std::uint8_t { dimensions, sources, index, head, intervals };

  void ask(Part part, std::uint32_t offset, std::size_t count);
  [[nodiscard]] std::optional<Error> take_part(Part part, ByteView bytes);
  [[nodiscard]] std::optional<Error> take_head(ByteView bytes);
  [[nodiscard]] std::optional<Error> take_intervals(ByteView bytes);
  [[nodiscard]] std::optional<Failure> go_on();
  [[nodiscard]] std::optional<Failure> begin_anew();
  [[nodiscard]] std::uint16_t place_of(std::uint16_t back) const;
  void ask_for_head(std::uint16_t back);
  void finish();

  std::optional<Span> span_;  // of the newest one: once that is known
  std::uint8_t register_unit_;
  std::vector<TableRead> reads_;
  std::vector<Part> parts_;  // what each of them brings
  std::size_t taken_ = 0;    // of them
  ProfileDimensions dimensions_;
  ProfileSources sources_{};
  std::optional<ProfileHead> head_;    // the index as the blocks are counted by
  ProfileHead after_;                  // as it was when block_ had been read
  std::optional<Block> block_;         // whose intervals are read
  std::optional<Block> next_;          // whose head was
  std::vector<HistoryInterval> read_;  // of block_, newest first
  unsigned begun_ = 0;
  std::vector<HistoryInterval> intervals_;  // newest first, until it is finished
};

}  // namespace irmeter
