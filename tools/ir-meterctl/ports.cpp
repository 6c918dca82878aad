#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/device_access.hpp"

namespace irmeterctl {
namespace {

// In the order of Likelihood: in JSON and for people.
constexpr std::array<std::pair<const char*, const char*>, 4> answers{{
    {"known", "yes"},
    {"possible", "maybe"},
    {"if-wired", "only if one is wired to it"},
    {"no", "no"},
}};

std::string usb_text(const UsbNames& usb) {
  std::string text = usb.manufacturer;
  for (const auto& [before, name] :
       {std::pair(" ", usb.product), std::pair(", serial number ", usb.serial_number)}) {
    text += name.empty() ? "" : (text.empty() ? "" : before) + name;
  }
  return text + (text.empty() ? "ID " : ", ID ") + usb.vendor_id + ":" + usb.product_id;
}

void add_access(Facts& facts, const SerialPort& port) {
  if (!port.node) {
    facts.push_back({"Opens for", "opens_for", "nobody: there is no such file"});
    return;
  }
  facts.push_back({"Opens for", "opens_for", openers_by_mode(*port.node)});
  if (const auto service = service_account()) {
    facts.push_back({"Opens for the service", "opens_for_service", may_open(*service, *port.node)});
  }
  // Of the processes of others only root sees what they have open.
  const std::string nobody = geteuid() == 0 ? "nobody" : "nobody, as far as you may see";
  facts.push_back({"In use by", "", port.users.empty() ? nobody : names_of(port.users)});
  facts.push_back({"", "in_use_by", names_of(port.users)});
}

Facts facts_of(const SerialPort& port) {
  const auto& [word, answer] = answers.at(static_cast<std::size_t>(port.likelihood));
  Facts facts{{"Port", "port", port.path},
              {"A probe", "", std::string(answer) + ", " + port.because},
              {"", "probe", std::string(word)},
              {"", "because", port.because}};
  if (port.usb) {
    facts.insert(facts.end(), {{"USB name", "", usb_text(*port.usb)},
                               {"", "usb_vendor_id", port.usb->vendor_id},
                               {"", "usb_product_id", port.usb->product_id},
                               {"", "usb_manufacturer", port.usb->manufacturer},
                               {"", "usb_product", port.usb->product},
                               {"", "usb_serial_number", port.usb->serial_number}});
  }
  if (!port.driver.empty()) {
    facts.push_back({"Driver", "driver", port.driver});
  }
  if (!port.links.empty()) {
    facts.push_back({"Also called", "links", port.links});
  }
  add_access(facts, port);
  const bool useful = port.node && port.likelihood != Likelihood::no;
  facts.push_back({useful ? "To configure it" : "", "", "device = \"" + port.best_name() + "\""});
  facts.push_back({"", "device", port.best_name()});
  if (useful && !port.links_move.empty()) {
    facts.push_back({"Why by that name", "why_device",
                     port.best_name().find("/by-path/") == std::string::npos
                         ? "there is none that stays; " + port.links_move
                         : "it stays with the socket; " + port.links_move});
  }
  return facts;
}

}  // namespace

Document ports_document(const std::vector<SerialPort>& ports) {
  const auto likely = std::ranges::count_if(ports, [](const SerialPort& port) {
    return port.likelihood == Likelihood::known || port.likelihood == Likelihood::possible;
  });
  Document document{{{"Serial ports", "", Number{std::ssize(ports), 0, ""}},
                     {"Could be the probe", "", Number{likely, 0, ""}}},
                    "ports"};
  if (likely == 0) {
    document.facts.push_back(
        {"What to do", "",
         "plug the probe in and list the ports again; the kernel's log (journalctl -k) tells "
         "whether it sees a new device"});
  }
  for (const SerialPort& port : ports) {
    document.groups.push_back(facts_of(port));
  }
  return document;
}

int ports(const CommandLine& options, Output& output) {
  output.write(ports_document(find_serial_ports(options.root)));
  return EX_OK;
}

}  // namespace irmeterctl
