// What one poll reads: the registers of BT23 and the present values of BT28, in as few reads as the
// negotiated packets allow.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/meter/tables.hpp"

namespace irmeter {

struct TableRead {
  TableId table;
  std::uint32_t offset;  // bytes into the table
  std::uint16_t count;   // bytes

  friend bool operator==(const TableRead&, const TableRead&) = default;
};

class PollPlan {
 public:
  PollPlan() = default;
  // max_read: the most table bytes one read may ask for, at least 4.
  PollPlan(const Dimensions& dimensions, std::size_t max_read);

  // The read to make next, or nothing when the poll is complete.
  [[nodiscard]] std::optional<TableRead> next() const;
  // Its answer, exactly next()->count bytes.
  void add(ByteView data);
  // What all answers together say; only when the poll is complete.
  [[nodiscard]] Reading reading() const;
  // Forgets the answers, for the next poll.
  void restart();

 private:
  void add_reads(TableId table, std::uint32_t offset, std::size_t values, std::size_t max_read);

  std::vector<TableRead> reads_;
  std::size_t done_ = 0;
  Bytes summations_;
  Bytes present_values_;
};

}  // namespace irmeter
