#include "lib/meter/mbus_records.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "lib/meter/little_endian.hpp"
#include "lib/meter/mbus.hpp"

namespace irmeter {
namespace {

using Form = MbusRecord::Form;
using Text = MbusRecord::Text;

static_assert(std::ranges::all_of(mbus_quantities, [](const MbusQuantityInfo& each) {
  return &info(each.id) == &each;
}));

// Some values of the VIF in a row, each with ten times the unit of the one before.
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
    VifRow{0x20, 1, Q::on_time, 0, "s"},
    VifRow{0x21, 1, Q::on_time, 0, "min"},
    VifRow{0x22, 1, Q::on_time, 0, "h"},
    VifRow{0x23, 1, Q::on_time, 0, "d"},
    VifRow{0x24, 1, Q::operating_time, 0, "s"},
    VifRow{0x25, 1, Q::operating_time, 0, "min"},
    VifRow{0x26, 1, Q::operating_time, 0, "h"},
    VifRow{0x27, 1, Q::operating_time, 0, "d"},
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
    VifRow{0x70, 1, Q::averaging_duration, 0, "s"},
    VifRow{0x71, 1, Q::averaging_duration, 0, "min"},
    VifRow{0x72, 1, Q::averaging_duration, 0, "h"},
    VifRow{0x73, 1, Q::averaging_duration, 0, "d"},
    VifRow{0x74, 1, Q::actuality_duration, 0, "s"},
    VifRow{0x75, 1, Q::actuality_duration, 0, "min"},
    VifRow{0x76, 1, Q::actuality_duration, 0, "h"},
    VifRow{0x77, 1, Q::actuality_duration, 0, "d"},
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

// How the bytes of the value are to be read.
enum class Coding : std::uint8_t { none, integer, real, bcd, negative_bcd, text, unknown };
struct Data {
  Coding coding = Coding::none;
  std::size_t size = 0;
};

// By the DIF alone; of variable length by the byte in front of them, which is no part of the size.
// Nothing where there is no telling how many bytes there are.
std::optional<Data> data_of(std::uint8_t dif) {
  constexpr std::array<Data, 15> codings{{{Coding::none, 0},
                                          {Coding::integer, 1},
                                          {Coding::integer, 2},
                                          {Coding::integer, 3},
                                          {Coding::integer, 4},
                                          {Coding::real, 4},
                                          {Coding::integer, 6},
                                          {Coding::integer, 8},
                                          {Coding::none, 0},  // a selection: no answer has it
                                          {Coding::bcd, 1},
                                          {Coding::bcd, 2},
                                          {Coding::bcd, 3},
                                          {Coding::bcd, 4},
                                          {Coding::none, 0},  // of variable length
                                          {Coding::bcd, 6}}};
  const std::size_t low = dif & 0x0FU;
  return low < codings.size() ? std::optional(codings[low]) : std::nullopt;
}
constexpr bool has_variable_length(std::uint8_t dif) {
  return (dif & 0x0FU) == 0x0D;
}
std::optional<Data> data_of_length(std::uint8_t length) {
  const std::size_t low = length & 0x0FU;
  if (length < 0xC0) {
    return Data{Coding::text, length};
  }
  if (length < 0xE0) {
    constexpr std::size_t most_bcd = 9;
    return low <= most_bcd
               ? std::optional(Data{length < 0xD0 ? Coding::bcd : Coding::negative_bcd, low})
               : std::nullopt;
  }
  return length < 0xF0 ? std::optional(Data{Coding::unknown, low}) : std::nullopt;
}

// The lowest byte is the first one. What stands for "no value" is none.
std::optional<std::int64_t> integer(ByteView bytes, bool has_sign) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8U | bytes[i];
  }
  const auto bits = static_cast<unsigned>(8 * bytes.size());
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  if (!has_sign) {
    return value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
               ? std::optional(static_cast<std::int64_t>(value))
               : std::nullopt;
  }
  if (value == sign) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>((value ^ sign) - sign);
}

std::optional<std::int64_t> decimal_digits(ByteView bytes) {
  std::int64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const unsigned high = bytes[i] >> 4U;
    const unsigned low = bytes[i] & 0x0FU;
    if (high > 9 || low > 9) {
      return std::nullopt;
    }
    value = value * 100 + static_cast<std::int64_t>(high * 10 + low);
  }
  return value;
}

// The fewest digits that are this number again, for a float has no more of them.
std::optional<MbusNumber> real(ByteView bytes) {
  const auto value = std::bit_cast<float>(little_endian<std::uint32_t>(bytes, 0));
  if (value == 0) {
    return MbusNumber{};
  }
  if (!std::isnormal(value)) {
    return std::nullopt;
  }
  const double exact = value;
  const int magnitude = static_cast<int>(std::floor(std::log10(std::fabs(exact))));
  constexpr int enough = 9;
  for (int digits = 1; digits <= enough; ++digits) {
    const int exponent = magnitude - digits + 1;
    const double power = std::pow(10.0, std::abs(exponent));
    const double scaled = std::round(exponent < 0 ? exact * power : exact / power);
    const double back = exponent < 0 ? scaled / power : scaled * power;
    if (static_cast<float>(back) == value) {
      return MbusNumber{static_cast<std::int64_t>(scaled), exponent};
    }
  }
  return std::nullopt;
}

