#include "lib/meter/nes_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/meter/clock.hpp"
#include "lib/meter/register_unit.hpp"

namespace irmeter {
namespace {

using Known = PlanRow::Known;
using When = PlanRow::When;
using IfRefused = PlanRow::IfRefused;

template <TableId table, std::uint16_t count>
std::optional<TableRead> beginning_of(const Known&) {
  return TableRead{table, 0, count};
}

// Nothing depends on it; it only tells meters that this plan is not for.
std::optional<Failure> take_configuration(ByteView table, Known&) {
  const auto usable = check_bt00(table);
  return usable ? std::nullopt : std::optional(Failure{Fault::refused, usable.error().what});
}

// Of a meter that is known: what tells it from another one, and from what it was before it got
// another firmware.
std::optional<TableRead> rest_of_bt01(const Known& known) {
  const bool known_before = !known.identity.serial_number.empty();
  return known_before ? std::optional(TableRead{bt01, bt01_rest, bt01_size - bt01_rest})
                      : std::nullopt;
}

std::optional<Failure> compare_identity(ByteView table, Known& known) {
  if (!is_of(known.identity, table)) {
    known.identity = {};
    known.forget_values();
  }
  return std::nullopt;
}

std::optional<TableRead> all_of_bt01(const Known& known) {
  return known.identity.serial_number.empty() ? std::optional(TableRead{bt01, 0, bt01_size})
                                              : std::nullopt;
}

std::optional<Failure> take_identity(ByteView table, Known& known) {
  known.identity = *decode_bt01(table);
  known.firmware = *decode_firmware(table);
  return std::nullopt;
}

std::optional<Failure> take_utility_serial(ByteView table, Known& known) {
  known.identity.utility_serial_number = decode_et03(table);
  return std::nullopt;
}

std::optional<Failure> use(Dimensions dimensions, Known& known) {
  dimensions.register_unit = known.dimensions.register_unit;
  if (known.dimensions != dimensions) {
    known.details.clear();
  }
  known.dimensions = dimensions;
  known.values.clear();
  const bool has_values = std::ranges::any_of(quantities, [&](const QuantityInfo& quantity) {
    return place_of(quantity, dimensions).has_value();
  });
  return has_values
             ? std::nullopt
             : std::optional(Failure{Fault::unexpected, "the meter says that it has no values"});
}

// A meter that has said where its values lie, and is the one it was, is not asked again.
std::optional<TableRead> unknown_dimensions(const Known& known) {
  const bool told = known.dimensions != Dimensions{} && !known.dimensions.assumed;
  return told ? std::nullopt : std::optional(TableRead{bt21, 0, dimensions_size});
}

std::optional<Failure> take_dimensions(ByteView table, Known& known) {
  return use(*decode_dimensions(table), known);
}

// BT20 tells the layout of a meter that has no BT21, and of no other: it has the largest numbers
// possible, BT21 the real ones.
std::optional<Failure> take_maxima(ByteView table, Known& known) {
  if (table.empty()) {
    return use(usual_dimensions, known);
  }
  if (static_cast<ResponseCode>(known.refusal) != ResponseCode::iar) {
    return Failure{Fault::refused, table_name(bt21) + ": " + describe(known.refusal)};
  }
  return take_dimensions(table, known);
}

std::optional<TableRead> most_tariffs(const Known& known) {
  return most_tariffs_of(known.firmware);
}

std::optional<Failure> take_most_tariffs(ByteView part, Known& known) {
  known.most_tariffs = part.empty() ? std::uint8_t{0} : part[0];
  return std::nullopt;
}

std::optional<TableRead> register_unit(const Known& known) {
  return register_unit_of(known.firmware, known.most_tariffs);
}

std::optional<Failure> take_register_unit(ByteView byte, Known& known) {
  known.dimensions.register_unit = decode_register_unit(byte).value_or(0);
  return std::nullopt;
}

// Power, currents and voltages are shown as those of one moment.
constexpr std::size_t ten_values = 10 * int32_size;

// A table of the pauses that nothing else depends on: what of it makes sense is told.
template <auto decode>
std::optional<Failure> check(ByteView table, Known&) {
  const auto decoded = decode(table);
  return decoded ? std::nullopt : std::optional(Failure{Fault::unexpected, decoded.error().what});
}

// Until the meter has said which values it has at which place, they are taken for the usual ones.
template <TableId values>
std::optional<TableRead> sources(const Known& known) {
  return sources_of(values, known.dimensions);
}

template <TableId values>
std::optional<Failure> take_sources(ByteView part, Known& known) {
  const Sources before = known.dimensions.sources;
  const auto taken = irmeter::take_sources(part, values, known.dimensions);
  if (!taken) {
    return Failure{Fault::unexpected, taken.error().what};
  }
  if (known.dimensions.sources != before) {
    known.values.clear();
    known.details.clear();
  }
  return std::nullopt;
}

std::optional<Failure> take_ratios(ByteView table, Known& known) {
  const auto ratios = decode_bt15(table);
  if (!ratios) {
    return Failure{Fault::unexpected, ratios.error().what};
  }
  known.ratios = *ratios;
  return std::nullopt;
}

// A flag that has appeared is in the log, most likely.
std::optional<Failure> take_status(ByteView table, Known& known) {
  const auto flags = decode_bt03(table);
  if (!flags) {
    return Failure{Fault::unexpected, flags.error().what};
  }
  const StatusFlags before = std::exchange(known.flags, *flags);
  if ((*flags & ~before).any()) {
    known.look_at_logs();
  }
  return std::nullopt;
}

// In Known::logs.
constexpr std::size_t events = 0;        // BT74
constexpr std::size_t other_events = 1;  // ET79
constexpr std::size_t outages = 2;       // ET81

std::optional<Failure> use(const Result<LogDimensions>& dimensions, EventLog& log) {
  log.use(dimensions ? std::optional(*dimensions) : std::nullopt);
  return dimensions ? std::nullopt
                    : std::optional(Failure{Fault::unexpected, dimensions.error().what});
}

// A record of ET79 is as long as one of BT74.
std::optional<Failure> take_log_dimensions(ByteView table, Known& known) {
  const auto dimensions = decode_bt71(table);
  if (auto other = known.logs[other_events].dimensions(); dimensions && other) {
    other->argument_size = dimensions->argument_size;
    known.logs[other_events].use(other);
  }
  return use(dimensions, known.logs[events]);
}

std::optional<TableRead> other_log_room(const Known& known) {
  return known.logs[events].dimensions() ? et79_room(known.firmware) : std::nullopt;
}

std::optional<Failure> take_other_log_room(ByteView part, Known& known) {
  return use(decode_et79_room(part, *known.logs[events].dimensions()), known.logs[other_events]);
}

std::optional<Failure> take_outage_room(ByteView part, Known& known) {
  return use(decode_et81_room(part), known.logs[outages]);
}

// What is told of ET79 may be in BT74 as well, under the same number: both are to be told up to
// there before the daemon ends.
template <std::size_t log>
std::optional<Failure> take_log_part(ByteView bytes, Known& known) {
  auto failure = known.logs[log].take_part(bytes);
  if (log == other_events && known.logs[log].has_news()) {
    known.logs[events].look();
  }
  return failure;
}

template <std::size_t log>
constexpr PlanRow log_head_row{
    .when = When::each_period,
    .what = [](const Known& known) { return known.logs[log].head(); },
    .take = [](ByteView table, Known& known) { return known.logs[log].take_head(table); },
    .period = std::chrono::minutes(10)};
template <std::size_t log>
constexpr PlanRow log_part_row{.when = When::as_wanted,
                               .what = [](const Known& known) { return known.logs[log].part(); },
                               .take = take_log_part<log>};

std::optional<Failure> take_mbus_dimensions(ByteView table, Known& known) {
  const auto dimensions = decode_et11(table);
  if (!dimensions) {
    return Failure{Fault::unexpected, dimensions.error().what};
  }
  if (known.mbus != *dimensions) {
    known.mbus_reads = {};
  }
  known.mbus = *dimensions;
  return std::nullopt;
}

// A meter that refuses the first device is not asked for the others.
template <std::size_t slot>
std::optional<TableRead> mbus_device(const Known& known) {
  const bool is_there = slot < known.mbus.slots && (slot == 0 || known.gives_mbus);
  return is_there ? std::optional(TableRead{et16, known.mbus.offset(slot), et16_head_size})
                  : std::nullopt;
}

template <std::size_t slot>
std::optional<Failure> take_mbus_device(ByteView head, Known& known) {
  known.gives_mbus = true;
  known.mbus_reads.take_head(slot, head, known.mbus);
  return std::nullopt;
}

template <std::size_t slot>
constexpr PlanRow mbus_row{.when = When::each_period,
                           .what = mbus_device<slot>,
                           .take = take_mbus_device<slot>,
                           .period = std::chrono::hours(1)};

constexpr std::array<PlanRow, 11> poll_rows{{
    {When::once, beginning_of<bt00, 0>, take_configuration, IfRefused::go_on, false},
    {When::each_session, rest_of_bt01, compare_identity},
    {When::each_session, all_of_bt01, take_identity},
    {When::once, beginning_of<et03, et03_size>, take_utility_serial, IfRefused::go_on},
    {When::each_session},  // the key
    {When::each_session, unknown_dimensions, take_dimensions, IfRefused::instead},
    {When::instead, beginning_of<bt20, dimensions_size>, take_maxima, IfRefused::lacking},
    {When::once, most_tariffs, take_most_tariffs, IfRefused::go_on, false},
    {When::once, register_unit, take_register_unit, IfRefused::go_on, false},
    {.when = When::each_poll, .values = bt23},
    {.when = When::each_poll, .values = bt28, .together = ten_values},
}};
constexpr std::array<PlanRow, 23> pause_rows{{
    {.when = When::each_period,
     .what = sources<bt23>,
     .take = take_sources<bt23>,
     .period = std::chrono::hours(24)},
    {.when = When::each_period,
     .what = sources<bt28>,
     .take = take_sources<bt28>,
     .period = std::chrono::hours(24)},
    {.when = When::each_period,
     .what = beginning_of<bt15, bt15_size>,
     .take = take_ratios,
     .period = std::chrono::hours(24)},
    {.when = When::each_period, .values = bt23},
    {.when = When::each_period, .values = bt28},
    {.when = When::each_period, .what = beginning_of<bt52, bt52_size>, .take = check<decode_bt52>},
    {.when = When::each_period, .what = beginning_of<bt55, bt55_size>, .take = check<decode_bt55>},
    {.when = When::each_period, .what = beginning_of<bt03, bt03_known_size>, .take = take_status},
    {.when = When::each_period,
     .what = beginning_of<bt71, bt71_size>,
     .take = take_log_dimensions,
     .period = std::chrono::hours(24)},
    {.when = When::each_period,
     .what = other_log_room,
     .take = take_other_log_room,
     .period = std::chrono::hours(24)},
    {.when = When::each_period,
     .what = [](const Known& known) { return et81_room(known.firmware); },
     .take = take_outage_room,
     .period = std::chrono::hours(24)},
    log_head_row<events>,
    log_part_row<events>,
    log_head_row<other_events>,
    log_part_row<other_events>,
    log_head_row<outages>,
    log_part_row<outages>,
    {.when = When::each_period,
     .what = beginning_of<et11, et11_known_size>,
     .take = take_mbus_dimensions,
     .period = std::chrono::hours(24)},
    mbus_row<0>,
    mbus_row<1>,
    mbus_row<2>,
    mbus_row<3>,
    {.when = When::as_wanted,
     .what = [](const Known& known) { return known.mbus_reads.part(known.mbus); },
     .take = [](ByteView bytes, Known& known) -> std::optional<Failure> {
       known.mbus_reads.take_part(bytes);
       return std::nullopt;
     }},
}};
static_assert(mbus_slots == 4);
constexpr auto nes_rows = [] {
  std::array<PlanRow, poll_rows.size() + pause_rows.size()> rows;
  std::ranges::copy(pause_rows, std::ranges::copy(poll_rows, rows.begin()).out);
  return rows;
}();

}  // namespace

std::span<const PlanRow> nes_plan() {
  return nes_rows;
}

std::span<const PlanRow> nes_polls() {
  return poll_rows;
}

}  // namespace irmeter
