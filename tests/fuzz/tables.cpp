// The decoders of tables and responses, on arbitrary bytes.
//
// Input: a byte that chooses the decoder, then what it decodes.

#include <algorithm>
#include <array>
#include <limits>

#include "lib/meter/clock.hpp"
#include "lib/meter/events.hpp"
#include "lib/meter/load_profile.hpp"
#include "lib/meter/mbus.hpp"
#include "lib/meter/mbus_records.hpp"
#include "lib/meter/plan.hpp"
#include "lib/meter/status.hpp"
#include "lib/meter/tables.hpp"
#include "lib/meter/transformers.hpp"
#include "lib/session/service.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/decode_reading.hpp"

namespace {

using fuzz::require;
using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::Quantity;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }) &&
         !text.starts_with(' ') && !text.ends_with(' ');
}

bool consists_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

void bt00(ByteView table) {
  if (const auto usable = irmeter::check_bt00(table)) {
    require(table.size() >= irmeter::bt00_size, "a short BT00 is refused");
  } else {
    require(!usable.error().what.empty(), "a refusal says why");
  }
}

void bt01(ByteView table) {
  const auto identity = irmeter::decode_bt01(table);
  require(identity.ok() == (table.size() >= irmeter::bt01_size), "BT01 fails for its size only");
  if (!identity) {
    return;
  }
  require(is_plain(identity->manufacturer) && identity->manufacturer.size() <= 4,
          "the manufacturer is plain text");
  require(is_plain(identity->model) && identity->model.size() <= 8, "the model is plain text");
  for (const std::string& version : {identity->hardware_version, identity->firmware_version}) {
    require(consists_of(version, "0123456789.") && version.size() <= 10, "versions are numbers");
  }
  require(identity->serial_number.size() == 16 &&
              consists_of(identity->serial_number, "0123456789abcdef"),
          "the serial number has 16 digits");
  require(consists_of(irmeter::meter_id(*identity), "abcdefghijklmnopqrstuvwxyz0123456789_"),
          "an id fits into topics");
}

void et03(ByteView table) {
  const std::string number = irmeter::decode_et03(table);
  require(is_plain(number) && number.size() <= irmeter::et03_size,
          "the utility's serial number is plain text");
}

// The value as the table of quantities says where it is, decoded once more.
std::optional<std::int64_t> value_in(ByteView table, const irmeter::QuantityInfo& quantity) {
  const std::size_t at = quantity.index * irmeter::int32_size;
  if (table.size() < at + irmeter::int32_size) {
    return std::nullopt;
  }
  const auto highest = static_cast<std::int8_t>(table[at + 3]);
  const std::int64_t value =
      highest * 0x1000000LL + table[at + 2] * 0x10000 + table[at + 1] * 0x100 + table[at];
  const bool none =
      value == 0x7FFFFFFF || value == -0x80000000LL || (value < 0 && !quantity.may_be_negative);
  return none ? std::nullopt : std::optional(value);
}

void check_reading(const irmeter::Reading& reading, ByteView summations, ByteView present_values) {
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    if (quantity.source == irmeter::Source::bt23 || quantity.source == irmeter::Source::bt28) {
      const bool is_summation = quantity.source == irmeter::Source::bt23;
      require(reading.values.get(quantity.id) ==
                  value_in(is_summation ? summations : present_values, quantity),
              "a value is the meter's own, or absent where the meter has none");
    }
  }
  const auto imported = reading.values.get(Quantity::power_import);
  const auto exported = reading.values.get(Quantity::power_export);
  const auto power = reading.values.get(Quantity::power);
  require(power.has_value() == (imported && exported), "power needs both directions");
  require(!power || *power == *imported - *exported, "power is the difference");
}

void reading(ByteView bytes) {
  fuzz::Input input(bytes.data(), bytes.size());
  const ByteView summations = input.bytes(input.byte());
  const ByteView present_values = input.rest();
  check_reading(irmeter::decode_reading(summations, present_values), summations, present_values);
}

// A plan that has come as far as the dimensions.
irmeter::Plan plan_before_dimensions(const irmeter::Negotiated& limits) {
  irmeter::Plan plan;
  plan.begin(limits, {});
  require(plan.take_loss(), "nothing depends on BT00");
  require(!plan.take(Bytes(irmeter::bt01_size)), "BT01 is an identity");
  require(plan.take_refusal(static_cast<std::uint8_t>(irmeter::ResponseCode::onp)),
          "a meter need not have ET03");
  plan.take_key();
  return plan;
}

