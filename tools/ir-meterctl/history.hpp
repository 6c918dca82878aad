// What a meter has kept of the past: the intervals of its load profile, and self-reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

// "2026-11-20", "2026-11-20T17:30" or the same with a blank: local time; nothing where it is none.
[[nodiscard]] std::optional<Moment> parse_moment(std::string_view text);

// A header and a line for each, times in UTC; columns of what any of them has.
[[nodiscard]] std::string to_csv(const std::vector<HistoryEntry>& entries);
// Line protocol of InfluxDB, a line for each.
[[nodiscard]] std::string to_influx(const std::vector<HistoryEntry>& entries,
                                    const MeterInfo& meter);
[[nodiscard]] Document document_of(const std::vector<HistoryEntry>& entries,
                                   const MeterInfo& meter);

// The days, in 80 columns: import up and export down, with totals. With more days than fit, the
// latest.
[[nodiscard]] std::string history_chart(const std::vector<HistoryEntry>& entries, bool utf8);

}  // namespace irmeterctl
