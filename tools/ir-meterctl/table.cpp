// A table of the meter, field by field where its layout is known, else as bytes.
#include <sysexits.h>

#include <cstdlib>
#include <string>

#include "common/config/checks.hpp"
#include "lib/hex.hpp"
#include "lib/meter/fields.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/tables.hpp"

namespace irmeterctl {
namespace {

using irmeter::Bytes;
using irmeter::ByteView;

// Where the values lie in BT23 and BT28.
std::optional<irmeter::Dimensions> read_dimensions(const TableReader& read,
                                                   irmeter::TableId values) {
  for (const irmeter::TableId table : {irmeter::bt21, irmeter::bt20}) {
    const TableResult result = read({table, 0, irmeter::dimensions_size});
    if (const auto* bytes = std::get_if<Bytes>(&result)) {
      if (const auto dimensions = irmeter::decode_dimensions(*bytes)) {
        irmeter::Dimensions known = *dimensions;
        read_sources(read, values, known);
        return known;
      }
    }
  }
  return std::nullopt;
}

// How long the entries of ET16 are.
std::optional<irmeter::MbusDimensions> read_mbus_dimensions(const TableReader& read) {
  const TableResult result = read({irmeter::et11, 0, irmeter::et11_known_size});
  if (const auto* bytes = std::get_if<Bytes>(&result)) {
    if (const auto dimensions = irmeter::decode_et11(*bytes)) {
      return *dimensions;
    }
  }
  return std::nullopt;
}

void write_hex(ByteView bytes, std::uint32_t offset, Output& output) {
  constexpr std::size_t row = 16;
  for (std::size_t at = 0; at < bytes.size(); at += row) {
    const std::size_t place = offset + at;
    std::string line = irmeter::hex(static_cast<std::uint8_t>(place >> 16U & 0xFFU)) +
                       irmeter::hex(static_cast<std::uint8_t>(place >> 8U & 0xFFU)) +
                       irmeter::hex(static_cast<std::uint8_t>(place & 0xFFU)) + " ";
    for (const std::uint8_t byte : bytes.subspan(at, std::min(row, bytes.size() - at))) {
      line += " " + irmeter::hex(byte);
    }
    output.line(line);
  }
}

void write_fields(const std::vector<irmeter::FieldValue>& fields, Output& output) {
  for (const irmeter::FieldValue& field : fields) {
    output.line(field.name + ": " + field.text + (field.unit.empty() ? "" : " " + field.unit));
  }
}

Document document_of(irmeter::TableId table, std::uint32_t offset, ByteView bytes,
                     const std::vector<irmeter::FieldValue>& fields) {
  Document document;
  document.facts = {{"", "table", irmeter::table_name(table)},
                    {"", "offset", Number{offset, 0, {}}},
                    {"", "bytes", irmeter::hex(bytes)}};
  document.list_key = "fields";
  for (const irmeter::FieldValue& field : fields) {
    const Value value =
        field.number ? Value(Number{*field.number, field.decimals, {}}) : Value(field.text);
    document.groups.push_back({{"", "name", field.name}, {"", "value", value}});
    if (!field.unit.empty()) {
      document.groups.back().push_back({"", "unit", field.unit});
    }
  }
  return document;
}

int show(irmeter::TableId table, const CommandLine& options, const TableReader& read,
         Output& output) {
  const bool by_dimensions = table == irmeter::bt23 || table == irmeter::bt28;
  const auto dimensions = by_dimensions ? read_dimensions(read, table) : std::nullopt;
  const auto mbus = table == irmeter::et16 ? read_mbus_dimensions(read) : std::nullopt;
  const auto all_that_is_known = [&] {
    return table == irmeter::et81 ? read_log_size(read, table)
                                  : irmeter::known_size(table, dimensions, mbus);
  };
  const std::uint32_t count = options.count.value_or(options.offset == 0 ? all_that_is_known() : 0);
  const TableResult result = read({table, options.offset, static_cast<std::uint16_t>(count)});
  if (const auto* why = std::get_if<std::string>(&result)) {
    print_error(*why);
    if (count == 0 && why->find("onp (") != std::string::npos) {
      print_error("it may be longer than one answer: name a part with --offset and --count");
    }
    return EXIT_FAILURE;
  }
  const Bytes& bytes = std::get<Bytes>(result);
  const auto fields = options.offset == 0 ? irmeter::decode_fields(table, bytes, dimensions, mbus)
                                          : std::vector<irmeter::FieldValue>{};
  if (output.json()) {
    output.write(document_of(table, options.offset, bytes, fields));
  } else if (options.form == TableForm::raw) {
    output.bytes({bytes.begin(), bytes.end()});
  } else if (options.form == TableForm::hex || fields.empty()) {
    write_hex(bytes, options.offset, output);
  } else {
    write_fields(fields, output);
  }
  return EX_OK;
}

}  // namespace

int table(const CommandLine& options, Output& output) {
  const auto id = parse_table(options.operand);
  if (!id) {
    print_error(irmeterd::in_quotes(options.operand) + " is not a table such as BT23, ET03 or 23");
    return EX_USAGE;
  }
  return with_tables(options,
                     [&](const TableReader& read) { return show(*id, options, read, output); });
}

}  // namespace irmeterctl
