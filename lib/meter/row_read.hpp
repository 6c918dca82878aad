// How far the read of one row of the plan has come. Where its bytes do not fit one answer it is
// made in parts.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/bytes.hpp"
#include "lib/meter/plan_row.hpp"

namespace irmeter {

// The values that a row of values is to bring, and where they lie.
struct Wanted {
  const QuantitySet& quantities;
  const Dimensions& dimensions;
};

// Whether there is anything to be read of it.
[[nodiscard]] bool has_part(const PlanRow& row, const Wanted& wanted, const PlanRow::Known& known);
// The part of a row of values that comes next: of as few reads as possible, from this byte of the
// table on, of so many bytes at most. Nothing where no wanted value lies there.
[[nodiscard]] std::optional<TableRead> values_part(const PlanRow& row, const Wanted& wanted,
                                                   std::uint32_t from, std::size_t most);

class RowRead {
 public:
  // whole: nothing of a row of values
  void begin(const TableRead& whole);
  void begin(const PlanRow& row, const PlanRow::Known& known);
  // What to ask for next, of so many bytes at most.
  [[nodiscard]] TableRead part(const PlanRow& row, const Wanted& wanted, std::size_t most) const;
  // Takes the bytes of that part. values: of a row of values, where they go. True when it was the
  // last part.
  bool take(const PlanRow& row, const Wanted& wanted, const TableRead& part, ByteView bytes,
            Values& values);
  // Of a row of values: whether a part is left.
  [[nodiscard]] bool has_values(const PlanRow& row, const Wanted& wanted) const;

  [[nodiscard]] const TableRead& whole() const { return whole_; }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  TableRead whole_;
  std::uint32_t from_ = 0;  // of a row of values: the first byte that was not read yet
  Bytes bytes_;             // of another row: what was read
};

}  // namespace irmeter
