// The serial ports of this machine, and which of them could be the probe.
//
// Read from sysfs: libserialport's own list fails as a whole where one port has no node, as in a
// container.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/line/port_users.hpp"

namespace irmeterctl {

// The heads that 60-ir-meterd.rules knows, in its words: the numbers of the USB product that FTDI
// has given to some, and what the product of others is called. Patterns are those of fnmatch(3).
inline constexpr std::string_view vendor_of_heads = "0403";
inline constexpr std::array<std::string_view, 2> numbers_of_heads{"f458", "e700"};
inline constexpr std::array<const char*, 11> names_of_heads{"*[Oo]ptical [Pp]robe*",
                                                            "*OPTICAL PROBE*",
                                                            "*[Oo]ptical [Hh]ead*",
                                                            "*OPTICAL HEAD*",
                                                            "*[Ll]ese[Kk]opf*",
                                                            "*LESEKOPF*",
                                                            "*[Oo]pto[Kk]opf*",
                                                            "*OPTOKOPF*",
                                                            "*IR-[Kk]opf*",
                                                            "*ir-kopf*",
                                                            "*IR-KOPF*"};

// What a USB device says of itself; empty where it says nothing.
struct UsbNames {
  std::string vendor_id;   // four hexadecimal digits
  std::string product_id;  // likewise
  std::string manufacturer;
  std::string product;
  std::string serial_number;
  std::string folder{};  // in sysfs: the ports of one device have the same
};

// How likely a port leads to the probe, the likeliest first.
enum class Likelihood : std::uint8_t {
  known,     // by its names, or because udev has given it /dev/ir-probe
  possible,  // a USB serial adapter, as most optical heads are
  if_wired,  // a port of the machine itself
  no,
};

struct SerialPort {
  std::string path;                // /dev/ttyUSB0
  std::vector<std::string> links;  // names that stay when the port gets another number
  std::string driver;              // the kernel's; may be empty
  std::optional<UsbNames> usb;     // absent: not on USB
  bool console = false;            // of the system
  Likelihood likelihood = Likelihood::no;
  std::string because;              // why, as a clause
  std::optional<struct stat> node;  // absent: there is no such file
  std::vector<irmeterd::PortUser> users;

  // Why the links that are named after the device move to another port, as a clause; empty where
  // they stay.
  std::string links_move{};

  // For the configuration: the name that is the least likely to change.
  [[nodiscard]] const std::string& best_name() const;
};

// The likeliest first. root: what stands for / , empty for the real one.
[[nodiscard]] std::vector<SerialPort> find_serial_ports(const std::string& root);

}  // namespace irmeterctl
