// The serial ports of a machine made of files: what sysfs and udev show of them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/device_access.hpp"

namespace irmeterctl {
namespace {

namespace fs = std::filesystem;

class Ports : public ::testing::Test {
 protected:
  Ports() {
    directory("sys/class/tty");
    directory("dev/serial/by-id");
    directory("dev/serial/by-path");
  }

  [[nodiscard]] std::string root() const { return machine_.path(); }
  void directory(const std::string& name) { fs::create_directories(machine_.path(name)); }
  void file(const std::string& name, const std::string& content) {
    directory(fs::path(name).parent_path().string());
    machine_.write(name, content + "\n");
  }
  void link(const std::string& name, const std::string& target) {
    directory(fs::path(name).parent_path().string());
    fs::create_symlink(target, machine_.path(name));
  }
  // A port on this device, and its node.
  void port(const std::string& name, const std::string& device, const std::string& driver) {
    directory("sys/devices/" + device + "/tty/" + name);
    link("sys/devices/" + device + "/tty/" + name + "/device", "../..");
    link("sys/devices/" + device + "/driver", "/sys/bus/any/drivers/" + driver);
    link("sys/class/tty/" + name, "../../devices/" + device + "/tty/" + name);
    machine_.write("dev/" + name, "");
    fs::permissions(machine_.path("dev/" + name), fs::perms(0660));
  }
  void usb_port(const std::string& name, const std::string& driver, const std::string& manufacturer,
                const std::string& product) {
    const std::string device = "pci/usb1/" + name;
    port(name, device + "/1:1.0/" + name, driver);
    link("sys/devices/" + device + "/driver", "/sys/bus/usb/drivers/usb");
    file("sys/devices/" + device + "/idVendor", "0403");
    file("sys/devices/" + device + "/idProduct", "6001");
    file("sys/devices/" + device + "/manufacturer", manufacturer);
    file("sys/devices/" + device + "/product", product);
    file("sys/devices/" + device + "/serial", "A50285BI");
  }

  irmeterd::TempDir machine_;
};

// What a rule compares this attribute with; nothing where it does not look at it.
std::set<std::string> alternatives(const std::string& rule, const std::string& attribute) {
  std::set<std::string> words;
  const std::string begin = attribute + "==\"";
  if (const std::size_t at = rule.find(begin); at != std::string::npos) {
    const std::size_t from = at + begin.size();
    std::istringstream value(rule.substr(from, rule.find('"', from) - from));
    for (std::string word; std::getline(value, word, '|');) {
      words.insert(word);
    }
  }
  return words;
}

TEST_F(Ports, AUsbAdapterCouldBeTheProbe) {
  usb_port("ttyUSB0", "ftdi_sio", "FTDI", "FT232R USB UART");
  link("dev/serial/by-path/pci-usb-0:1:1.0-port0", "../../ttyUSB0");
  link("dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", "../../ttyUSB0");
  const auto ports = find_serial_ports(root());
  ASSERT_EQ(ports.size(), 1U);
  const SerialPort& port = ports.front();
  EXPECT_EQ(port.path, "/dev/ttyUSB0");
  EXPECT_EQ(port.driver, "ftdi_sio");
  ASSERT_TRUE(port.usb);
  EXPECT_EQ(port.usb->vendor_id, "0403");
  EXPECT_EQ(port.usb->product_id, "6001");
  EXPECT_EQ(port.usb->manufacturer, "FTDI");
  EXPECT_EQ(port.usb->product, "FT232R USB UART");
  EXPECT_EQ(port.usb->serial_number, "A50285BI");
  EXPECT_EQ(port.likelihood, Likelihood::possible);
  EXPECT_EQ(port.links.size(), 2U);
  EXPECT_EQ(port.best_name(), "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0");
}

TEST_F(Ports, WhatUdevKnowsAsTheProbeComesFirst) {
  usb_port("ttyUSB0", "ftdi_sio", "FTDI", "FT232R USB UART");
  usb_port("ttyUSB1", "cp210x", "Silicon Labs", "CP2102");
  link("dev/ir-probe", "ttyUSB1");
  link("dev/serial/by-id/usb-Silicon_Labs_CP2102-if00-port0", "../../ttyUSB1");
  const auto ports = find_serial_ports(root());
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0].path, "/dev/ttyUSB1");
  EXPECT_EQ(ports[0].likelihood, Likelihood::known);
  EXPECT_EQ(ports[0].best_name(), "/dev/ir-probe");
  EXPECT_EQ(ports[1].best_name(), "/dev/ttyUSB0");
}

