#include "tools/ir-meterctl/check.hpp"

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/bus_names.hpp"
#include "common/config/checks.hpp"
#include "common/config/settings.hpp"
#include "common/config/url.hpp"
#include "common/line/port_users.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/device_access.hpp"
#include "tools/ir-meterctl/program.hpp"
#include "tools/ir-meterctl/stored_secret.hpp"

namespace irmeterctl {
namespace {

using irmeterd::MeterConfig;

template <typename Infos>
auto id_of(const Infos& infos, const std::string& name) {
  const auto found = std::ranges::find(infos, name, [](const auto& info) { return info.name; });
  return found == infos.end() ? std::nullopt : std::optional(found->id);
}

// How the latest poll of the daemon ended.
PollResult result_of(const MeterInfo& meter) {
  PollResult result;
  result.of_daemon = true;
  const auto state = id_of(irmeter::states, meter.state).value_or(irmeter::State::error);
  result.ended = state != irmeter::State::starting;
  if (result.ended && state != irmeter::State::online) {
    // One that only a newer daemon knows is told in its words.
    const auto fault = id_of(irmeter::faults, meter.fault);
    result.failure = fault ? irmeter::Failure{*fault, meter.fault_context}
                           : irmeter::Failure{irmeter::Fault::unexpected, meter.state_detail};
  }
  result.identity = static_cast<const irmeter::Identity&>(meter);
  result.echo = meter.echo;
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    const std::string key(quantity.key);
    result.withheld.set(static_cast<std::size_t>(quantity.id),
                        std::ranges::find(meter.withheld, key) != meter.withheld.end());
    if (meter.quantities.contains(key)) {
      result.given.push_back(quantity.id);
    }
  }
  return result;
}

// Faults that a second reader can cause: it takes bytes away, or has the device for itself.
bool may_come_from_another_reader(irmeter::Fault fault) {
  using irmeter::Fault;
  constexpr std::array faults{Fault::device_busy, Fault::silent,       Fault::garbled,
                              Fault::no_response, Fault::session_lost, Fault::unexpected};
  return std::ranges::find(faults, fault) != faults.end();
}

// What only this user may not do is nothing against the service.
void leave_to_root(std::vector<CheckLine>& lines) {
  for (CheckLine& line : lines) {
    if (line.result == CheckResult::failed && line.cure == run_as_root && geteuid() != 0) {
      line.result = CheckResult::not_tried;
    }
  }
}

// Why the service cannot read a file; nothing where it can, or where it is not installed here.
std::optional<Advice> why_hidden_from_service(const std::string& path) {
  const auto service = service_account();
  return service && !path.empty() ? why_unreadable(*service, path) : std::nullopt;
}

// Of a check that cannot go on.
void add_rest_not_tried(CheckReport& report, Layer from) {
  for (auto layer = static_cast<std::size_t>(from);
       layer <= static_cast<std::size_t>(Layer::availability); ++layer) {
    report.add({{static_cast<Layer>(layer), "", CheckResult::not_tried, "", ""}});
  }
}

class Check {
 public:
  Check(const CommandLine& options, const irmeterd::Config& config, Output& output)
      : root_(options.root),
        config_(config),
        report_(output, config.meters.size() > 1),
        bus_(options.bus.value_or(config.bus)) {}

  // The meter's name, or empty for all.
  int run(const CommandLine& options, const irmeterd::LoadedConfig& loaded) {
    report_configuration(options.config_path, loaded);
    if (!find_daemon()) {
      return report_.finish() ? EX_OK : EXIT_FAILURE;
    }
    for (const MeterConfig& meter : config_.meters) {
      if (options.meter.empty() || options.meter == meter.name) {
        check_meter(meter);
      }
      if (signal_ != 0) {
        return 128 + signal_;
      }
    }
    check_broker();
    check_metrics();
    return report_.finish() ? EX_OK : EXIT_FAILURE;
  }

