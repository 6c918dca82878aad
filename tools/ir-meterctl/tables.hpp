// Tables of a meter as they are, read by the daemon where it runs, else straight at the probe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config/config.hpp"
#include "lib/bytes.hpp"
#include "lib/fault.hpp"
#include "lib/meter/tables.hpp"
#include "lib/session/key.hpp"
#include "lib/session/service.hpp"
#include "tools/ir-meterctl/command_line.hpp"

namespace irmeterctl {

// What came of a read, or in words why there is nothing.
using TableResult = std::variant<irmeter::Bytes, std::string>;
using TableReader = std::function<TableResult(const irmeter::TableRead& what)>;

// "BT23", "ET03" or a number, in capitals or not; nothing where it is no table.
[[nodiscard]] std::optional<irmeter::TableId> parse_table(std::string_view text);

// Which values BT23 or BT28 has at which place, of a meter that says so.
void read_sources(const TableReader& read, irmeter::TableId values,
                  irmeter::Dimensions& dimensions);

// How many bytes of ET79 or ET81 hold its records, by its own head: the newest one lies behind all
// others until the log is full. 0 where it does not tell.
[[nodiscard]] std::uint32_t read_log_size(const TableReader& read, irmeter::TableId log);

// What the meter counts its registers of energy in, where it says so.
void read_register_unit(const TableReader& read, irmeter::Dimensions& dimensions);

// The name of the only meter, or of the one that is wanted; empty after a message.
[[nodiscard]] std::string meter_to_read(const std::vector<std::string>& names,
                                        const std::string& wanted);

// Finds the meter that the options name, or the only one, and calls `use` with a way to read it.
// Returns what that returns, or the exit status when it was not called, after a message.
[[nodiscard]] int with_tables(const CommandLine& options,
                              const std::function<int(const TableReader& read)>& use);

// The same of a meter without the daemon, in one session. Without a key only the tables that are
// open to all can be read. Ends logged off from the
// meter, after SIGINT and SIGTERM as well. Throws std::exception when the system gives no event
// loop.
[[nodiscard]] int with_probe(const irmeterd::MeterConfig& meter,
                             const std::optional<irmeter::Key>& key,
                             const std::string& state_directory,
                             const std::function<int(const TableReader& read)>& use);

}  // namespace irmeterctl
