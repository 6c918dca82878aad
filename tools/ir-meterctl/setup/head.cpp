// setup, 1: the optical probe, and the meter behind it.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include "common/bus_names.hpp"
#include "common/config/checks.hpp"
#include "common/config/url.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/device_access.hpp"
#include "tools/ir-meterctl/serial_ports.hpp"
#include "tools/ir-meterctl/setup/steps.hpp"

namespace irmeterctl {
namespace {

std::string port_text(const SerialPort& port) {
  std::string text = port.best_name();
  if (port.usb) {
    text += ": " + port.usb->manufacturer + " " + port.usb->product;
  }
  text += "; " + port.because;
  return irmeterd::on_one_line(text +
                               (port.users.empty() ? "" : "; in use by " + names_of(port.users)));
}

// What is wrong with a device before anybody talks to it: who has it open.
std::optional<Advice> why_not_opened(const std::string& device, const std::string& root) {
  std::error_code missing;
  const auto path = std::filesystem::canonical(device, missing);
  if (irmeterd::is_tcp_url(device) || missing) {
    return std::nullopt;
  }
  const auto users = irmeterd::find_users(path, root + "/run/lock");
  return users.empty() ? std::nullopt
                       : std::optional(Advice{device + " is in use by " + names_of(users),
                                              "stop the other program, or take another port"});
}

// The meter as the running service has it, where it reads that.
std::optional<MeterInfo> read_by_service(Findings& findings) {
  const auto& given = findings.options.setup;
  if (!given.device.empty() || !given.key_file.empty()) {
    return std::nullopt;
  }
  try {
    const Meters meters = DaemonClient(findings.bus).look().meters;
    const auto found = meters.find(irmeterd::meter_path(findings.meter().name));
    return found != meters.end() && found->second.state == "online" &&
                   found->second.device == findings.meter().device
               ? std::optional(found->second)
               : std::nullopt;
  } catch (const Failure&) {
    return std::nullopt;
  }
}

// What it most likely is.
std::string likely_device(const std::vector<SerialPort>& ports) {
  const auto free = std::ranges::find_if(ports, [](const SerialPort& port) {
    return port.users.empty() && !port.console && port.node &&
           (port.likelihood == Likelihood::known || port.likelihood == Likelihood::possible);
  });
  return free == ports.end() ? "" : free->best_name();
}

std::string proposed_device(const std::vector<SerialPort>& ports, Findings& findings) {
  if (!findings.options.setup.device.empty()) {
    return findings.options.setup.device;
  }
  std::error_code none_there;
  const std::string& today = findings.meter().device;
  const std::string found = likely_device(ports);
  return found.empty() || irmeterd::is_tcp_url(today) || std::filesystem::exists(today, none_there)
             ? today
             : found;
}

// "2" is the second of the ports.
std::string device_of(const std::string& answer, const std::vector<SerialPort>& ports) {
  std::size_t number = 0;
  const auto read = std::from_chars(answer.data(), answer.data() + answer.size(), number);
  const bool is_number =
      read.ec == std::errc() && *read.ptr == '\0' && number >= 1 && number <= ports.size();
  return is_number ? ports[number - 1].best_name() : answer;
}

// Whether a meter was found behind the one that was chosen.
bool choose_head(Findings& findings, Dialogue& dialogue) {
  const auto ports = find_serial_ports(findings.options.root);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    Dialogue::say("  " + std::to_string(i + 1) + "  " + port_text(ports[i]));
  }
  if (ports.empty()) {
    Dialogue::say("  There is no serial port here.");
  }
  Dialogue::say(std::string("  Give its ") + (ports.empty() ? "" : "number, its ") +
                "path, or tcp://HOST:PORT of a serial server.");
  const std::string device =
      device_of(dialogue.ask("  Probe", proposed_device(ports, findings)), ports);
  if (const auto objection = irmeterd::check_device(device)) {
    dialogue.again({*objection, ""});
    return false;
  }
  if (const auto wrong = why_not_opened(device, findings.options.root)) {
    dialogue.again(*wrong);
    return false;
  }
  const auto port = std::ranges::find_if(ports, [&](const SerialPort& each) {
    return each.path == device || std::ranges::find(each.links, device) != each.links.end();
  });
  if (port != ports.end() && (port->likelihood == Likelihood::no || port->console)) {
    Dialogue::say("  That is no probe: " + port->because + ".");
    if (!dialogue.ask_yes("  Talk to it all the same?", !findings.options.setup.device.empty())) {
      return false;
    }
  }
  findings.meter().device = device;
  const Trial trial = try_meter(findings, std::nullopt);
  if (const auto wrong = trial.wrong_before(Layer::key)) {
    dialogue.again(*wrong);
    return false;
  }
  const auto table = std::ranges::find(trial.lines, Layer::tables, &CheckLine::layer);
  Dialogue::say("  A meter answers: " + table->detail + ".");
  findings.report.meter = irmeter::meter_id(trial.poll.identity);
  return true;
}

}  // namespace

void ask_for_head(Findings& findings, Dialogue& dialogue, ServicePause& pause) {
  Dialogue::say("1. The optical probe");
  if (const auto now = read_by_service(findings)) {
    Dialogue::say("  The service reads the meter " + now->name + " at " + now->device + ".");
    findings.report.values = facts_of(*now, std::chrono::system_clock::now());
    std::erase_if(findings.report.values,
                  [](const Fact& fact) { return !std::holds_alternative<Number>(fact.value); });
    findings.done = !dialogue.ask_yes("  Set up another probe or key?", false);
    if (findings.done) {
      findings.report.meter = now->id();
      return;
    }
  }
  pause.begin();
  while (!choose_head(findings, dialogue)) {
  }
}

}  // namespace irmeterctl
