// All tables of the meter that it gives, as files: what a stranger can send, and ir-meter-sim
// serves.
#include <sysexits.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "common/config/checks.hpp"
#include "common/files.hpp"
#include "common/json.hpp"
#include "common/version.hpp"
#include "lib/meter/events.hpp"
#include "lib/meter/load_profile.hpp"
#include "lib/meter/tables.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/tables.hpp"

namespace irmeterctl {
namespace {

using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::TableId;

struct Dumped {
  TableId table;
  TableResult result;
};

constexpr TableId bt05 = 5;
constexpr TableId bt06 = 6;
constexpr TableId et51 = irmeter::extended_table(51);
constexpr TableId et21 = irmeter::extended_table(21);

// Those that BT00 says are in use.
std::vector<TableId> used_tables(ByteView bt00) {
  std::vector<TableId> used;
  std::size_t at = irmeter::bt00_size;
  for (const auto& [length, first] :
       {std::pair(bt00[13], TableId{0}), std::pair(bt00[14], irmeter::extended_table(0))}) {
    for (std::size_t bit = 0; bit < std::size_t{8} * length && at + bit / 8 < bt00.size(); ++bit) {
      if ((bt00[at + bit / 8] & 1U << bit % 8) != 0) {
        used.push_back(static_cast<TableId>(first + bit));
      }
    }
    at += length;
  }
  return used;
}

// How long BT23 is, with its tiers. Source: the OSGP Alliance's guide to the optical port.
std::size_t size_of_bt23(ByteView bt21) {
  const std::size_t occurrences = bt21[6];
  const std::size_t record = ((bt21[0] & 0x02U) != 0 ? 5 * occurrences : 0) +
                             ((bt21[0] & 0x10U) != 0 ? 4U : 0U) +
                             ((bt21[0] & 0x20U) != 0 ? 4U : 0U) + 4 * occurrences;
  const std::size_t block = std::size_t{4} * bt21[3] + bt21[4] * record + 4 * occurrences * bt21[5];
  return ((bt21[0] & 0x04U) != 0 ? 1U : 0U) + block * (1U + bt21[7]);
}

class Dump {
 public:
  explicit Dump(const TableReader& read) : read_(read) {}

  // What there is of it already, or an empty view.
  [[nodiscard]] ByteView bytes_of(TableId table) const {
    const auto found = std::ranges::find(tables_, table, &Dumped::table);
    const auto* const bytes = found == tables_.end() ? nullptr : std::get_if<Bytes>(&found->result);
    return bytes == nullptr ? ByteView() : ByteView(bytes->data(), bytes->size());
  }

  // The whole table; where that is longer than one answer, as long as its dimensions say.
  void read(TableId table) {
    TableResult result = read_({table, 0, 0});
    const std::size_t size = std::holds_alternative<Bytes>(result) ? 0 : size_of(table);
    if (size > 0) {
      result = read_parts(table, size);
    }
    tables_.push_back({table, std::move(result)});
  }
  [[nodiscard]] std::vector<Dumped>& tables() { return tables_; }

 private:
  TableResult read_parts(TableId table, std::size_t size) {
    constexpr std::size_t part = 0xF000;
    Bytes all;
    while (all.size() < size) {
      const auto count = static_cast<std::uint16_t>(std::min(part, size - all.size()));
      TableResult result = read_({table, static_cast<std::uint32_t>(all.size()), count});
      const auto* const bytes = std::get_if<Bytes>(&result);
      if (bytes == nullptr) {
        return result;
      }
      all.insert(all.end(), bytes->begin(), bytes->end());
    }
    return all;
  }

  [[nodiscard]] std::size_t size_of(TableId table) const {
    const ByteView bt21 =
        bytes_of(irmeter::bt21).empty() ? bytes_of(irmeter::bt20) : bytes_of(irmeter::bt21);
    if (table == irmeter::bt23 && bt21.size() >= irmeter::dimensions_size) {
      return size_of_bt23(bt21);
    }
    if (table == irmeter::bt28 && bt21.size() >= irmeter::dimensions_size) {
      const auto dimensions = irmeter::decode_dimensions(bt21.first(irmeter::dimensions_size));
      return dimensions ? dimensions->present_values_offset +
                              dimensions->present_values * irmeter::int32_size
                        : 0;
    }
    if (table == irmeter::bt64) {
      const auto dimensions = irmeter::decode_bt61(bytes_of(irmeter::bt61));
      return dimensions ? dimensions->blocks * dimensions->block_size() : 0;
    }
    if (table == irmeter::bt74) {
      const auto dimensions = irmeter::decode_bt71(bytes_of(irmeter::bt71));
      return dimensions ? dimensions->offset(dimensions->entries) : 0;
    }
    if (table == irmeter::et79 || table == irmeter::et81) {
      return read_log_size(read_, table);
    }
    return table == irmeter::et03 ? irmeter::et03_size : 0;
  }

