#include "lib/meter/fields.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "lib/hex.hpp"
#include "lib/meter/clock.hpp"
#include "lib/meter/events.hpp"
#include "lib/meter/little_endian.hpp"
#include "lib/meter/mbus_records.hpp"
#include "lib/meter/status.hpp"

namespace irmeter {
namespace {

enum class Type : std::uint8_t { number, signed_number, text, bytes, version, time };

struct Field {
  TableId table;
  std::uint8_t offset;
  std::uint8_t size;
  Type type;
  std::string_view name;
  std::string_view unit = {};
};

constexpr std::array fields{
    Field{bt00, 0, 3, Type::bytes, "format"},
    Field{bt00, 3, 4, Type::text, "manufacturer"},
    Field{bt00, 7, 1, Type::number, "nameplate type"},
    Field{bt00, 11, 1, Type::number, "standard version"},
    Field{bt00, 12, 1, Type::number, "standard revision"},
    Field{bt00, 13, 1, Type::number, "bytes of basic tables"},
    Field{bt00, 14, 1, Type::number, "bytes of extended tables"},
    Field{bt00, 17, 1, Type::number, "bytes of manufacturer status"},
    Field{bt01, 0, 4, Type::text, "manufacturer"},
    Field{bt01, 4, 8, Type::text, "model"},
    Field{bt01, 12, 2, Type::version, "hardware version"},
    Field{bt01, 14, 2, Type::version, "firmware version"},
    Field{bt01, 16, 8, Type::bytes, "serial number"},
    Field{bt15, 0, 4, Type::signed_number, "multiplier"},
    Field{bt15, 4, 4, Type::signed_number, "offset"},
    Field{bt15, 8, 1, Type::number, "already applied"},
    Field{bt15, 9, 4, Type::signed_number, "current transformer ratio"},
    Field{bt15, 13, 4, Type::signed_number, "voltage transformer ratio"},
    Field{bt20, 0, 2, Type::bytes, "flags"},
    Field{bt20, 2, 1, Type::number, "self-reads"},
    Field{bt20, 3, 1, Type::number, "summations"},
    Field{bt20, 4, 1, Type::number, "demands"},
    Field{bt20, 5, 1, Type::number, "coincident values"},
    Field{bt20, 6, 1, Type::number, "occurrences"},
    Field{bt20, 7, 1, Type::number, "tiers"},
    Field{bt20, 8, 1, Type::number, "present demands"},
    Field{bt20, 9, 1, Type::number, "present values"},
    Field{bt52, 0, 6, Type::time, "UTC"},
    Field{bt52, 6, 1, Type::bytes, "flags"},
    Field{bt53, 0, 3, Type::bytes, "time of the switch"},
    Field{bt53, 3, 1, Type::number, "daylight saving", "min"},
    Field{bt53, 4, 2, Type::signed_number, "time zone", "min"},
    Field{bt55, 0, 6, Type::time, "local time"},
    Field{bt55, 6, 1, Type::bytes, "flags"},
    Field{bt61, 0, 4, Type::number, "memory", "bytes"},
    Field{bt61, 4, 3, Type::bytes, "flags"},
    Field{bt61, 7, 2, Type::number, "blocks"},
    Field{bt61, 9, 2, Type::number, "intervals of a block"},
    Field{bt61, 11, 1, Type::number, "channels"},
    Field{bt61, 12, 1, Type::number, "interval", "min"},
    Field{bt63, 0, 1, Type::bytes, "flags"},
    Field{bt63, 1, 2, Type::number, "valid blocks"},
    Field{bt63, 3, 2, Type::number, "last block"},
    Field{bt63, 5, 4, Type::number, "last sequence number"},
    Field{bt63, 9, 2, Type::number, "unread blocks"},
    Field{bt63, 11, 2, Type::number, "valid intervals of the last block"},
    Field{bt71, 0, 1, Type::bytes, "flags"},
    Field{bt71, 1, 1, Type::number, "bytes of standard events"},
    Field{bt71, 2, 1, Type::number, "bytes of manufacturer events"},
    Field{bt71, 3, 1, Type::number, "bytes of an argument"},
    Field{bt71, 5, 2, Type::number, "entries of the history log"},
    Field{bt71, 7, 2, Type::number, "entries of the event log"},
    Field{bt74, 0, 1, Type::bytes, "flags"},
    Field{bt74, 1, 2, Type::number, "valid entries"},
    Field{bt74, 3, 2, Type::number, "last entry"},
    Field{bt74, 5, 4, Type::number, "last sequence number"},
    Field{bt74, 9, 2, Type::number, "unread entries"},
    Field{et03, 0, 30, Type::text, "utility serial number"},
    Field{et11, 0, 1, Type::number, "devices"},
    Field{et11, 1, 1, Type::number, "bytes of an entry of ET13"},
    Field{et11, 2, 1, Type::number, "bytes of an entry of ET14"},
    Field{et11, 3, 1, Type::number, "entries of ET15"},
    Field{et11, 4, 1, Type::number, "bytes of an entry of ET15"},
    Field{et11, 5, 2, Type::number, "bytes of an entry of ET16"},
    Field{et81, 0, 1, Type::bytes, "flags"},
    Field{et81, 1, 1, Type::number, "valid entries"},
    Field{et81, 2, 1, Type::number, "last entry"},
    Field{et81, 3, 2, Type::number, "last sequence number"},
    Field{et81, 5, 1, Type::number, "unread entries"},
};

// BT21 has the layout of BT20, and ET79 that of BT74.
TableId layout_of(TableId table) {
  return table == bt21 ? bt20 : table == et79 ? bt74 : table;
}

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string date_text(MeterTime time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day()));
}

