#include "lib/meter/row_read.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace irmeter {
namespace {

constexpr std::size_t in_parts_of(std::size_t all, std::size_t part) {
  return (all + part - 1) / part;
}

// Those of BT23, and behind them those of BT28.
struct ByTable {
  std::array<Quantity, quantity_count> all{};
  std::size_t of_bt23 = 0;
  std::size_t of_both = 0;
};
constexpr ByTable by_table = [] {
  ByTable sorted;
  for (const TableId table : {bt23, bt28}) {
    for (const QuantityInfo& quantity : quantities) {
      if (table_of(quantity.source) == table) {
        sorted.all[sorted.of_both++] = quantity.id;
      }
    }
    sorted.of_bt23 = table == bt23 ? sorted.of_both : sorted.of_bt23;
  }
  return sorted;
}();
std::span<const Quantity> quantities_of(TableId table) {
  const std::span<const Quantity> both(by_table.all.data(), by_table.of_both);
  return table == bt23 ? both.first(by_table.of_bt23) : both.subspan(by_table.of_bt23);
}

// Where the first value that is wanted at or behind `from` begins, and where the last one ends that
// a read of so many bytes brings with it.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
std::optional<Span> first_span(TableId table, const Wanted& wanted, std::uint32_t from,
                               std::size_t most) {
  std::optional<Span> span;
  const auto each_place = [&](const auto& take) {
    for (const Quantity quantity : quantities_of(table)) {
      if (wanted.quantities.test(static_cast<std::size_t>(quantity))) {
        const auto place = place_of(info(quantity), wanted.dimensions);
        if (place && *place >= from) {
          take(*place);
        }
      }
    }
  };
  each_place([&](std::uint32_t place) { span = {std::min(place, span ? span->begin : place), 0}; });
  if (span) {
    each_place([&](std::uint32_t place) {
      const std::uint32_t end = place + int32_size;
      span->end = end - span->begin <= most ? std::max(span->end, end) : span->end;
    });
  }
  return span;
}

bool has_values(const PlanRow& row, const Wanted& wanted, std::uint32_t from) {
  return std::ranges::any_of(quantities_of(*row.values), [&](Quantity quantity) {
    if (!wanted.quantities.test(static_cast<std::size_t>(quantity))) {
      return false;
    }
    const auto place = place_of(info(quantity), wanted.dimensions);
    return place && *place >= from;
  });
}

}  // namespace

bool has_part(const PlanRow& row, const Wanted& wanted, const PlanRow::Known& known) {
  return row.values ? has_values(row, wanted, 0) : row.what == nullptr || row.what(known);
}

std::optional<TableRead> values_part(const PlanRow& row, const Wanted& wanted, std::uint32_t from,
                                     std::size_t most) {
  const auto span_from = [&](std::uint32_t begin, std::size_t size) {
    return first_span(*row.values, wanted, begin, size);
  };
  std::optional<Span> span = span_from(from, most);
  if (!span) {
    return std::nullopt;
  }
  std::size_t reads = 1;
  std::uint32_t end = span->end;
  for (auto next = span_from(end, most); next; next = span_from(end, most)) {
    end = next->end;
    ++reads;
  }
  if (reads > 1) {
    const std::size_t even =
        in_parts_of(in_parts_of(end - span->begin, int32_size), reads) * int32_size;
    const std::size_t together = from == 0 && row.together <= most ? row.together : 0;
    span = span_from(from, std::min(std::max(even, together), most));
  }
  return TableRead{*row.values, span->begin, static_cast<std::uint16_t>(span->end - span->begin)};
}

void RowRead::begin(const TableRead& whole) {
  whole_ = whole;
  from_ = 0;
  bytes_.clear();
}

void RowRead::begin(const PlanRow& row, const PlanRow::Known& known) {
  begin(row.what != nullptr ? *row.what(known) : TableRead{});
}

// Evenly rather than full reads and a rest: with the values and packets of today reads in a row
// then differ in size, so that a late answer cannot pass for the next one.
TableRead RowRead::part(const PlanRow& row, const Wanted& wanted, std::size_t most) const {
  if (row.values) {
    return *values_part(row, wanted, from_, most);
  }
  TableRead read = whole_;
  if (read.count > 0) {
    const std::size_t left = read.count - bytes_.size();
    const std::size_t values = in_parts_of(left, int32_size);
    const std::size_t reads = in_parts_of(values, most / int32_size);
    read.offset += static_cast<std::uint32_t>(bytes_.size());
    read.count =
        static_cast<std::uint16_t>(std::min(in_parts_of(values, reads) * int32_size, left));
  }
  return read;
}

bool RowRead::has_values(const PlanRow& row, const Wanted& wanted) const {
  return irmeter::has_values(row, wanted, from_);
}

bool RowRead::take(const PlanRow& row, const Wanted& wanted, const TableRead& part, ByteView bytes,
                   Values& values) {
  if (row.values) {
    decode_values(*row.values, wanted.dimensions, part.offset, bytes, wanted.quantities, values);
    from_ = part.offset + static_cast<std::uint32_t>(bytes.size());
    return !has_values(row, wanted);
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return bytes_.size() >= whole_.count;
}

}  // namespace irmeter