// As CH340s are: without a serial number, and so with one link for two of them.
TEST_F(Ports, AnAdapterWithoutASerialNumberIsNamedByItsPlace) {
  const std::string by_id = "dev/serial/by-id/usb-1a86_USB_Serial-if00-port0";
  for (const std::string name : {"ttyUSB0", "ttyUSB1"}) {
    usb_port(name, "ch341-uart", "1a86", "USB Serial");
    fs::remove(machine_.path("sys/devices/pci/usb1/" + name + "/serial"));
    link("dev/serial/by-path/pci-usb-of-" + name, "../../" + name);
  }
  link(by_id, "../../ttyUSB1");
  const auto ports = find_serial_ports(root());
  ASSERT_EQ(ports.size(), 2U);
  for (const SerialPort& port : ports) {
    EXPECT_EQ(port.best_name(), "/dev/serial/by-path/pci-usb-of-" + port.path.substr(5));
  }
  EXPECT_NE(to_text(ports_document(ports))
                .find("device = \"/dev/serial/by-path/pci-usb-of-ttyUSB1\"\nWhy by that name: it "
                      "stays with the socket; the adapter has no serial number of its own"),
            std::string::npos)
      << to_text(ports_document(ports));
}

TEST_F(Ports, AdaptersOfOneSerialNumberAreNamedByTheirPlaces) {
  for (const std::string name : {"ttyUSB0", "ttyUSB1"}) {
    usb_port(name, "ftdi_sio", "FTDI", "FT232R USB UART");
    link("dev/serial/by-path/pci-usb-of-" + name, "../../" + name);
  }
  link("dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", "../../ttyUSB0");
  for (const SerialPort& port : find_serial_ports(root())) {
    EXPECT_EQ(port.best_name(), "/dev/serial/by-path/pci-usb-of-" + port.path.substr(5));
    EXPECT_NE(port.links_move.find("the same serial number"), std::string::npos);
  }
}

TEST_F(Ports, SeveralHeadsDoNotShareTheLinkOfTheProbe) {
  usb_port("ttyUSB0", "cp210x", "Weidmann Elektronik", "IR-Lesekopf USB");
  link("dev/serial/by-path/pci-usb-of-ttyUSB0", "../../ttyUSB0");
  link("dev/ir-probe", "ttyUSB0");
  EXPECT_EQ(find_serial_ports(root()).front().best_name(), "/dev/ir-probe");
  usb_port("ttyUSB1", "cp210x", "Weidmann Elektronik", "IR-Lesekopf USB");
  EXPECT_EQ(find_serial_ports(root()).front().best_name(),
            "/dev/serial/by-path/pci-usb-of-ttyUSB0");
}

TEST_F(Ports, AHeadThatSaysWhatItIsIsKnown) {
  usb_port("ttyUSB0", "cp210x", "Weidmann Elektronik", "IR-Lesekopf USB");
  EXPECT_EQ(find_serial_ports(root()).front().likelihood, Likelihood::known);
}

TEST_F(Ports, AHeadThatShoutsWhatItIsIsKnown) {
  usb_port("ttyUSB0", "cp210x", "Silicon Labs", "USB OPTICAL PROBE");
  EXPECT_EQ(find_serial_ports(root()).front().likelihood, Likelihood::known);
}

TEST_F(Ports, ANumberThatFtdiHasGivenToAHeadIsKnown) {
  usb_port("ttyUSB0", "ftdi_sio", "FTDI", "Serial");
  file("sys/devices/pci/usb1/ttyUSB0/idProduct", "f458");
  EXPECT_EQ(find_serial_ports(root()).front().likelihood, Likelihood::known);
  file("sys/devices/pci/usb1/ttyUSB0/idVendor", "0404");
  EXPECT_EQ(find_serial_ports(root()).front().likelihood, Likelihood::possible);
}