std::string minute_text(MeterTime time) {
  const std::chrono::hh_mm_ss of_day(time - std::chrono::floor<std::chrono::days>(time));
  return date_text(time) + " " + two_digits(of_day.hours().count()) + ":" +
         two_digits(of_day.minutes().count());
}

std::string time_text(ByteView bytes) {
  const auto time = decode_time(bytes);
  return time ? minute_text(*time) + ":" + two_digits(time->time_since_epoch().count() % 60)
              : "no time (" + hex(bytes) + ")";
}

std::string plain(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += byte >= ' ' && byte <= '~' ? static_cast<char>(byte) : ' ';
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

FieldValue numbered(std::string name, std::int64_t number, std::string_view unit = {}) {
  return {std::move(name), std::to_string(number), number, std::string(unit)};
}

FieldValue value_of(const Field& field, ByteView bytes) {
  const auto number = [&bytes](bool with_sign) {
    std::int64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      value = value * 0x100 + bytes[i];
    }
    const std::int64_t beyond = std::int64_t{1} << (8 * bytes.size());
    return with_sign && value >= beyond / 2 ? value - beyond : value;
  };
  const std::string name(field.name);
  switch (field.type) {
    case Type::number:
      return numbered(name, number(false), field.unit);
    case Type::signed_number:
      return numbered(name, number(true), field.unit);
    case Type::text:
      return {name, plain(bytes), {}};
    case Type::version:
      return {name, decode_version(static_cast<std::uint16_t>(bytes[0] * 0x100 + bytes[1])), {}};
    case Type::time:
      return {name, time_text(bytes), {}};
    case Type::bytes:
      break;
  }
  return {name, hex(bytes), {}};
}

void add_flags(ByteView bytes, std::vector<FieldValue>& values) {
  if (const auto flags = decode_bt03(bytes)) {
    std::string set;
    for (const std::string_view name : names_of(*flags)) {
      set += (set.empty() ? "" : ", ") + std::string(name);
    }
    values.push_back({"flags", set.empty() ? "none" : set, {}});
  }
}

// What is in use, as BT00 lists it.
void add_tables(ByteView bytes, std::vector<FieldValue>& values) {
  if (bytes.size() < bt00_size) {
    return;
  }
  std::size_t at = bt00_size;
  for (const auto& [name, length, first] :
       {std::tuple("basic tables", bytes[13], TableId{0}),
        std::tuple("extended tables", bytes[14], extended_table(0))}) {
    std::string used;
    for (std::size_t bit = 0; bit < std::size_t{8} * length && at + bit / 8 < bytes.size(); ++bit) {
      if ((bytes[at + bit / 8] & 1U << bit % 8) != 0) {
        used += (used.empty() ? "" : " ") + table_name(static_cast<TableId>(first + bit));
      }
    }
    values.push_back({name, used, {}});
    at += length;
  }
}

// The rows of INT32 of BT23 and BT28: as the quantity that is read there, else by number.
void add_rows(Source source, std::string_view name, ByteView bytes, const Dimensions& dimensions,
              std::vector<FieldValue>& values) {
  const bool totals = source == Source::bt23;
  const std::size_t begin =
      totals ? dimensions.summations_offset : dimensions.present_values_offset;
  const std::size_t count = totals ? dimensions.summations : dimensions.present_values;
  for (std::size_t i = 0; i < count && begin + (i + 1) * int32_size <= bytes.size(); ++i) {
    const auto* const known = std::ranges::find_if(quantities, [&](const QuantityInfo& quantity) {
      return quantity.source == source && place_of(quantity, dimensions) == begin + i * int32_size;
    });
    values.push_back(numbered(known != quantities.end()
                                  ? std::string(known->key)
                                  : std::string(name) + " " + std::to_string(i),
                              little_endian<std::int32_t>(bytes, begin + i * int32_size)));
  }
}