 private:
  void report_configuration(const std::string& path, const irmeterd::LoadedConfig& loaded) {
    const auto shared = irmeterd::find_shared_devices(path, loaded);
    for (const irmeterd::ConfigProblem& problem : shared) {
      report_.add({{Layer::configuration, "", CheckResult::failed, problem.text(),
                    "give each meter a probe of its own"}});
    }
    for (const irmeterd::ConfigProblem& warning : irmeterd::find_open_files(path, loaded.config)) {
      const std::size_t cure = warning.message.rfind("; ");
      report_.add({{Layer::configuration, "", CheckResult::note,
                    warning.file + ": " + warning.message.substr(0, cure),
                    warning.message.substr(cure + 2)}});
    }
    if (shared.empty()) {
      report_.add({{Layer::configuration, "", CheckResult::ok, path, ""}});
    }
  }

  // Whether the check can go on: not beside a daemon that does not answer, as it has the line. One
  // that is on no bus is not seen; a device of its own tells that it is busy.
  bool find_daemon() {
    CheckLine line{Layer::service, "", CheckResult::ok, "it runs, and is asked", ""};
    try {
      client_.emplace(bus_);
      (void)client_->look();
      daemon_runs_ = true;
    } catch (const Failure& failure) {
      if (failure.kind == Failure::Kind::not_running) {
        line = not_running();
      } else if (failure.kind == Failure::Kind::no_bus) {
        line = not_seen(failure);
      } else {
        report_.add({{Layer::service, "", CheckResult::failed, failure.cause, failure.cure}});
        add_rest_not_tried(report_, Layer::device);
        return false;
      }
    }
    report_.add({line});
    return true;
  }

  // What systemd says of the service: "active", "inactive", "failed"; empty where it does not run.
  static std::string unit_state() {
    const std::string output = run_program({"systemctl", "is-active", "ir-meterd.service"}).output;
    return output.substr(0, output.find('\n'));
  }

  static CheckLine not_running() {
    if (unit_state() == "failed") {
      return {Layer::service, "", CheckResult::failed,
              "it has failed, so the probe is read from here",
              "see 'journalctl -u ir-meterd', then run 'sudo systemctl restart ir-meterd'"};
    }
    return {Layer::service, "", CheckResult::failed,
            "it does not run, so the probe is read from here",
            "run 'sudo systemctl enable --now ir-meterd'"};
  }

  // On a bus that cannot be asked.
  static CheckLine not_seen(const Failure& failure) {
    const std::string state = unit_state();
    const std::string how =
        "cannot be asked, as " + failure.cause + ", so the probe is read from here";
    if (state == "active" || state == "reloading" || state == "activating") {
      return {Layer::service, "", CheckResult::ok, "it runs and " + how, ""};
    }
    if (state == "failed" || state == "inactive") {
      return not_running();
    }
    return {Layer::service, "", CheckResult::not_tried, "it " + how, ""};
  }

  // How a poll made now ends, or the latest where this user may not ask for one. Nothing when the
  // daemon does not have the meter.
  std::optional<PollResult> poll_by_daemon(const std::string& name) {
    try {
      client_->read_now(name);
    } catch (const Failure&) {
      // How it ended is in the properties.
    }
    try {
      const Meters meters = client_->look().meters;
      const auto found = meters.find(irmeterd::meter_path(name));
      return found == meters.end() ? std::nullopt : std::optional(result_of(found->second));
    } catch (const Failure&) {
      return std::nullopt;
    }
  }

  // Who has the device besides the daemon, as far as this user may see.
  [[nodiscard]] std::string other_users(const std::string& device) const {
    std::error_code missing;
    const auto path = std::filesystem::canonical(device, missing);
    if (irmeterd::is_tcp_url(device) || missing) {
      return {};
    }
    auto users = irmeterd::find_users(path, root_ + "/run/lock");
    std::erase_if(users, [this](const irmeterd::PortUser& user) {
      return daemon_runs_ && user.name == service_user;
    });
    return names_of(users);
  }

