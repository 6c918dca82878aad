#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "common/config/checks.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {
namespace {

using irmeter::Error;
using irmeter::Result;
using irmeterd::in_quotes;
using irmeterd::MeterConfig;

constexpr const char* shipped_credential = "meter-key";  // the one that the unit loads as it comes

std::string names_of(const irmeterd::Config& config) {
  std::string names;
  for (const MeterConfig& meter : config.meters) {
    names += (names.empty() ? "" : ", ") + meter.name;
  }
  return names;
}

// The credential to store: that of the meter, or the only one there is.
Result<std::string> credential_of(const irmeterd::Config& config, const std::string& meter_name) {
  std::set<std::string> credentials;
  std::string in_file;  // a meter that has its key there
  bool found = false;
  for (const MeterConfig& meter : config.meters) {
    if (!meter_name.empty() && meter.name != meter_name) {
      continue;
    }
    found = true;
    if (meter.key_file.empty()) {
      credentials.insert(meter.key_credential);
    } else {
      in_file = "meter " + in_quotes(meter.name) + " has its key in " + meter.key_file;
    }
  }
  if (!found) {
    return Error{"the configuration has no meter " + in_quotes(meter_name) + ": write one of " +
                 names_of(config)};
  }
  if (credentials.empty()) {
    return Error{in_file +
                 " (key_file): write it there, or take key_file out of the "
                 "configuration"};
  }
  if (credentials.size() > 1) {
    return Error{"the meters have a key each: say whose it is with --meter, one of " +
                 names_of(config)};
  }
  return *credentials.begin();
}

Restart restart_unless_told(const CommandLine& options) {
  if (!options.root.empty()) {
    return {false, "not touched, the key is below " + options.root};
  }
  if (!options.restart) {
    return {false, "not restarted; it reads the key when it starts"};
  }
  return restart_service();
}

// What the unit needs for a credential that it does not load as it comes, encrypted or plain.
std::vector<std::string> unit_lines(const std::string& credential) {
  return {"LoadCredentialEncrypted=" + credential + ":/etc/credstore.encrypted/" + credential,
          "SetCredential=" + credential + ":\\n",
          "LoadCredential=" + credential + ".plain:" + credential};
}

}  // namespace

Document document_of(const Stored& stored, const std::string& credential,
                     const std::string& service) {
  Facts facts{{"Stored", "file", stored.path}, {"Encrypted", "encrypted", stored.encrypted}};
  if (!stored.encrypted) {
    facts.push_back({"Why not", "why_plain", stored.why_plain});
  }
  if (!stored.removed.empty()) {
    facts.push_back({"Removed", "removed", stored.removed});
  }
  if (credential != shipped_credential) {
    facts.push_back({"", "unit_needs", unit_lines(credential)});
    for (const std::string& line : unit_lines(credential)) {
      facts.push_back({"Unit needs", "", line});
    }
    facts.push_back({"How", "", "write them under [Service] in 'systemctl edit ir-meterd', once"});
  }
  facts.push_back({"Service", "service", service});
  return {facts};
}

Restart restart_service() {
  constexpr const char* unit = "ir-meterd.service";
  const std::string state = run_program({"systemctl", "is-active", unit}).output;
  if (state.empty()) {
    return {false, "not restarted, because systemd does not run here; do that yourself"};
  }
  if (state.starts_with("inactive") || state.starts_with("failed") ||
      state.starts_with("unknown")) {
    return {false, "not running; start it with 'sudo systemctl enable --now ir-meterd'"};
  }
  if (run_program({"systemctl", "try-restart", unit}).status != 0) {
    return {true, "could not be restarted; see 'systemctl status ir-meterd'"};
  }
  return {false, "restarted"};
}

int set_key(const CommandLine& options, Output& output) {
  if (options.root.empty() && ::geteuid() != 0) {
    print_error("keys belong to root: run 'sudo ir-meterctl set-key'");
    return EX_NOPERM;
  }
  const auto config = load_configuration(options);
  if (!config) {
    return EX_CONFIG;
  }
  const auto credential = credential_of(*config, options.meter);
  if (!credential) {
    print_error(credential.error().what);
    return EX_USAGE;
  }
  const auto key = read_key();
  if (!key) {
    print_error(key.error().what);
    print_error(
        "nothing was stored; it takes the read-only key (RK) of the optical port, which the "
        "grid company gives out, not the MEP key (MBK)");
    return EX_DATAERR;
  }
  const auto stored = store_key(*key, *credential, options.root);
  if (!stored) {
    print_error(stored.error().what);
    return EX_CANTCREAT;
  }
  const Restart restart = restart_unless_told(options);
  output.write(document_of(*stored, *credential, restart.outcome));
  return restart.failed ? EXIT_FAILURE : EX_OK;
}

}  // namespace irmeterctl
