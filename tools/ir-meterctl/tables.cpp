#include "tools/ir-meterctl/tables.hpp"

#include <sysexits.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "common/config/checks.hpp"
#include "lib/meter/events.hpp"
#include "lib/meter/register_unit.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/output.hpp"
#include "tools/ir-meterctl/stored_secret.hpp"

namespace irmeterctl {
namespace {

using irmeterd::MeterConfig;

int with_daemon(const DaemonClient& client, const Meters& meters, const std::string& wanted,
                const std::function<int(const TableReader&)>& use) {
  std::vector<std::string> names;
  for (const auto& [path, meter] : meters) {
    names.push_back(meter.name);
  }
  const std::string name = meter_to_read(names, wanted);
  if (name.empty()) {
    return EX_USAGE;
  }
  return use([&](const irmeter::TableRead& what) -> TableResult {
    try {
      return client.read_table(name, what);
    } catch (const Failure& failure) {
      return std::string(failure.what());
    }
  });
}

int without_daemon(const CommandLine& options, const std::function<int(const TableReader&)>& use) {
  const auto config = load_configuration(options);
  if (!config) {
    return EX_CONFIG;
  }
  std::vector<std::string> names;
  for (const MeterConfig& meter : config->meters) {
    names.push_back(meter.name);
  }
  const std::string name = meter_to_read(names, options.meter);
  if (name.empty()) {
    return EX_USAGE;
  }
  const MeterConfig& meter = *std::ranges::find(config->meters, name, &MeterConfig::name);
  const std::string directory = options.root + "/var/lib/ir-meterd";
  StoredKey stored = options.no_key ? StoredKey{} : find_key(meter, options.root);
  if (stored.key) {
    stored.problem = why_no_record(directory, options.root.empty());
  }
  if (!options.no_key && !stored.key && !stored.problem) {
    print_error(
        "no key is stored: only the tables that are open to all can be read; "
        "'sudo ir-meterctl set-key' stores it");
  }
  if (stored.problem) {
    print_error(stored.problem->what + ": only the tables that are open to all can be read");
    stored.key.reset();
  }
  return with_probe(meter, stored.key, directory, use);
}

// None where there is nothing to read, or it is refused.
irmeter::Bytes bytes_of(const TableReader& read, const std::optional<irmeter::TableRead>& what) {
  const TableResult result = what ? read(*what) : TableResult{};
  const auto* const bytes = std::get_if<irmeter::Bytes>(&result);
  return bytes != nullptr ? *bytes : irmeter::Bytes{};
}

}  // namespace

std::string meter_to_read(const std::vector<std::string>& names, const std::string& wanted) {
  if (wanted.empty() && names.size() == 1) {
    return names.front();
  }
  if (std::ranges::find(names, wanted) != names.end()) {
    return wanted;
  }
  print_error(wanted.empty() ? "there are several meters: say which with --meter"
                             : "there is no meter " + irmeterd::in_quotes(wanted));
  return {};
}

void read_sources(const TableReader& read, irmeter::TableId values,
                  irmeter::Dimensions& dimensions) {
  if (const auto part = irmeter::sources_of(values, dimensions)) {
    const TableResult result = read(*part);
    if (const auto* const bytes = std::get_if<irmeter::Bytes>(&result)) {
      (void)irmeter::take_sources(*bytes, values, dimensions);  // where it is none, by place
    }
  }
}

std::uint32_t read_log_size(const TableReader& read, irmeter::TableId log) {
  irmeter::LogDimensions dimensions{.table = log};
  if (!dimensions.of_outages()) {
    const auto usual =
        irmeter::decode_bt71(bytes_of(read, {{irmeter::bt71, 0, irmeter::bt71_size}}));
    if (!usual) {
      return 0;
    }
    dimensions.argument_size = usual->argument_size;
  }
  dimensions.entries = UINT16_MAX;
  const auto head =
      irmeter::decode_log_head(bytes_of(read, {{log, 0, dimensions.head_size()}}), dimensions);
  return head ? static_cast<std::uint32_t>(dimensions.offset(
                    static_cast<std::uint16_t>(std::max(+head->valid, head->last + 1))))
              : 0;
}

void read_register_unit(const TableReader& read, irmeter::Dimensions& dimensions) {
  const auto firmware =
      irmeter::decode_firmware(bytes_of(read, {{irmeter::bt01, 0, irmeter::bt01_size}}));
  if (!firmware) {
    return;
  }
  const irmeter::Bytes most_tariffs = bytes_of(read, irmeter::most_tariffs_of(*firmware));
  if (!most_tariffs.empty()) {
    dimensions.register_unit =
        irmeter::decode_register_unit(
            bytes_of(read, irmeter::register_unit_of(*firmware, most_tariffs[0])))
            .value_or(0);
  }
}

std::optional<irmeter::TableId> parse_table(std::string_view text) {
  irmeter::TableId first = 0;
  std::uint32_t most = UINT16_MAX;
  if (text.size() > 2 && (text[1] == 't' || text[1] == 'T')) {
    const bool extended = text[0] == 'e' || text[0] == 'E';
    if (!extended && text[0] != 'b' && text[0] != 'B') {
      return std::nullopt;
    }
    first = extended ? irmeter::extended_table(0) : irmeter::TableId{0};
    most = irmeter::extended_table(0) - 1U;
    text.remove_prefix(2);
  }
  irmeter::TableId number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > most) {
    return std::nullopt;
  }
  return static_cast<irmeter::TableId>(first + number);
}

int with_tables(const CommandLine& options, const std::function<int(const TableReader&)>& use) {
  const irmeterd::Bus bus = chosen_bus(options);
  if (bus == irmeterd::Bus::none) {
    return without_daemon(options, use);
  }
  std::optional<DaemonClient> client;
  Meters meters;
  try {
    client.emplace(bus);
    meters = client->look().meters;
  } catch (const Failure& failure) {
    if (failure.kind != Failure::Kind::not_running && failure.kind != Failure::Kind::no_bus) {
      throw;
    }
    return without_daemon(options, use);
  }
  return with_daemon(*client, meters, options.meter, use);
}

}  // namespace irmeterctl