  void check_meter(const MeterConfig& meter) {
    // Looked for first: two readers take each other's bytes, and then the probe is not to blame.
    const std::string others = other_users(meter.device);
    std::optional<PollResult> poll;
    if (daemon_runs_) {
      poll = poll_by_daemon(meter.name);
    } else if (others.empty()) {
      poll = poll_here(meter);
    } else {
      poll.emplace().ended = true;
      poll->failure = {irmeter::Fault::device_busy, {}};
    }
    const bool by_others = poll && poll->failure && !others.empty() &&
                           may_come_from_another_reader(poll->failure->fault);
    if (by_others) {
      poll->failure = {irmeter::Fault::device_busy, others};
    }
    if (!poll) {
      report_.add({{Layer::configuration, meter.name, CheckResult::failed,
                    "the running daemon does not have the meter " + meter.name,
                    "have it load the configuration: systemctl reload ir-meterd"}});
      checked_.push_back({meter.name, {}, false});
      return;
    }
    signal_ = poll->signal;
    std::vector<CheckLine> lines = meter_layers(meter.name, meter.device, *poll);
    const auto line = [&lines](Layer layer) {
      return std::ranges::find(lines, layer, &CheckLine::layer);
    };
    check_permission(lines, meter.device, daemon_runs_);
    add_key_place(*line(Layer::key), meter);
    if (by_others) {
      line(Layer::line)->cure = "stop the other program";
    }
    if (const auto hidden = why_hidden_from_service(meter.key_file)) {
      *line(Layer::key) = {Layer::key, meter.name, CheckResult::failed, hidden->what, hidden->cure};
    }
    leave_to_root(lines);
    report_.add(lines);
    const bool known = !poll->identity.serial_number.empty();
    checked_.push_back({meter.name, known ? irmeter::meter_id(poll->identity) : "",
                        daemon_runs_ && poll->ended && !poll->failure});
  }

  PollResult poll_here(const MeterConfig& meter) {
    StoredKey stored = find_key(meter, root_);
    const std::string directory = root_ + "/var/lib/ir-meterd";
    if (auto problem = stored.key ? why_no_record(directory, root_.empty()) : std::nullopt) {
      stored.key.reset();
      stored.problem = std::move(problem);
    }
    PollResult result = probe(meter, stored.key, directory);
    if (stored.problem) {
      result.why_no_key = std::move(stored.problem);
    }
    return result;
  }

  void add_key_place(CheckLine& line, const MeterConfig& meter) {
    const StoredKey stored = find_key(meter, root_);
    if (!stored.key || line.result == CheckResult::not_tried) {
      return;
    }
    line.detail += " (stored in " + stored.place + ")";
    if (daemon_runs_ && line.result == CheckResult::failed) {
      line.cure += line.cure.ends_with('.') ? "" : ".";
      line.cure +=
          " A key that was stored after the service started is read at the next start: "
          "systemctl restart ir-meterd";
    }
  }

  void check_broker() {
    if (!config_.mqtt) {
      report_.add({{Layer::broker, "", CheckResult::not_set_up, "no broker is configured", ""}});
      return;
    }
    const irmeterd::MqttConfig& mqtt = *config_.mqtt;
    auto lines = irmeterctl::check_broker(mqtt, checked_, root_, daemon_runs_);
    for (const std::string& path :
         {mqtt.password_file, mqtt.ca_file, mqtt.cert_file, mqtt.client_key_file}) {
      if (const auto hidden = why_hidden_from_service(path)) {
        lines.front() = {Layer::broker, "", CheckResult::failed, hidden->what, hidden->cure};
      }
    }
    leave_to_root(lines);
    report_.add(lines);
  }