  const TableReader& read_;
  std::vector<Dumped> tables_;
};

// Zeros in place of these bytes, wherever they stand.
void blank(Bytes& bytes, ByteView secret, std::uint8_t blank_with) {
  if (secret.size() < 4) {
    return;  // it would be found everywhere
  }
  auto* from = bytes.begin();
  for (;;) {
    from = std::search(from, bytes.end(), secret.begin(), secret.end());
    if (from == bytes.end()) {
      return;
    }
    from = std::fill_n(from, secret.size(), blank_with);
  }
}

// Serial numbers out of everything, as digits and as text; ids of customers altogether.
void make_anonymous(Dump& dump) {
  const ByteView bt01 = dump.bytes_of(irmeter::bt01);
  const ByteView et03 = dump.bytes_of(irmeter::et03);
  Bytes serial;
  std::string digits;
  if (bt01.size() >= irmeter::bt01_size) {
    const ByteView packed = bt01.subspan(16, 8);
    serial = Bytes(packed.begin(), packed.end());
    digits = irmeter::decode_bt01(bt01)->serial_number;
  }
  const std::string printed = irmeter::decode_et03(et03);
  const auto view = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  std::erase_if(dump.tables(),
                [](const Dumped& each) { return each.table == bt05 || each.table == bt06; });
  const std::string short_digits =
      digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
  for (Dumped& each : dump.tables()) {
    if (auto* const bytes = std::get_if<Bytes>(&each.result)) {
      blank(*bytes, ByteView(serial.data(), serial.size()), 0);
      for (const std::string& text : {digits, short_digits, printed}) {
        const Bytes wanted = view(text);
        blank(*bytes, ByteView(wanted.data(), wanted.size()), '0');
      }
    }
  }
}

std::string manifest(const std::vector<Dumped>& tables, bool anonymous) {
  irmeterd::JsonWriter json;
  json.begin_object();
  json.key("program").text(std::string("ir-meterctl ") + irmeterd::version_text);
  json.key("anonymous").boolean(anonymous);
  json.key("tables").begin_array();
  for (const Dumped& each : tables) {
    json.begin_object().key("table").text(irmeter::table_name(each.table));
    if (const auto* bytes = std::get_if<Bytes>(&each.result)) {
      json.key("size").integer(static_cast<std::int64_t>(bytes->size()));
    } else {
      json.key("problem").text(std::get<std::string>(each.result));
    }
    json.end_object();
  }
  return json.end_array().end_object().take() + "\n";
}

int write_dump(const CommandLine& options, const TableReader& read, Output& output) {
  Dump dump(read);
  dump.read(irmeter::bt00);
  const ByteView bt00 = dump.bytes_of(irmeter::bt00);
  if (bt00.size() < irmeter::bt00_size) {
    const auto* const why = std::get_if<std::string>(&dump.tables().front().result);
    print_error(why != nullptr ? *why : "BT00 is too short");
    return EXIT_FAILURE;
  }
  const std::vector<TableId> used = used_tables(bt00);
  for (const TableId table : used) {
    // A read-only key does not see these two.
    if (table != irmeter::bt00 && table != et21 && table != et51) {
      dump.read(table);
    }
  }
  if (options.anonymous) {
    make_anonymous(dump);
  }
  const std::filesystem::path folder(options.operand);
  std::size_t written = 0;
  for (const Dumped& each : dump.tables()) {
    if (const auto* bytes = std::get_if<Bytes>(&each.result)) {
      irmeterd::replace_file((folder / (irmeter::table_name(each.table) + ".bin")).string(),
                             {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
      ++written;
    }
  }
  irmeterd::replace_file((folder / "manifest.json").string(),
                         manifest(dump.tables(), options.anonymous));
  output.write({{{"Folder", "folder", options.operand},
                 {"Tables", "tables", Number{static_cast<std::int64_t>(written), 0, {}}},
                 {"Not given", "not_given",
                  Number{static_cast<std::int64_t>(dump.tables().size() - written), 0, {}}}}});
  return EX_OK;
}

}  // namespace

int dump(const CommandLine& options, Output& output) {
  // Before the minutes that all tables of a meter take.
  std::error_code error;
  std::filesystem::create_directories(options.operand, error);
  if (error) {
    print_error("there can be no folder " + irmeterd::in_quotes(options.operand) + " (" +
                error.message() + "): name another one");
    return EX_CANTCREAT;
  }
  return with_tables(options,
                     [&](const TableReader& read) { return write_dump(options, read, output); });
}

}  // namespace irmeterctl
