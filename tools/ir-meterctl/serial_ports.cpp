#include "tools/ir-meterctl/serial_ports.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "common/config/checks.hpp"

namespace irmeterctl {
namespace {

namespace fs = std::filesystem;

// Words in the names of what cannot be a probe.
constexpr std::array<const char*, 8> names_of_others{
    "zigbee", "z-wave", "zwave", "conbee", "modem", "gps", "gnss", "mobile broadband"};
constexpr std::array<std::string_view, 4> modem_drivers{"option1", "qcserial", "sierra", "hso"};

constexpr const char* probe_link = "/dev/ir-probe";
constexpr const char* by_path = "/dev/serial/by-path";

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return irmeterd::on_one_line(line);
}

// The kernel's driver and the USB device of a port: of its device in sysfs or of one that it hangs
// on.
void find_driver_and_usb(SerialPort& port, const fs::path& device, const fs::path& top) {
  for (fs::path each = device; each != top && each.has_relative_path(); each = each.parent_path()) {
    std::error_code none;
    const std::string driver = fs::read_symlink(each / "driver", none).filename().string();
    // Those two are the kernel's own layer between a built-in port and its driver.
    if (port.driver.empty() && driver != "port" && driver != "ctrl") {
      port.driver = driver;
    }
    if (!port.usb && fs::exists(each / "idVendor", none)) {
      port.usb = {first_line(each / "idVendor"),     first_line(each / "idProduct"),
                  first_line(each / "manufacturer"), first_line(each / "product"),
                  first_line(each / "serial"),       each.string()};
    }
  }
}

std::vector<std::string> links_to(const fs::path& node, const std::string& root) {
  std::vector<std::string> links;
  const auto add = [&](const fs::path& link) {
    std::error_code none;
    if (fs::is_symlink(link, none) && fs::canonical(link, none) == node) {
      links.push_back(link.string().substr(root.size()));
    }
  };
  add(root + probe_link);
  for (const char* directory : {"/dev/serial/by-id", by_path}) {
    std::error_code none;
    const std::size_t before = links.size();
    for (fs::directory_iterator each(root + directory, none), end; !none && each != end;
         each.increment(none)) {
      add(each->path());
    }
    std::sort(links.begin() + static_cast<std::ptrdiff_t>(before), links.end());
  }
  return links;
}

bool is_known_head(const UsbNames& usb) {
  const bool by_number =
      usb.vendor_id == vendor_of_heads &&
      std::ranges::find(numbers_of_heads, usb.product_id) != numbers_of_heads.end();
  return by_number || std::ranges::any_of(names_of_heads, [&](const char* pattern) {
           return fnmatch(pattern, usb.product.c_str(), 0) == 0;
         });
}

std::pair<Likelihood, std::string> likelihood_of(const SerialPort& port) {
  if (!port.links.empty() && port.links.front() == probe_link) {
    return {Likelihood::known, "udev knows it as the probe"};
  }
  if (!port.usb) {
    return {Likelihood::if_wired, port.console
                                      ? "a port of the machine itself, which its console uses now"
                                      : "a port of the machine itself"};
  }
  if (is_known_head(*port.usb)) {
    return {Likelihood::known, "it is known as a probe for meters"};
  }
  const std::string names = port.usb->manufacturer + " " + port.usb->product;
  if (std::ranges::any_of(names_of_others, [&](const char* word) {
        return strcasestr(names.c_str(), word) != nullptr;
      })) {
    return {Likelihood::no, "it calls itself something else"};
  }
  if (std::ranges::find(modem_drivers, port.driver) != modem_drivers.end()) {
    return {Likelihood::no, "a modem for mobile networks"};
  }
  return {Likelihood::possible, "a USB serial adapter, as most heads for meters are"};
}

// udev makes these links of what an adapter says of itself: of two that say the same, the one that
// was plugged in last has the link. CH340s have no serial number, and CP2102s that nobody has given
// one have all the same.
std::string why_links_move(const SerialPort& port, const std::vector<SerialPort>& all) {
  if (!port.usb) {
    return {};
  }
  const auto others = [&](const auto& condition) {
    return std::ranges::any_of(all, [&](const SerialPort& other) {
      return other.usb && other.usb->folder != port.usb->folder && condition(*other.usb);
    });
  };
  if (!port.links.empty() && port.links.front() == probe_link) {
    return is_known_head(*port.usb) && others(is_known_head)
               ? std::string("of several heads the one that was plugged in last is ") + probe_link
               : "";
  }
  if (port.usb->serial_number.empty() || port.usb->serial_number == "0001") {
    return "the adapter has no serial number of its own, and of two such adapters the one that was "
           "plugged in last has the link by its name";
  }
  const bool is_twin = others([&](const UsbNames& other) {
    return other.vendor_id == port.usb->vendor_id && other.product_id == port.usb->product_id &&
           other.serial_number == port.usb->serial_number;
  });
  return is_twin ? "another adapter has the same serial number, and the one that was plugged in "
                   "last has the link by its name"
                 : "";
}

// Nothing where there is no port behind the name: a virtual terminal, or a number kept in reserve.
std::optional<SerialPort> examine(const fs::path& entry, const std::string& root) {
  std::error_code none;
  const fs::path device = fs::canonical(entry / "device", none);
  if (none || first_line(entry / "type") == "0") {
    return std::nullopt;
  }
  const fs::path top = fs::canonical(root + "/sys", none);
  SerialPort port;
  port.path = "/dev/" + entry.filename().string();
  find_driver_and_usb(port, device, top);
  std::istringstream consoles(first_line(root + "/sys/class/tty/console/active"));
  port.console = std::find(std::istream_iterator<std::string>(consoles), {},
                           entry.filename().string()) != std::istream_iterator<std::string>();
  const std::string node = root + port.path;
  if (struct stat status{}; stat(node.c_str(), &status) == 0) {
    port.node = status;
    port.links = links_to(fs::canonical(node, none), root);
    port.users = irmeterd::find_users(node, root + "/run/lock");
  }
  std::tie(port.likelihood, port.because) = likelihood_of(port);
  return port;
}

}  // namespace

const std::string& SerialPort::best_name() const {
  const auto by_place = std::ranges::find_if(
      links, [](const std::string& link) { return link.starts_with(by_path); });
  if (!links_move.empty() && by_place != links.end()) {
    return *by_place;
  }
  return links.empty() ? path : links.front();
}

std::vector<SerialPort> find_serial_ports(const std::string& root) {
  std::vector<SerialPort> ports;
  std::error_code none;
  for (fs::directory_iterator each(root + "/sys/class/tty", none), end; !none && each != end;
       each.increment(none)) {
    if (auto port = examine(each->path(), root)) {
      ports.push_back(std::move(*port));
    }
  }
  for (SerialPort& port : ports) {
    port.links_move = why_links_move(port, ports);
  }
  std::ranges::sort(ports, [](const SerialPort& a, const SerialPort& b) {
    return std::pair(a.likelihood, a.path) < std::pair(b.likelihood, b.path);
  });
  return ports;
}

}  // namespace irmeterctl