  // Only where the node exporter of Prometheus is installed, which shows them.
  void check_metrics() {
    const std::string folder = "/var/lib/prometheus/node-exporter";
    const std::string metrics =
        (config_.cache_directory.empty() ? "/run/ir-meterd" : config_.cache_directory) +
        "/metrics.prom";
    std::error_code missing;
    if (!std::filesystem::is_directory(root_ + folder, missing)) {
      return;
    }
    bool linked = false;
    for (const auto& entry : std::filesystem::directory_iterator(root_ + folder, missing)) {
      std::error_code no_link;
      linked = linked || (entry.path().extension() == ".prom" &&
                          std::filesystem::read_symlink(entry.path(), no_link) == metrics);
    }
    if (linked) {
      report_.add({{Layer::metrics, "", CheckResult::ok, "the node exporter shows them", ""}});
    } else {
      report_.add({{Layer::metrics, "", CheckResult::note, "the node exporter does not show them",
                    "run 'sudo ln -s " + metrics + " " + folder + "/ir-meterd.prom'"}});
    }
  }

  std::string root_;
  const irmeterd::Config& config_;
  CheckReport report_;
  irmeterd::Bus bus_;
  std::optional<DaemonClient> client_;
  bool daemon_runs_ = false;
  int signal_ = 0;  // that told this program to end
  std::vector<CheckedMeter> checked_;
};

// Without a configuration there is nothing to check further.
int report_problems(const std::vector<irmeterd::ConfigProblem>& problems, Output& output) {
  CheckReport report(output, false);
  for (const irmeterd::ConfigProblem& problem : problems) {
    report.add({{Layer::configuration, "", CheckResult::failed, problem.text(),
                 "edit the file; ir-meterd.toml(5) tells what belongs there"}});
  }
  add_rest_not_tried(report, Layer::service);
  (void)report.finish();
  return EXIT_FAILURE;
}

}  // namespace

// Whoever runs the check may do other things than the service. Where the daemon has tried for
// itself, there is only more to say of the cure.
void check_permission(std::vector<CheckLine>& lines, const std::string& device, bool by_daemon) {
  struct stat node {};
  const auto service = service_account();
  if (irmeterd::is_tcp_url(device) || !service || stat(device.c_str(), &node) != 0) {
    return;
  }
  CheckLine& permission = *std::ranges::find(lines, Layer::permission, &CheckLine::layer);
  const bool service_may = may_open(*service, node);
  const std::string opens_for = " (it opens for " + openers_by_mode(node) + ")";
  if (permission.result == CheckResult::ok && !service_may && !by_daemon) {
    permission.result = CheckResult::failed;
    permission.detail = "you may open the device, but the service may not" + opens_for;
  } else if (permission.result == CheckResult::failed && service_may && !by_daemon) {
    permission.result = CheckResult::ok;
    permission.detail = "the service may open the device" + opens_for;
    permission.cure.clear();
    CheckLine& line = *std::ranges::find(lines, Layer::line, &CheckLine::layer);
    line.detail = "you may not open the device";
    line.cure = run_as_root;
  }
  if (permission.result == CheckResult::failed && !service_may) {
    permission.cure = "give it to the group " + std::string(service_user) +
                      " with a line of your own, for USB or for a port of the machine itself, as "
                      "the top of /usr/lib/udev/rules.d/60-ir-meterd.rules tells";
  }
}

int check(const CommandLine& options, Output& output) {
  const irmeterd::LoadedConfig loaded = irmeterd::load_config(options.config_path);
  if (!loaded.problems.empty()) {
    return report_problems(loaded.problems, output);
  }
  const auto& meters = loaded.config.meters;
  if (!options.meter.empty() &&
      std::ranges::find(meters, options.meter, &MeterConfig::name) == meters.end()) {
    print_error(options.config_path + " has no meter " + irmeterd::in_quotes(options.meter));
    return EX_USAGE;
  }
  return Check(options, loaded.config, output).run(options, loaded);
}

}  // namespace irmeterctl