// Of ET81, the oldest first, each with its place. The newest one is the last that was written: the
// log is circular.
void add_outages(ByteView bytes, std::vector<FieldValue>& values) {
  constexpr std::size_t head = 6;
  constexpr std::size_t record = 2 * long_time_size;
  if (bytes.size() < head) {
    return;
  }
  const std::size_t valid = bytes[1];
  const std::size_t last = bytes[2];
  const std::size_t places = std::max(valid, last + 1);
  for (std::size_t i = 1; i <= valid; ++i) {
    const std::size_t place = (last + places - valid + i) % places;
    const std::size_t begin = head + place * record;
    if (bytes.size() >= begin + record) {
      const ByteView times = bytes.subspan(begin, record);
      values.push_back({"outage " + std::to_string(place),
                        time_text(times.first(long_time_size)) + " to " +
                            time_text(times.subspan(long_time_size)),
                        {}});
    }
  }
}

// Of a telegram in ET16, of the variable and of the fixed structure.
constexpr std::array variable_telegram{
    Field{et16, 0, 4, Type::bytes, "serial number"},  Field{et16, 4, 2, Type::bytes, "maker"},
    Field{et16, 6, 1, Type::number, "version"},       Field{et16, 7, 1, Type::number, "medium"},
    Field{et16, 8, 1, Type::number, "access number"}, Field{et16, 9, 1, Type::bytes, "status"},
    Field{et16, 10, 2, Type::bytes, "signature"}};
constexpr std::array fixed_telegram{Field{et16, 0, 4, Type::bytes, "serial number"},
                                    Field{et16, 4, 1, Type::number, "access number"},
                                    Field{et16, 5, 1, Type::bytes, "status"},
                                    Field{et16, 6, 2, Type::bytes, "medium and units"},
                                    Field{et16, 8, 4, Type::bytes, "counter 1"},
                                    Field{et16, 12, 4, Type::bytes, "counter 2"}};

// "energy", "maximum of flow temperature, storage 1, tariff 2".
std::string name_of(const MbusRecord& record) {
  using Function = MbusRecord::Function;
  std::string name = record.what == MbusQuantity::named ? "'" + record.name.text() + "'"
                                                        : std::string(info(record.what).key);
  std::ranges::replace(name, '_', ' ');
  switch (record.function) {
    case Function::maximum:
      name = "maximum of " + name;
      break;
    case Function::minimum:
      name = "minimum of " + name;
      break;
    case Function::during_error:
      name += " during an error";
      break;
    case Function::instantaneous:
      break;
  }
  for (const auto& [label, number] :
       {std::pair("storage", record.storage), std::pair("tariff", std::uint64_t{record.tariff}),
        std::pair("subunit", std::uint64_t{record.subunit})}) {
    if (number != 0) {
      name += std::string(", ") + label + " " + std::to_string(number);
    }
  }
  return name;
}

FieldValue value_of(const MbusRecord& record) {
  FieldValue value{name_of(record), hex(record.bytes), {}, std::string(record.unit)};
  if (const auto* const number = std::get_if<MbusNumber>(&record.value)) {
    value.text = to_text(*number);
    if (number->exponent <= 0) {
      value.number = number->digits;
      value.decimals = -number->exponent;
    }
  } else if (const auto* const time = std::get_if<MeterTime>(&record.value)) {
    value.text = record.what == MbusQuantity::date ? date_text(*time) : minute_text(*time);
  } else if (const auto* const text = std::get_if<MbusRecord::Text>(&record.value)) {
    value.text = text->text();
  }
  return value;
}

// What is not a value is there with its bytes, so that nothing is missing.
FieldValue field_of(const MbusRecord& record) {
  using Form = MbusRecord::Form;
  switch (record.form) {
    case Form::decoded:
      return value_of(record);
    case Form::without_value:
      return {name_of(record), "no value (" + hex(record.bytes) + ")", {}};
    case Form::not_understood:
      return {"record that is not understood", hex(record.bytes), {}};
    case Form::of_maker:
      return {"record of the maker's own", hex(record.bytes), {}};
    case Form::torn:
      break;
  }
  return {"rest that is not understood", hex(record.bytes), {}};
}

std::string_view name_of(MbusContent::State state) {
  using State = MbusContent::State;
  return state == State::encrypted ? "encrypted records"
         : state == State::refused ? "records that the meter does not trust"
                                   : "records";
}

