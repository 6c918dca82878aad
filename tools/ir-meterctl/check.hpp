// What a check is made of: its layers and lines, the polls they are told from, and the report.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config.hpp"
#include "lib/fault.hpp"
#include "lib/meter/quantity.hpp"
#include "lib/meter/reading.hpp"
#include "lib/session/key.hpp"
#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

// From the outside to the inside; each needs those before it.
enum class Layer {
  configuration,
  service,
  device,
  permission,
  line,
  echo,
  identification,
  tables,  // those that need no key: BT00, BT01, ET03
  key,
  bt21,
  bt23,
  bt28,
  broker,
  discovery,
  availability,
  metrics,
};
inline constexpr std::array<std::string_view, 16> layer_names{
    "configuration",  "service",   "device",       "permission", "line", "echo",
    "identification", "tables",    "key",          "BT21",       "BT23", "BT28",
    "broker",         "discovery", "availability", "metrics"};
[[nodiscard]] constexpr std::string_view name(Layer layer) {
  return layer_names[static_cast<std::size_t>(layer)];
}

// Everything is looked at as the account of the service finds it.
enum class CheckResult {
  ok,
  note,        // right, but could be better
  not_set_up,  // the configuration does without it
  not_tried,   // not now, or not by this user: nothing is known of it
  failed,
};
struct ResultWords {
  std::string_view text;
  std::string_view json;
};
inline constexpr std::array<ResultWords, 5> result_words{{
    {"ok", "ok"},
    {"note", "note"},
    {"not set up", "not_set_up"},
    {"not tried", "not_tried"},
    {"NOT OK", "failed"},
}};
[[nodiscard]] constexpr const ResultWords& words(CheckResult result) {
  return result_words[static_cast<std::size_t>(result)];
}

// What a check has found out about one layer.
struct CheckLine {
  Layer layer;
  std::string meter;  // its name in the configuration; empty where it is of no meter
  CheckResult result;
  std::string detail;
  std::string cure;  // of a note, of what has failed, and of what this user could not try
};

// The lines of a check, shown as they come in text and all together in JSON.
class CheckReport {
 public:
  // name_meters: there are several, and each line says of which it is.
  CheckReport(Output& output, bool name_meters) : output_(output), name_meters_(name_meters) {}

  void add(const std::vector<CheckLine>& lines);
  // Text gets a last line, JSON everything. True unless something has failed.
  bool finish();

 private:
  Output& output_;
  bool name_meters_;
  std::vector<CheckLine> lines_;
};

// How a poll ended, of the running daemon or of this program.
struct PollResult {
  bool ended = false;  // nothing else is known before
  std::optional<irmeter::Failure> failure;
  std::optional<Advice> why_no_key;  // where more is known of it than the failure says
  bool of_daemon = false;            // else of this program
  irmeter::Identity identity;        // empty where the meter was not identified
  bool echo = false;                 // the probe heard itself, though the poll was good
  irmeter::QuantitySet withheld;     // as implausible
  std::vector<irmeter::Quantity> given;
  irmeter::Values values;  // where this program has read them
  int signal = 0;          // that told this program to end; the poll was still seen through
};

// "NOT OK  line: the meter does not answer. Cure: ..."
[[nodiscard]] std::string text_of(const CheckLine& line, bool name_meter);

// Corrects what the lines of meter_layers() say of the permission: it is the service that has to
// open the device. by_daemon: it has tried for itself.
void check_permission(std::vector<CheckLine>& lines, const std::string& device, bool by_daemon);

// The layers between configuration and reading: one line for each from device to BT28.
[[nodiscard]] std::vector<CheckLine> meter_layers(const std::string& meter,
                                                  const std::string& device,
                                                  const PollResult& poll);

// One poll of a meter without the daemon: through the daemon's own parts, for its line, its
// protocol and its record of keys that a meter has rejected.
//
// Ends within a minute, logged off from the meter; SIGINT and SIGTERM let the poll end first, a
// second one does not. state_directory: where the daemon records what meters made of their keys,
// which is asked before one is shown. Without a key the meter is asked for what it tells everybody.
// Throws std::exception when the system gives no event loop.
[[nodiscard]] PollResult probe(const irmeterd::MeterConfig& meter,
                               const std::optional<irmeter::Key>& key,
                               const std::string& state_directory);

struct CheckedMeter {
  std::string name;      // in the configuration
  std::string id;        // irmeter::meter_id(); empty where the meter was not identified
  bool is_read = false;  // by the daemon, which then says so to the broker
};

// The MQTT side: whether the broker takes us with the configured credentials, and what it keeps for
// each meter. The layer broker, then discovery and availability of each meter. root: where
// credentials are stored, as for find_credential(). daemon_runs: for the cures.
[[nodiscard]] std::vector<CheckLine> check_broker(const irmeterd::MqttConfig& config,
                                                  const std::vector<CheckedMeter>& meters,
                                                  const std::string& root, bool daemon_runs);

}  // namespace irmeterctl