// The dimensions, the reads that are planned from them, and what the answers come to.
void dimensions(ByteView bytes) {
  fuzz::Input input(bytes.data(), bytes.size());
  irmeter::Negotiated limits;
  limits.packet_size = static_cast<std::uint16_t>(36U + input.byte() % 29U);
  limits.packet_count = static_cast<std::uint8_t>(1U + input.byte() % 2U);
  const std::size_t max_read = limits.max_read();
  const ByteView table = input.bytes(irmeter::dimensions_size);
  const auto dimensions = irmeter::decode_dimensions(table);
  require(dimensions.ok() == (table.size() == irmeter::dimensions_size),
          "dimensions fail for their size only");
  if (!dimensions) {
    return;
  }
  irmeter::Plan plan = plan_before_dimensions(limits);
  const bool has_values = dimensions->summations > 0 || dimensions->present_values > 0;
  require(plan.take(table).has_value() != has_values, "a meter without values is no use");
  if (!has_values) {
    return;
  }
  std::array<Bytes, 2> answers;
  for (auto next = plan.next(); !std::holds_alternative<irmeter::Plan::Complete>(next);
       next = plan.next()) {
    const auto& read = std::get<irmeter::TableRead>(next);
    require(read.count > 0 && read.count <= max_read && read.count % irmeter::int32_size == 0,
            "a read is of whole values and fits an answer");
    const bool is_summation = read.table == irmeter::bt23;
    Bytes& answer = answers.at(is_summation ? 0 : 1);
    require(is_summation || read.table == irmeter::bt28, "two tables are read");
    require(read.offset ==
                (is_summation ? dimensions->summations_offset : dimensions->present_values_offset) +
                    answer.size(),
            "reads follow each other without gap");
    Bytes data(read.count);
    const ByteView given = input.bytes(read.count);
    std::copy(given.begin(), given.end(), data.begin());
    answer.insert(answer.end(), data.begin(), data.end());
    require(!plan.take(data), "values are no failure");
  }
  require(answers[0].size() <= dimensions->summations * irmeter::int32_size &&
              answers[1].size() <= dimensions->present_values * irmeter::int32_size,
          "nothing is read that the meter does not have");
  check_reading(plan.reading(), answers[0], answers[1]);
  plan.restart({});
  require(std::holds_alternative<irmeter::TableRead>(plan.next()),
          "a plan can be made use of again");
}

void table_response(ByteView response) {
  const auto table = irmeter::parse_table(response);
  if (!table) {
    require(!table.error().what.empty(), "a refusal says why");
    return;
  }
  Bytes whole{response[0], static_cast<std::uint8_t>(table->size() >> 8U),
              static_cast<std::uint8_t>(table->size() & 0xFFU)};
  whole.insert(whole.end(), table->begin(), table->end());
  whole.push_back(irmeter::table_checksum(*table));
  require(std::equal(whole.begin(), whole.end(), response.begin(), response.end()),
          "a table that was taken has the right count and checksum");
}

void negotiated(ByteView response) {
  if (const auto granted = irmeter::parse_negotiated(response)) {
    require(granted->packet_count > 0 && granted->max_read() >= irmeter::bt01_size,
            "what is granted is enough to read with");
  }
}

void small_ones(ByteView bytes) {
  fuzz::Input input(bytes.data(), bytes.size());
  require(!irmeter::describe(input.byte()).empty(), "every response code has a text");
  require(!irmeter::table_name(input.word()).empty(), "every table has a name");
  const ByteView response = input.rest();
  require(irmeter::parse_identification(response) == (response.size() >= 4),
          "an identification needs standard, version and revision");
}

void status_and_clocks(ByteView table) {
  const auto flags = irmeter::decode_bt03(table);
  require(!flags || table.size() >= irmeter::bt03_least_size, "a short BT03 is refused");
  const auto year_2100 = std::chrono::sys_days(std::chrono::year(2100) / 1 / 1);
  for (const auto& time : {irmeter::decode_time(table), irmeter::decode_bt52(table)}) {
    require(!time || (*time < year_2100 && time->time_since_epoch().count() > 0),
            "a time is in this century");
  }
  const auto local = irmeter::decode_bt55(table);
  require(!local || (local->tariff >= 1 && local->tariff <= 8), "a tariff is one of eight");
  const auto offsets = irmeter::decode_bt53(table);
  require(!offsets || std::chrono::abs(offsets->zone) <= std::chrono::hours(14),
          "a zone is on this earth");
}

void log(ByteView bytes) {
  fuzz::Input input(bytes.data(), bytes.size());
  const auto dimensions = irmeter::decode_bt71(input.bytes(irmeter::bt71_size));
  if (!dimensions) {
    return;
  }
  const auto head = irmeter::decode_log_head(input.bytes(irmeter::bt74_head_size), *dimensions);
  require(!head || (head->last < dimensions->entries && head->valid <= dimensions->entries),
          "the newest record is one of them");
  const auto record = irmeter::decode_log_record(input.rest());
  require(!record || (record->id > 0 && record->id < 0x1000), "a record has an event");
}