TEST_F(Ports, AMakerOfHeadsMakesOtherThingsToo) {
  usb_port("ttyUSB0", "cp210x", "Lesekopf GmbH", "USB UART");
  EXPECT_EQ(find_serial_ports(root()).front().likelihood, Likelihood::possible);
}

// What one of them knows alone would be named by ports and get no link, or the other way round.
TEST(KnownHeads, AreThoseOfTheUdevRule) {
  std::set<std::string> products;
  std::set<std::string> numbers;
  std::set<std::string> vendors;
  std::ifstream rules(UDEV_RULES);
  for (std::string line; std::getline(rules, line);) {
    if (line.starts_with('#') || line.find("ENV{ID_IR_PROBE}=\"1\"") == std::string::npos) {
      continue;
    }
    products.merge(alternatives(line, "ATTRS{product}"));
    numbers.merge(alternatives(line, "ATTRS{idProduct}"));
    vendors.merge(alternatives(line, "ATTRS{idVendor}"));
  }
  EXPECT_EQ(products, std::set<std::string>(names_of_heads.begin(), names_of_heads.end()));
  EXPECT_EQ(numbers, std::set<std::string>(numbers_of_heads.begin(), numbers_of_heads.end()));
  EXPECT_EQ(vendors, std::set<std::string>{std::string(vendor_of_heads)});
}

TEST_F(Ports, ModemsAndRadiosAreNoProbes) {
  usb_port("ttyUSB0", "option1", "HUAWEI", "Mobile");
  usb_port("ttyACM0", "cdc_acm", "dresden elektronik", "ConBee II Zigbee");
  const auto ports = find_serial_ports(root());
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0].likelihood, Likelihood::no);
  EXPECT_EQ(ports[1].likelihood, Likelihood::no);
  EXPECT_EQ(to_text(ports_document(ports)).find("To configure it"), std::string::npos);
}

// From Linux 6.5 on there are two layers of the kernel's own between the port and its driver.
TEST_F(Ports, ABuiltInPortIsOneOnlyIfAHeadIsWiredToIt) {
  port("ttyAMA0", "platform/fe201000.serial/fe201000.serial:0/fe201000.serial:0.0", "port");
  link("sys/devices/platform/fe201000.serial/fe201000.serial:0/driver", "/sys/bus/any/ctrl");
  link("sys/devices/platform/fe201000.serial/driver", "/sys/bus/amba/drivers/uart-pl011");
  file("sys/class/tty/ttyAMA0/type", "32");
  file("sys/class/tty/console/active", "tty0 ttyAMA0");
  const auto ports = find_serial_ports(root());
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(ports[0].driver, "uart-pl011");
  EXPECT_EQ(ports[0].likelihood, Likelihood::if_wired);
  EXPECT_TRUE(ports[0].console);
  EXPECT_NE(ports[0].because.find("console"), std::string::npos);
}

TEST_F(Ports, WhatHasNoHardwareIsLeftOut) {
  directory("sys/class/tty/tty1");
  port("ttyS3", "platform/serial8250", "serial8250");
  file("sys/class/tty/ttyS3/type", "0");
  EXPECT_TRUE(find_serial_ports(root()).empty());
}

TEST_F(Ports, APortWithoutANodeIsListed) {
  usb_port("ttyUSB0", "ftdi_sio", "FTDI", "FT232R USB UART");
  fs::remove(machine_.path("dev/ttyUSB0"));
  const auto ports = find_serial_ports(root());
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_FALSE(ports[0].node);
  EXPECT_NE(to_text(ports_document(ports)).find("Opens for: nobody: there is no such file"),
            std::string::npos);
}

TEST_F(Ports, WhoHasAPortIsNamed) {
  usb_port("ttyUSB0", "ftdi_sio", "FTDI", "FT232R USB UART");
  const irmeterd::Process other({"sleep", "600"});
  file("run/lock/LCK..ttyUSB0", "      " + std::to_string(other.pid()));
  const auto ports = find_serial_ports(root());
  ASSERT_EQ(ports.front().users.size(), 1U);
  EXPECT_EQ(ports.front().users.front().pid, other.pid());
  EXPECT_NE(to_text(ports_document(ports)).find("PID " + std::to_string(other.pid())),
            std::string::npos);
}

