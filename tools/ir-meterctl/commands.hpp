// The commands of ir-meterctl, and what those print that do not write as they go.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/output.hpp"
#include "tools/ir-meterctl/secret_store.hpp"
#include "tools/ir-meterctl/serial_ports.hpp"

namespace irmeterctl {

struct KeptMeter {
  std::set<std::string> topics;
  bool online = false;
};

// Each returns the exit status, and may throw std::exception with what is wrong, such as Failure.

// Everything between the configuration and Home Assistant, layer by layer, each with its cure. Asks
// the daemon where it runs, else reads the meters itself. EX_OK if all is well, 1 if not, EX_USAGE
// where there is no such meter.
[[nodiscard]] int check(const CommandLine& options, Output& output);
// The serial ports, which of them could be the probe, and how to configure it.
[[nodiscard]] int ports(const CommandLine& options, Output& output);
// What the broker keeps of each meter, or with the id of one removes it, when the user has said so.
[[nodiscard]] int forget(const CommandLine& options, Output& output);
// A key that the meter has rejected, or not answered for, is shown to it once more, when the user
// has said so; waits for what becomes of it. EX_OK if the meter is read then, 1 if not.
[[nodiscard]] int retry_key(const CommandLine& options, Output& output);
// Tables that the meters, or the one that is named, do not give are asked for again.
[[nodiscard]] int retry_tables(const CommandLine& options, Output& output);
// How the tool is called.
[[nodiscard]] int help(const CommandLine& options, Output& output);
// Puts the meter's key where systemd hands it to the service.
[[nodiscard]] int set_key(const CommandLine& options, Output& output);
// The same of the password for the MQTT broker.
[[nodiscard]] int set_password(const CommandLine& options, Output& output);
// One table of the meter.
[[nodiscard]] int table(const CommandLine& options, Output& output);
// Every table of the meter as a file, with a list of what it gave and what not.
[[nodiscard]] int dump(const CommandLine& options, Output& output);
// The load profile or the self-reads of a meter, by the daemon.
[[nodiscard]] int history(const CommandLine& options, Output& output);
// The log of the meters, or of the one that is named.
[[nodiscard]] int events(const CommandLine& options, Output& output);
// Asks for probe, key and broker, tries each, writes the configuration and starts the service.
// EX_OK if the meter is read then, 1 if not.
[[nodiscard]] int setup(const CommandLine& options, Output& output);
// The daemon, its meters and their latest readings.
[[nodiscard]] int status(const CommandLine& options, Output& output);
// A line for every change, until SIGINT, SIGTERM or nobody reads it.
[[nodiscard]] int watch(const CommandLine& options, Output& output);

// A group of facts for each port.
[[nodiscard]] Document ports_document(const std::vector<SerialPort>& ports);
// Of forget: what the broker keeps of meters and of daemons, by id.
[[nodiscard]] Document kept_document(const std::map<std::string, KeptMeter>& meters);
// Of retry-key, when the poll with the key has ended.
[[nodiscard]] Document retry_document(const MeterInfo& meter);
// Of events: adds the log of a meter.
void add_events(Document& document, const MeterInfo& meter,
                const std::vector<DaemonClient::Event>& log);
// Of retry-tables: the meters that were told.
[[nodiscard]] Document retried_document(const std::vector<std::string>& meters);
// Of set-key and set-password: where the credential went, and what became of the service.
[[nodiscard]] Document document_of(const Stored& stored, const std::string& credential,
                                   const std::string& service);
// Of status: a daemon that is there, and one that is not.
[[nodiscard]] Document document_of(const DaemonInfo& daemon, irmeterd::Bus bus, Moment now);
[[nodiscard]] Document document_of(const Failure& failure);

}  // namespace irmeterctl