void profile(ByteView bytes) {
  fuzz::Input input(bytes.data(), bytes.size());
  const auto dimensions = irmeter::decode_bt61(input.bytes(irmeter::bt61_size));
  if (!dimensions) {
    return;
  }
  const auto head = irmeter::decode_bt63(input.bytes(irmeter::bt63_size), *dimensions);
  require(!head || dimensions->interval_offset(head->last_block, head->valid_intervals) <=
                       dimensions->blocks * dimensions->block_size(),
          "the newest interval lies within BT64");
  const ByteView rest = input.rest();
  (void)irmeter::decode_bt62(rest, *dimensions);
  const auto interval = irmeter::decode_interval(rest, *dimensions);
  require(interval.ok() == (rest.size() >= dimensions->interval_size()),
          "an interval fails for its size only");
}

// What the meter says of the places of its values, and of the transformers in front of it.
void sources(ByteView bytes) {
  fuzz::Input input(bytes.data(), bytes.size());
  const auto usual = irmeter::decode_dimensions(input.bytes(irmeter::dimensions_size));
  if (!usual) {
    return;
  }
  irmeter::Dimensions told = *usual;
  for (const irmeter::TableId values : {irmeter::bt23, irmeter::bt28}) {
    (void)irmeter::take_sources(input.bytes(input.byte()), values, told);
  }
  const irmeter::QuantitySet fixed = irmeter::usual_quantities();
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    const auto place = irmeter::place_of(quantity, told);
    require(!fixed.test(static_cast<std::size_t>(quantity.id)) ||
                place == irmeter::place_of(quantity, *usual),
            "what every meter has at the same place stays there");
  }
  if (const auto ratios = irmeter::decode_bt15(input.rest())) {
    irmeter::Values polled;
    irmeter::Values details;
    polled.set(Quantity::power_import, std::numeric_limits<std::int32_t>::max());
    irmeter::compute_primaries(*ratios, told, polled, details);
  }
}

void mbus(ByteView table) {
  const auto dimensions = irmeter::decode_et11(table);
  require(!dimensions || dimensions->slots <= irmeter::mbus_slots, "a meter has four slots");
  if (const auto device = irmeter::decode_mbus_device(table)) {
    require(device->serial_number.size() == 8 && consists_of(device->serial_number, "0123456789"),
            "a device has a serial number");
    require(device->maker.empty() || device->maker.size() == 3, "a maker has three letters");
  }
}

// The records of a telegram: they are all of it, one behind the other, and what has a value is
// known.
void mbus_records(ByteView bytes) {
  irmeter::MbusRecords records(bytes);
  std::size_t seen = 0;
  while (const auto record = records.next()) {
    require(!record->bytes.empty(), "a record has bytes");
    const auto begin = static_cast<std::size_t>(record->bytes.data() - bytes.data());
    require(begin >= seen, "a record is behind the one before");
    seen = begin + record->bytes.size();
    require(seen <= bytes.size(), "a record ends within the telegram");
    const bool has_value = !std::holds_alternative<std::monostate>(record->value);
    require(has_value == (record->form == irmeter::MbusRecord::Form::decoded),
            "what has a value is decoded");
    require(!has_value || record->function != irmeter::MbusRecord::Function::during_error,
            "what was measured during an error is no value");
    if (const auto* const number = std::get_if<irmeter::MbusNumber>(&record->value)) {
      require(consists_of(irmeter::to_text(*number), "-.0123456789"), "a number is one");
    }
    if (const auto* const text = std::get_if<irmeter::MbusRecord::Text>(&record->value)) {
      require(!text->reversed.empty(), "a text has characters");
    }
  }
}

// An entry of ET16 from its start.
void mbus_entry(ByteView entry) {
  const irmeter::MbusContent content = irmeter::mbus_content(entry);
  require(content.bytes.size() <= entry.size(), "the records are a part of the entry");
  const auto read_at = irmeter::decode_time(entry.first(std::min<std::size_t>(entry.size(), 6)));
  const auto now = read_at ? std::optional(*read_at) : std::nullopt;
  const auto values = irmeter::mbus_values(entry, now);
  require(values.empty() || content.state == irmeter::MbusContent::State::records,
          "only records are values");
  require(values.size() <= irmeter::mbus_quantity_count, "each quantity is told once");
  require(irmeter::mbus_values(entry, {}).size() <= values.size(), "an old telegram tells less");
}

constexpr std::array decoders{
    bt00,           bt01,       et03,       reading,           dimensions,
    table_response, negotiated, small_ones, status_and_clocks, log,
    profile,        sources,    mbus,       mbus_records,      mbus_entry};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t choice = input.byte();
  decoders[choice % decoders.size()](input.rest());
  return 0;
}
