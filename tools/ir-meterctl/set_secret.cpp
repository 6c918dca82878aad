#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "common/config/checks.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/program.hpp"
#include "tools/ir-meterctl/terminal.hpp"

namespace irmeterctl {
namespace {

using irmeter::Error;
using irmeter::Result;
using irmeterd::in_quotes;
using irmeterd::MeterConfig;

std::string names_of(const irmeterd::Config& config) {
  std::string names;
  for (const MeterConfig& meter : config.meters) {
    names += (names.empty() ? "" : ", ") + meter.name;
  }
  return names;
}

// The credential to store: that of the meter, or the only one there is.
Result<std::string> key_credential(const irmeterd::Config& config, const std::string& meter_name) {
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

// The one that belongs to the username.
Result<std::string> password_credential(const irmeterd::Config& config, const std::string&) {
  if (!config.mqtt || config.mqtt->username.empty()) {
    return Error{
        "no username for a broker is configured: write url, username and "
        "password_credential = \"mqtt-password\" under [mqtt] first"};
  }
  if (!config.mqtt->password_file.empty()) {
    return Error{"the password is in " + config.mqtt->password_file +
                 " (password_file): write it there, or take password_file out of the "
                 "configuration"};
  }
  if (config.mqtt->password_credential.empty()) {
    return Error{
        "the configuration has a username alone: write password_credential = "
        "\"mqtt-password\" under [mqtt] first"};
  }
  return config.mqtt->password_credential;
}

// From the person at the terminal, or all there is on standard input.
Result<irmeterd::Secret> read_secret(const SecretKind& kind, std::string_view prompt) {
  if (::isatty(STDIN_FILENO) == 1) {
    return Terminal().hidden_twice(prompt, kind);
  }
  irmeterd::Secret secret = rest_of_input();
  if (const auto fault = kind.why_not(secret.reveal())) {
    return Error{*fault};
  }
  if (const auto odd = what_is_odd(kind, secret.reveal())) {
    print_error("careful: " + *odd);
  }
  return secret;
}

Restart restart_unless_told(const CommandLine& options) {
  if (!options.root.empty()) {
    return {false, "not touched, it is stored below " + options.root};
  }
  if (!options.restart) {
    return {false, "not restarted; it reads what is stored when it starts"};
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
  if (credential != shipped_key_credential && credential != shipped_password_credential) {
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

namespace {

// Everything but whose secret it is. hint: what belongs there, as a clause.
int set_secret(const CommandLine& options, Output& output, const SecretKind& kind,
               Result<std::string> (*credential_for)(const irmeterd::Config&, const std::string&),
               std::string_view prompt, const char* hint) {
  const std::string what(kind.what);
  if (options.root.empty() && ::geteuid() != 0) {
    print_error(what + "s belong to root: run 'sudo ir-meterctl set-" + what + "'");
    return EX_NOPERM;
  }
  const auto config = load_configuration(options);
  if (!config) {
    return EX_CONFIG;
  }
  const auto credential = credential_for(*config, options.meter);
  if (!credential) {
    print_error(credential.error().what);
    return EX_USAGE;
  }
  const auto secret = read_secret(kind, prompt);
  if (!secret) {
    print_error(secret.error().what);
    print_error(std::string("nothing was stored; ") + hint);
    return EX_DATAERR;
  }
  const auto stored = store_secret(*secret, *credential, options.root);
  if (!stored) {
    print_error(stored.error().what);
    return EX_CANTCREAT;
  }
  const Restart restart = restart_unless_told(options);
  output.write(document_of(*stored, *credential, restart.outcome));
  return restart.failed ? EXIT_FAILURE : EX_OK;
}

}  // namespace

int set_key(const CommandLine& options, Output& output) {
  return set_secret(options, output, key_kind, key_credential, key_prompt,
                    "it takes the read-only key (RK) of the optical port, which the grid company "
                    "gives out, not the MEP key (MBK)");
}

int set_password(const CommandLine& options, Output& output) {
  return set_secret(options, output, password_kind, password_credential,
                    "Password for the MQTT broker, not shown: ",
                    "it takes one line of text, the password that the broker has for the username "
                    "of the configuration");
}

}  // namespace irmeterctl