// An entry of ET16: who the device is as a person reads it, the rest as it stands there.
void add_mbus_entry(const std::string& name, ByteView bytes, std::vector<FieldValue>& values) {
  const auto entry = decode_et16_entry(bytes);
  if (!entry) {
    values.push_back({name, "none", {}});
    return;
  }
  const auto add = [&](FieldValue value) {
    value.name = name + " " + value.name;
    values.push_back(std::move(value));
  };
  add({"read at", time_text(bytes.first(long_time_size)), {}});
  add({"response", hex(bytes[long_time_size]), {}});
  const auto device = decode_mbus_device(bytes);
  const ByteView rest = bytes.subspan(mbus_telegram);
  const ByteView telegram = rest.first(std::min<std::size_t>(rest.size(), entry->length));
  std::size_t end = 0;
  for (const Field& field :
       entry->fixed ? std::span<const Field>(fixed_telegram) : variable_telegram) {
    end = std::size_t{field.offset} + field.size;
    if (end > telegram.size()) {
      return;
    }
    FieldValue value = value_of(field, telegram.subspan(field.offset, field.size));
    if (device && field.name == "serial number") {
      value.text = device->serial_number;
    } else if (device && field.name == "maker" && !device->maker.empty()) {
      value.text = device->maker;
    } else if (field.name == "medium") {
      value = {value.name, mbus_medium(telegram[field.offset]), {}};
    }
    add(std::move(value));
  }
  const MbusContent content = mbus_content(bytes);
  if (content.state == MbusContent::State::records) {
    MbusRecords records(content.bytes);
    while (const auto record = records.next()) {
      add(field_of(*record));
    }
  } else if (telegram.size() > end) {
    add({std::string(name_of(content.state)), hex(telegram.subspan(end)), {}});
  }
}

void add_mbus_devices(ByteView bytes, const std::optional<MbusDimensions>& told,
                      std::vector<FieldValue>& values) {
  const MbusDimensions dimensions = told.value_or(usual_mbus_dimensions);
  if (dimensions.slots == 0) {
    values.push_back({"devices", "none, by ET11", {}});
    return;
  }
  values.push_back(numbered("bytes of an entry", dimensions.entry_size));
  if (!told) {
    values.back().text += " (usual; ET11 does not tell)";
    values.back().number.reset();
  }
  for (std::size_t slot = 0;
       slot < dimensions.slots && bytes.size() >= dimensions.offset(slot) + et16_head_size;
       ++slot) {
    const ByteView rest = bytes.subspan(dimensions.offset(slot));
    add_mbus_entry("device " + std::to_string(slot + 1),
                   rest.first(std::min<std::size_t>(rest.size(), dimensions.entry_size)), values);
  }
}

}  // namespace

std::vector<FieldValue> decode_fields(TableId table, ByteView bytes,
                                      const std::optional<Dimensions>& dimensions,
                                      const std::optional<MbusDimensions>& mbus) {
  std::vector<FieldValue> values;
  for (const Field& field : fields) {
    if (field.table == layout_of(table) && field.offset + field.size <= bytes.size()) {
      values.push_back(value_of(field, bytes.subspan(field.offset, field.size)));
    }
  }
  if (table == bt00) {
    add_tables(bytes, values);
  } else if (table == bt03) {
    add_flags(bytes, values);
  } else if (const auto local = decode_bt55(bytes); table == bt55 && local) {
    values.push_back(numbered("tariff", local->tariff));
    values.push_back(numbered("season", local->season));
  } else if (table == et81) {
    add_outages(bytes, values);
  } else if (table == et16) {
    add_mbus_devices(bytes, mbus, values);
  } else if (table == bt23 && dimensions) {
    add_rows(Source::bt23, "summation", bytes, *dimensions, values);
  } else if (table == bt28 && dimensions) {
    add_rows(Source::bt28, "present value", bytes, *dimensions, values);
  }
  return values;
}

std::uint32_t known_size(TableId table, const std::optional<Dimensions>& dimensions,
                         const std::optional<MbusDimensions>& mbus) {
  if (table == bt00 || table == et81) {
    return 0;  // its bitmaps, or outages, are as many as the meter says
  }
  if (table == bt03) {
    return bt03_known_size;
  }
  if (table == bt55) {
    return bt55_size;
  }
  if (table == et16) {
    const MbusDimensions known = mbus && mbus->slots > 0 ? *mbus : usual_mbus_dimensions;
    return known.offset(known.slots);
  }
  if (table == bt23 && dimensions) {
    return dimensions->summations_offset + dimensions->summations * std::uint32_t{int32_size};
  }
  if (table == bt28 && dimensions) {
    return dimensions->present_values_offset +
           dimensions->present_values * std::uint32_t{int32_size};
  }
  std::uint32_t size = 0;
  for (const Field& field : fields) {
    if (field.table == layout_of(table)) {
      size = std::max<std::uint32_t>(size, field.offset + field.size);
    }
  }
  return size;
}

}  // namespace irmeter
