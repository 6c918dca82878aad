// setup, 4: writes what has been found, starts the service, and waits for the first reading.
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/files.hpp"
#include "common/loop.hpp"
#include "lib/state.hpp"
#include "tools/ir-meterctl/config_edit.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/program.hpp"
#include "tools/ir-meterctl/secret_store.hpp"
#include "tools/ir-meterctl/setup/steps.hpp"

namespace irmeterctl {
namespace {

using irmeterd::MqttConfig;
using irmeterd::Secret;

constexpr std::chrono::seconds first_reading_limit{60};

std::vector<Setting> settings_of(const MqttConfig& mqtt) {
  const std::array<std::pair<const char*, const std::string*>, 8> keys{
      {{"client_key_file", &mqtt.client_key_file},
       {"client_key_credential", &mqtt.client_key_credential},
       {"cert_file", &mqtt.cert_file},
       {"ca_file", &mqtt.ca_file},
       {"password_file", &mqtt.password_file},
       {"password_credential", &mqtt.password_credential},
       {"username", &mqtt.username},
       {"url", &mqtt.url}}};
  std::vector<Setting> settings;
  settings.reserve(keys.size());
  for (const auto& [key, value] : keys) {
    settings.push_back({"mqtt", key, value->empty() ? std::nullopt : std::optional(*value)});
  }
  return settings;
}

// The configuration with what has been found.
std::string new_text(Findings& findings) {
  irmeterd::MeterConfig& meter = findings.meter();
  std::vector<Setting> settings{{"meter", "device", meter.device}};
  if (!findings.key.empty() && !meter.key_file.empty()) {
    meter.key_file.clear();
    settings.push_back({"meter", "key_file", std::nullopt});
  }
  const auto& mqtt = findings.wanted.mqtt;
  if (mqtt && mqtt != findings.before.mqtt) {
    for (Setting& setting : settings_of(*mqtt)) {
      settings.push_back(std::move(setting));
    }
  }
  std::string text = with_settings(findings.text, settings, findings.number);
  if (!mqtt && findings.before.mqtt) {
    text = without_table(text, "mqtt");
  }
  const std::string& path = findings.options.config_path;
  const irmeterd::LoadedConfig loaded = irmeterd::parse_config(text, path);
  if (!loaded.problems.empty() || !(loaded.config == findings.wanted)) {
    throw Ended{{path + " is written in a way that setup cannot change",
                 "write device = \"" + meter.device + "\" into it yourself" +
                     (mqtt                   ? ", and url = \"" + mqtt->url + "\" under [mqtt]"
                      : findings.before.mqtt ? ", and make the table [mqtt] a comment"
                                             : "")}};
  }
  return text;
}

void write_configuration(Findings& findings, const std::string& text) {
  const std::string& path = findings.options.config_path;
  struct stat old {};
  irmeterd::NewFile file{.durable = true};
  if (::stat(path.c_str(), &old) == 0) {
    file.mode = old.st_mode & 0777U;
    file.keep_old = path + ".bak";
    findings.report.old_file = file.keep_old;
  }
  std::error_code there;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), there);
  irmeterd::replace_file(path, text, file);
}

void store(const Secret& secret, const std::string& credential, const std::string& root) {
  if (secret.empty()) {
    return;
  }
  if (const auto stored = store_secret(secret, credential, root); !stored) {
    throw std::runtime_error(stored.error().what);
  }
}

// Until the meter is read, or it is known that it is not.
std::optional<MeterInfo> wait_for_reading(irmeterd::Bus bus, const std::string& name) {
  irmeterd::Loop loop;
  std::optional<MeterInfo> latest;
  const auto end = [&loop] { loop.exit(0); };
  auto limit = loop.timer(end);
  irmeterd::Loop::arm(limit, loop.now() + first_reading_limit);
  const auto interrupt = loop.signal(SIGINT, end);
  const auto terminate = loop.signal(SIGTERM, end);
  DaemonClient client(bus);
  DaemonClient::Events events;
  events.daemon = [](bool) {};
  events.changed = [&](const MeterInfo&, const MeterInfo& after) {
    if (after.name == name) {
      latest = after;
      if (after.state != irmeter::info(irmeter::State::starting).name) {
        loop.exit(0);
      }
    }
  };
  events.removed = [](const MeterInfo&) {};
  events.ended = [&](const Failure&) { loop.exit(0); };
  client.watch(loop, std::move(events));
  loop.run();
  return latest;
}

void start(Findings& findings, ServicePause& pause) {
  SetupReport& report = findings.report;
  if (!findings.options.root.empty()) {
    report.service = "not touched, this is below " + findings.options.root;
    return;
  }
  pause.end();
  if (run_program({"systemctl", "is-system-running"}).output.empty()) {
    report.service = "not started, because systemd does not run here; do that yourself";
    return;
  }
  const bool started = run_program({"systemctl", "enable", service_unit}).status == 0 &&
                       run_program({"systemctl", "restart", service_unit}).status == 0;
  report.service =
      started ? "enabled and started" : "could not be started; see 'systemctl status ir-meterd'";
  if (started && (report.key == "later" || findings.bus == irmeterd::Bus::none)) {
    return;
  }
  report.state = started ? "starting" : "error";
  if (!started) {
    return;
  }
  Dialogue::say("  Waiting for the first reading ...");
  if (const auto now = wait_for_reading(findings.bus, findings.meter().name)) {
    report.state = now->state;
    Dialogue::say("  " + now->state_detail);
  }
}

}  // namespace

void write_and_start(Findings& findings, Dialogue& dialogue, ServicePause& pause) {
  Dialogue::say("4. The service");
  const std::string& path = findings.options.config_path;
  const std::string text = new_text(findings);
  const bool differs = text != findings.text || !std::filesystem::exists(path);
  const auto& mqtt = findings.wanted.mqtt;
  SetupReport& report = findings.report;
  report.device = findings.meter().device;
  report.broker = mqtt ? mqtt->url : "";
  report.file = path;
  const bool anything =
      differs || !findings.key.empty() || !findings.password.empty() || !findings.done;
  if (anything && !dialogue.ask_yes("  Write this to " + path + ", and start the service?", true)) {
    throw Ended{{"nothing was changed", ""}};
  }
  if (differs) {
    write_configuration(findings, text);
  }
  store(findings.key, findings.meter().key_credential, findings.options.root);
  store(findings.password, mqtt ? mqtt->password_credential : "", findings.options.root);
  if (anything) {
    start(findings, pause);
  } else {
    Dialogue::say("  It runs, and nothing has changed.");
  }
  if (mqtt && mqtt->discovery != irmeterd::Discovery::off) {
    for (const char* const which : {"energy_import", "energy_export", "power"}) {
      report.entities.push_back("sensor.electricity_meter_" + findings.meter().name + "_" + which);
    }
  }
}

}  // namespace irmeterctl
