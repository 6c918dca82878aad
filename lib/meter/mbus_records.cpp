#include "lib/meter/mbus_records.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lib/meter/mbus.hpp"

namespace irmeter {
namespace {

using Form = MbusRecord::Form;
using Text = MbusRecord::Text;
using Coding = MbusData::Coding;

static_assert(std::ranges::all_of(mbus_quantities, [](const MbusQuantityInfo& each) {
  return &info(each.id) == &each;
}));

// What lasts is in one of these, by the last bits of the VIF.
constexpr std::array<std::string_view, 4> units_of_time{"s", "min", "h", "d"};
// Some values of the VIF in a row, each with ten times the unit of the one before; one that begins
// with seconds goes on with the other units of time.
struct VifRow {
  std::uint8_t first;
  std::uint8_t count;
  MbusQuantity what;
  std::int8_t exponent;  // of the first
  std::string_view unit{};
};
using Q = MbusQuantity;
constexpr std::array primary_vifs{
    VifRow{0x00, 8, Q::energy, -6, "kWh"},
    VifRow{0x08, 8, Q::energy, -6, "MJ"},
    VifRow{0x10, 8, Q::volume, -6, "m³"},
    VifRow{0x18, 8, Q::mass, -3, "kg"},
    VifRow{0x20, 4, Q::on_time, 0, "s"},
    VifRow{0x24, 4, Q::operating_time, 0, "s"},
    VifRow{0x28, 8, Q::power, -3, "W"},
    VifRow{0x30, 8, Q::power, -6, "MJ/h"},
    VifRow{0x38, 8, Q::volume_flow, -6, "m³/h"},
    VifRow{0x40, 8, Q::volume_flow, -7, "m³/min"},
    VifRow{0x48, 8, Q::volume_flow, -9, "m³/s"},
    VifRow{0x50, 8, Q::mass_flow, -3, "kg/h"},
    VifRow{0x58, 4, Q::flow_temperature, -3, "°C"},
    VifRow{0x5C, 4, Q::return_temperature, -3, "°C"},
    VifRow{0x60, 4, Q::temperature_difference, -3, "K"},
    VifRow{0x64, 4, Q::external_temperature, -3, "°C"},
    VifRow{0x68, 4, Q::pressure, -3, "bar"},
    VifRow{0x6C, 1, Q::date, 0},
    VifRow{0x6D, 1, Q::date_time, 0},
    VifRow{0x6E, 1, Q::heat_cost_units, 0},
    VifRow{0x70, 4, Q::averaging_duration, 0, "s"},
    VifRow{0x74, 4, Q::actuality_duration, 0, "s"},
    VifRow{0x78, 1, Q::fabrication_number, 0},
    VifRow{0x79, 1, Q::enhanced_identification, 0},
    VifRow{0x7A, 1, Q::bus_address, 0},
};
// Behind 0xFB: larger units. Behind 0xFD: whatever else there is.
constexpr std::array larger_vifs{
    VifRow{0x00, 2, Q::energy, 2, "kWh"}, VifRow{0x08, 2, Q::energy, 2, "MJ"},
    VifRow{0x10, 2, Q::volume, 2, "m³"},  VifRow{0x18, 2, Q::mass, 5, "kg"},
    VifRow{0x28, 2, Q::power, 5, "W"},    VifRow{0x30, 2, Q::power, 2, "MJ/h"},
};
constexpr std::array other_vifs{
    VifRow{0x10, 1, Q::customer_location, 0}, VifRow{0x11, 1, Q::customer, 0},
    VifRow{0x17, 1, Q::error_flags, 0},       VifRow{0x40, 16, Q::voltage, -9, "V"},
    VifRow{0x50, 16, Q::current, -12, "A"},
};

constexpr std::uint8_t extension = 0x80;
constexpr std::uint8_t without_extension = 0x7F;
constexpr std::size_t most_extensions = 10;  // of DIF and of VIF
constexpr int most_exponent = 18;

// A number that identifies something or is a row of bits, and so has no sign.
constexpr bool is_unsigned(MbusQuantity what) {
  return what == Q::fabrication_number || what == Q::enhanced_identification ||
         what == Q::bus_address || what == Q::error_flags;
}
constexpr bool may_be_text(MbusQuantity what) {
  return what == Q::fabrication_number || what == Q::enhanced_identification ||
         what == Q::customer || what == Q::customer_location || what == Q::named;
}

bool is_printable(ByteView text) {
  return std::ranges::all_of(text, [](std::uint8_t c) { return c >= ' ' && c <= '~'; });
}

// Takes bytes from the front of what is left of a telegram.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::optional<std::uint8_t> byte() {
    return at_ < bytes_.size() ? std::optional(bytes_[at_++]) : std::nullopt;
  }
  [[nodiscard]] std::optional<ByteView> bytes(std::size_t count) {
    if (count > bytes_.size() - at_) {
      return std::nullopt;
    }
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

// The DIF and those behind it. False where they do not end.
bool take_dif(std::uint8_t dif, Cursor& cursor, MbusRecord& record) {
  record.function = static_cast<MbusRecord::Function>(dif >> 4U & 0x03U);
  record.storage = dif >> 6U & 0x01U;
  std::uint8_t last = dif;
  for (unsigned i = 0; (last & extension) != 0; ++i) {
    const auto next = cursor.byte();
    if (!next || i == most_extensions) {
      return false;
    }
    last = *next;
    record.storage |= std::uint64_t{last & 0x0FU} << (1 + 4 * i);
    record.tariff |= (std::uint32_t{last} >> 4U & 0x03U) << 2 * i;
    record.subunit = static_cast<std::uint16_t>(record.subunit | (last >> 6U & 0x01U) << i);
  }
  return true;
}

struct Meaning {
  enum class Found : std::uint8_t { yes, no, of_maker } found = Found::no;
  int exponent = 0;
};

template <std::size_t size>
Meaning look_up(const std::array<VifRow, size>& rows, std::uint8_t vif, MbusRecord& record) {
  const unsigned code = vif & without_extension;
  for (const VifRow& row : rows) {
    if (code >= row.first && code < unsigned{row.first} + row.count) {
      const unsigned step = code - row.first;
      const bool lasts = row.unit == units_of_time[0];
      record.what = row.what;
      record.unit = lasts ? units_of_time[step] : row.unit;
      return {Meaning::Found::yes, row.exponent + static_cast<int>(lasts ? 0 : step)};
    }
  }
  return {};
}

// The VIF and those behind it. Nothing where they do not end, or where they leave open what comes
// next: of a text with more behind it the standard does not say which comes first.
std::optional<Meaning> take_vif(Cursor& cursor, MbusRecord& record) {
  constexpr std::uint8_t larger = 0xFB;
  constexpr std::uint8_t others = 0xFD;
  constexpr std::uint8_t text = 0x7C;
  constexpr std::uint8_t of_maker = 0x7F;
  const auto vif = cursor.byte();
  if (!vif || *vif == (text | extension)) {
    return std::nullopt;
  }
  Meaning meaning;
  std::uint8_t last = *vif;
  std::size_t extensions = 0;
  if (*vif == larger || *vif == others) {
    const auto code = cursor.byte();
    if (!code) {
      return std::nullopt;
    }
    last = *code;
    extensions = 1;
    meaning =
        *vif == larger ? look_up(larger_vifs, last, record) : look_up(other_vifs, last, record);
  } else if (*vif == text) {
    const auto length = cursor.byte();
    const auto name = length ? cursor.bytes(*length) : std::nullopt;
    if (!name) {
      return std::nullopt;
    }
    record.what = Q::named;
    record.name.reversed = *name;
    meaning.found = is_printable(*name) ? Meaning::Found::yes : Meaning::Found::no;
  } else {
    meaning = look_up(primary_vifs, last, record);
    if ((last & without_extension) == of_maker) {
      meaning.found = Meaning::Found::of_maker;
    }
  }
  // Of what may stand behind it only factors are known for certain.
  while ((last & extension) != 0) {
    const auto next = cursor.byte();
    if (!next || extensions++ == most_extensions) {
      return std::nullopt;
    }
    last = *next;
    const unsigned code = last & without_extension;
    if (code >= 0x70 && code < 0x78) {
      meaning.exponent += static_cast<int>(code) - 0x76;
    } else if (code == 0x7D) {
      meaning.exponent += 3;
    } else if (meaning.found == Meaning::Found::yes) {
      meaning.found = code == of_maker ? Meaning::Found::of_maker : Meaning::Found::no;
    }
  }
  return meaning;
}

// Whether the data may be what the VIF says at all.
bool fits(MbusQuantity what, const MbusData& data) {
  switch (what) {
    case Q::date:
      return data.coding == Coding::integer && data.size == 2;
    case Q::date_time:
      return data.coding == Coding::integer && data.size == 4;
    default:
      return data.coding != Coding::unknown && (data.coding != Coding::text || may_be_text(what));
  }
}

void take_value(const MbusData& data, ByteView bytes, int exponent, MbusRecord& record) {
  if (!fits(record.what, data)) {
    record.form = Form::not_understood;
    return;
  }
  record.form = Form::without_value;
  if (record.function == MbusRecord::Function::during_error) {
    return;
  }
  const auto set = [&record](const auto& value) {
    if (value) {
      record.value = *value;
      record.form = Form::decoded;
    }
  };
  if (record.what == Q::date) {
    set(mbus_date(bytes));
  } else if (record.what == Q::date_time) {
    set(mbus_date_time(bytes));
  } else if (data.coding == Coding::text) {
    set(!bytes.empty() && is_printable(bytes) ? std::optional(Text{bytes}) : std::nullopt);
  } else if (auto value = mbus_number(data, bytes, !is_unsigned(record.what))) {
    value->exponent += exponent;
    set(std::abs(value->exponent) <= most_exponent ? value : std::nullopt);
  }
}

}  // namespace

MbusContent mbus_content(ByteView entry) {
  using State = MbusContent::State;
  const auto head = decode_et16_entry(entry);
  if (!head) {
    return {};
  }
  constexpr std::size_t header = et16_head_size;
  const std::size_t end = std::min(entry.size(), mbus_telegram + head->length);
  if (head->fixed || head->msb_first) {
    const std::size_t begin = head->fixed ? mbus_telegram : header;
    return {State::foreign, entry.subspan(begin, end - begin)};
  }
  const ByteView bytes = entry.subspan(header, end - header);
  constexpr std::uint8_t decrypted = 0x04;  // of the byte that the meter adds
  constexpr std::uint8_t failed = 0x20;
  const std::uint8_t response = entry[long_time_size];
  if ((response & failed) != 0) {
    return {State::refused, bytes};
  }
  // What was decrypted begins with two bytes that show whether that went well.
  constexpr std::uint8_t filler = 0x2F;
  const bool has_mode = (entry[header - 1] & 0x1FU) != 0;
  const bool is_plain =
      (response & decrypted) != 0 && bytes.size() >= 2 && bytes[0] == filler && bytes[1] == filler;
  return {has_mode && !is_plain ? State::encrypted : State::records, bytes};
}

std::optional<MbusRecord> MbusRecords::next() {
  constexpr std::uint8_t filler = 0x2F;
  constexpr std::uint8_t of_maker = 0x0F;
  constexpr std::uint8_t of_maker_and_more = 0x1F;
  while (!left_.empty() && left_[0] == filler) {
    left_ = left_.subspan(1);
  }
  if (left_.empty() || (left_.size() == 1 && left_[0] == 0)) {
    left_ = {};
    return std::nullopt;
  }
  const ByteView all = std::exchange(left_, {});
  const auto rest = [&all](Form form) {
    MbusRecord record;
    record.form = form;
    record.bytes = all;
    return record;
  };
  Cursor cursor(all);
  const std::uint8_t dif = *cursor.byte();
  if (dif == of_maker || dif == of_maker_and_more) {
    return rest(Form::of_maker);
  }
  MbusRecord record;
  auto data = mbus_data_of(dif);
  if (!data || !take_dif(dif, cursor, record)) {
    return rest(Form::torn);
  }
  const auto meaning = take_vif(cursor, record);
  if (!meaning) {
    return rest(Form::torn);
  }
  if (has_variable_length(dif)) {
    const auto length = cursor.byte();
    data = length ? mbus_data_of_length(*length) : std::nullopt;
  }
  const auto bytes = data ? cursor.bytes(data->size) : std::nullopt;
  if (!bytes) {
    return rest(Form::torn);
  }
  record.bytes = all.first(cursor.at());
  left_ = all.subspan(cursor.at());
  if (meaning->found == Meaning::Found::yes) {
    take_value(*data, *bytes, meaning->exponent, record);
  } else {
    record.form =
        meaning->found == Meaning::Found::of_maker ? Form::of_maker : Form::not_understood;
  }
  return record;
}

std::vector<MbusValue> mbus_values(ByteView entry, std::optional<MeterTime> now) {
  std::vector<MbusValue> values;
  const MbusContent content = mbus_content(entry);
  if (content.state != MbusContent::State::records) {
    return values;
  }
  const auto read_at = decode_time(entry.first(long_time_size));
  const bool is_new = now && read_at && std::chrono::abs(*now - *read_at) <= mbus_momentary_limit;
  const auto is_told = [&](const MbusRecord& record) {
    const MbusClass kind = info(record.what).kind;
    return record.is_present() &&
           (kind == MbusClass::counter || (kind == MbusClass::momentary && is_new)) &&
           std::ranges::find(values, record.what, &MbusValue::what) == values.end();
  };
  MbusRecords records(content.bytes);
  while (const auto record = records.next()) {
    const auto* const number = std::get_if<MbusNumber>(&record->value);
    if (number != nullptr && is_told(*record)) {
      values.push_back({record->what, *number, record->unit});
    }
  }
  return values;
}

}  // namespace irmeter