TEST_F(Ports, NamesOfADeviceCannotSteerATerminal) {
  usb_port("ttyUSB0", "ftdi_sio", "\x1b[2JFTDI", "x");
  EXPECT_EQ(find_serial_ports(root()).front().usb->manufacturer, "?[2JFTDI");
}

TEST_F(Ports, AreListedByTheProgram) {
  usb_port("ttyUSB0", "ftdi_sio", "FTDI", "FT232R USB UART");
  irmeterd::Loop loop;
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> command{IR_METERCTL, "--root", root(), "ports"};
    command.insert(command.end(), more.begin(), more.end());
    irmeterd::Process program(command);
    EXPECT_TRUE(irmeterd::wait_until(loop, [&] { return !program.running(); }));
    EXPECT_EQ(program.exit_status(), 0) << program.errors();
    return program.output();
  };
  const std::string text = run({});
  for (const char* line :
       {"Serial ports: 1\n", "\nPort: /dev/ttyUSB0\n", "\nA probe: maybe, a USB",
        "\nUSB name: FTDI FT232R USB UART, serial number A50285BI, ID 0403:6001\n",
        "\nDriver: ftdi_sio\n", "mode 0660\n", "\nTo configure it: device = \"/dev/ttyUSB0\"\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " in " << text;
  }
  const auto json = nlohmann::json::parse(run({"--json"}));
  const auto& port = json.at("ports").at(0);
  EXPECT_EQ(port.at("device"), "/dev/ttyUSB0");
  EXPECT_EQ(port.at("probe"), "possible");
  EXPECT_EQ(port.at("usb_vendor_id"), "0403");
  EXPECT_EQ(port.at("in_use_by"), "");
}

TEST(DeviceAccess, GoesByOwnerGroupAndMode) {
  struct stat device {};
  device.st_uid = 10;
  device.st_gid = 20;
  device.st_mode = 0660;
  EXPECT_TRUE(may_open({0, {0}}, device));
  EXPECT_TRUE(may_open({10, {1}}, device));
  EXPECT_TRUE(may_open({11, {1, 20}}, device));
  EXPECT_FALSE(may_open({11, {1}}, device));
  device.st_mode = 0640;  // reading is not enough
  EXPECT_FALSE(may_open({11, {20}}, device));
  device.st_mode = 0606;
  EXPECT_TRUE(may_open({11, {1}}, device));
  EXPECT_FALSE(may_open({11, {20}}, device));  // the group's bits count for its members
  device.st_mode = 0666;
  EXPECT_EQ(openers_by_mode(device), "everybody, mode 0666");
}

TEST(DeviceAccess, TellsWhyTheServiceCannotReadAFile) {
  const irmeterd::TempDir dir;
  const std::string key = dir.write("key", "");
  const Account stranger{60'000, {60'000}};
  fs::permissions(dir.path(), fs::perms(0755));
  fs::permissions(key, fs::perms(0600));
  auto found = why_unreadable(stranger, key);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->what.starts_with("the service may not read " + key + ": it belongs to "));
  EXPECT_TRUE(found->what.ends_with(" with mode 0600")) << found->what;
  EXPECT_EQ(found->cure, "run 'chown ir-meterd " + key + "'");
  fs::permissions(key, fs::perms(0644));
  fs::permissions(dir.path(), fs::perms(0700));
  found = why_unreadable(stranger, key);
  ASSERT_TRUE(found);
  EXPECT_NE(found->what.find(": " + dir.path() + " belongs to "), std::string::npos) << found->what;
  EXPECT_NE(found->cure.find("below /etc/ir-meterd"), std::string::npos);
  fs::permissions(dir.path(), fs::perms(0755));
  if (key.starts_with("/tmp/")) {
    EXPECT_EQ(why_unreadable(stranger, key)->what,
              "the service sees no file below /tmp/, such as " + key);
  }
  EXPECT_FALSE(why_unreadable(stranger, "/etc/passwd"));
  EXPECT_FALSE(why_unreadable(stranger, dir.path("none")));
}

TEST_F(Ports, AMachineWithoutAnyIsToldHowToGoOn) {
  EXPECT_NE(
      to_text(ports_document(find_serial_ports(machine_.path("none")))).find("plug the probe"),
      std::string::npos);
}

}  // namespace
}  // namespace irmeterctl