std::optional<MeterTime> moment(int year, unsigned month, unsigned day, unsigned hour,
                                unsigned minute) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

// Day, month and year in two bytes, the parts of the year at two places.
constexpr int year_of(unsigned date) {
  return static_cast<int>((date >> 5U & 0x07U) | (date >> 9U & 0x78U));
}
std::optional<MeterTime> date_of(unsigned date, int century, unsigned hour, unsigned minute) {
  const int year = year_of(date);
  return year > 99 ? std::nullopt
                   : moment(century + year, date >> 8U & 0x0FU, date & 0x1FU, hour, minute);
}
// A year alone is of this century up to 2080.
constexpr int century_of(int year) {
  return year <= 80 ? 2000 : 1900;
}
std::optional<MeterTime> date(ByteView bytes) {
  const unsigned date = little_endian<std::uint16_t>(bytes, 0);
  return date_of(date, century_of(year_of(date)), 0, 0);
}
std::optional<MeterTime> date_time(ByteView bytes) {
  constexpr unsigned invalid = 0x80;
  const unsigned minute = bytes[0];
  const unsigned hour = bytes[1];
  const unsigned date = little_endian<std::uint16_t>(bytes, 2);
  if ((minute & invalid) != 0) {
    return std::nullopt;
  }
  const unsigned hundreds = hour >> 5U & 0x03U;
  const int century =
      hundreds == 0 ? century_of(year_of(date)) : 1900 + 100 * static_cast<int>(hundreds);
  return date_of(date, century, hour & 0x1FU, minute & 0x3FU);
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
      record.what = row.what;
      record.unit = row.unit;
      return {Meaning::Found::yes, row.exponent + static_cast<int>(code - row.first)};
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

std::optional<MbusNumber> number(const Data& data, ByteView bytes, const MbusRecord& record,
                                 int exponent) {
  const auto of = [&](std::optional<std::int64_t> digits) {
    return digits ? std::optional(MbusNumber{*digits, exponent}) : std::nullopt;
  };
  switch (data.coding) {
    case Coding::integer:
      return of(integer(bytes, !is_unsigned(record.what)));
    case Coding::bcd:
      return bytes.empty() ? std::nullopt : of(decimal_digits(bytes));
    case Coding::negative_bcd: {
      const auto digits = decimal_digits(bytes);
      return bytes.empty() || !digits ? std::nullopt : of(-*digits);
    }
    case Coding::real: {
      auto value = real(bytes);
      if (value) {
        value->exponent += exponent;
      }
      return value;
    }
    default:
      return std::nullopt;
  }
}

// Whether the data may be what the VIF says at all.
bool fits(MbusQuantity what, const Data& data) {
  switch (what) {
    case Q::date:
      return data.coding == Coding::integer && data.size == 2;
    case Q::date_time:
      return data.coding == Coding::integer && data.size == 4;
    default:
      return data.coding != Coding::unknown && (data.coding != Coding::text || may_be_text(what));
  }
}

void take_value(const Data& data, ByteView bytes, int exponent, MbusRecord& record) {
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
    set(date(bytes));
  } else if (record.what == Q::date_time) {
    set(date_time(bytes));
  } else if (data.coding == Coding::text) {
    set(!bytes.empty() && is_printable(bytes) ? std::optional(Text{bytes}) : std::nullopt);
  } else if (const auto value = number(data, bytes, record, exponent)) {
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

double to_double(const MbusNumber& number) {
  const auto digits = static_cast<double>(number.digits);
  const double power = std::pow(10.0, std::abs(number.exponent));
  return number.exponent < 0 ? digits / power : digits * power;
}

std::string to_text(const MbusNumber& number) {
  const bool negative = number.digits < 0;
  std::string text = std::to_string(number.digits).substr(negative ? 1 : 0);
  if (number.exponent > 0 && number.digits != 0) {
    text.append(static_cast<std::size_t>(number.exponent), '0');
  } else if (number.exponent < 0) {
    const auto decimals = static_cast<std::size_t>(-number.exponent);
    if (text.size() <= decimals) {
      text.insert(0, decimals + 1 - text.size(), '0');
    }
    text.insert(text.size() - decimals, ".");
  }
  return negative ? "-" + text : text;
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
  auto data = data_of(dif);
  if (!data || !take_dif(dif, cursor, record)) {
    return rest(Form::torn);
  }
  const auto meaning = take_vif(cursor, record);
  if (!meaning) {
    return rest(Form::torn);
  }
  if (has_variable_length(dif)) {
    const auto length = cursor.byte();
    data = length ? data_of_length(*length) : std::nullopt;
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
