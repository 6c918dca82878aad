// What the objects on the bus show, against the XML, the quantity table and the snapshots.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <set>

#include "common/faces.hpp"
#include "tests/dbus/service_fixture.hpp"

namespace irmeterd {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The kind of a tag and the values of its attributes, in order: "property Name s read".
std::string tag_text(const std::string& tag) {
  std::string text = tag.substr(0, tag.find_first_of(" /"));
  for (auto open = tag.find('"'); open != std::string::npos;) {
    const auto close = tag.find('"', open + 1);
    text += " " + tag.substr(open + 1, close - open - 1);
    open = tag.find('"', close + 1);
  }
  return text;
}

// The members of one interface, each as a line with its arguments and annotations. Comments, order
// and the annotation that concerns only the code generator are not part of the interface.
std::multiset<std::string> members(const std::string& xml, const std::string& interface) {
  std::multiset<std::string> lines;
  std::string line;
  bool inside = false;
  for (auto at = xml.find('<'); at != std::string::npos; at = xml.find('<', at)) {
    const bool comment = xml.compare(at, 4, "<!--") == 0;
    const auto end = xml.find(comment ? "-->" : ">", at);
    const std::string tag = comment ? "" : tag_text(xml.substr(at + 1, end - at - 1));
    at = end;
    if (tag.rfind("interface ", 0) == 0) {
      inside = tag == "interface " + interface;
    } else if (!inside || tag.empty() || tag.find("Method.Async") != std::string::npos) {
      continue;
    } else if (tag.rfind("arg", 0) == 0 || tag.rfind("annotation", 0) == 0) {
      line += " " + tag;
    } else if (tag.rfind("method ", 0) == 0 || tag.rfind("property ", 0) == 0 ||
               tag.rfind("signal ", 0) == 0) {
      lines.insert(std::exchange(line, tag));
    }
  }
  lines.insert(line);
  lines.erase("");
  return lines;
}

class ShownProperties : public ServiceTest {};

TEST_F(ShownProperties, IntrospectionIsWhatTheXmlSays) {
  store.update(online_meter());
  start_all();
  for (const auto& [path, interface] :
       {std::pair{main_path, std::string(meter_interface)},
        std::pair{std::string(root_path), std::string("org.irmeterd.IrMeter1.Manager")}}) {
    const auto call = client->call(path, "org.freedesktop.DBus.Introspectable", "Introspect");
    const auto written = members(read_file(IRMETER_DBUS_DIR "/" + interface + ".xml"), interface);
    EXPECT_FALSE(written.empty());
    EXPECT_EQ(members(call->text(), interface), written);
  }
}

TEST_F(ShownProperties, EveryQuantityWithADBusNameIsAPropertyAndEveryNumberIsAQuantity) {
  store.update(online_meter());
  start_all();
  std::set<std::string> numbers;
  for (const auto& [name, value] : client->get_all(main_path)) {
    if (std::holds_alternative<double>(value)) {
      numbers.insert(name);
    }
  }
  std::set<std::string> named{"ClockOffset"};  // the only number that is no quantity
  for (const Face& face : faces) {
    if (!face.dbus_name.empty()) {
      named.emplace(face.dbus_name);
    }
  }
  EXPECT_EQ(numbers, named);
}

TEST_F(ShownProperties, ShowTheSnapshot) {
  const MeterSnapshot meter = online_meter();
  store.update(meter);
  start_all();
  Properties expected{
      {"Name", "main"},
      {"Device", "/dev/ir-probe"},
      {"Manufacturer", "NES"},
      {"Model", "83334-3I"},
      {"SerialNumber", "0000000012345678"},
      {"UtilitySerialNumber", "87654321"},
      {"FirmwareVersion", "5.2"},
      {"CurrentRatio", std::uint32_t{40}},
      {"VoltageRatio", std::uint32_t{1}},
      {"RegisterUnit", std::uint32_t{10}},
      {"MBusDevices", std::vector<std::string>{"1 water SIM 20417301", "4 255  87654321"}},
      {"MBusValues", std::vector<std::string>{"1 volume 56.78 m³"}},
      {"State", "online"},
      {"Fault", ""},
      {"FaultContext", ""},
      {"StateDetail", "The latest poll succeeded."},
      {"Echo", false},
      {"Held", std::vector<std::string>{}},
      {"Status", std::vector<std::string>{std::string(irmeter::status_flags[0].name)}},
      {"Tariff", std::uint32_t{2}},
      {"ClockOffset", -1.5},
      {"LastReadingUSec", std::uint64_t{1'700'000'000'000'001}},
  };
  std::map<std::string, double> all;
  for (const Face& face : faces) {
    const double value = dbus_value(meter.reading->values.get(face.id), face.id);
    all.emplace(irmeter::info(face.id).key, value);
    if (!face.dbus_name.empty()) {
      expected.emplace(face.dbus_name, value);
    }
  }
  expected.emplace("Quantities", all);
  EXPECT_EQ(client->get_all(main_path), expected);
  // The unit at one place in clear text: 1011 mV are 1.011 V.
  EXPECT_EQ(std::get<double>(client->get_all(main_path)["VoltageL1"]), 1.011);
}

TEST_F(ShownProperties, AreEmptyZeroOrNaNBeforeTheFirstReading) {
  MeterSnapshot meter;
  meter.name = "main";
  store.update(meter);
  start_all();
  Properties shown = client->get_all(main_path);
  EXPECT_EQ(shown["State"], Value("starting"));
  EXPECT_EQ(shown["SerialNumber"], Value(""));
  EXPECT_EQ(shown["LastReadingUSec"], Value(std::uint64_t{0}));
  EXPECT_EQ((shown["Quantities"]), (Value(std::map<std::string, double>{})));
  for (const auto& [name, value] : shown) {
    if (const auto* number = std::get_if<double>(&value)) {
      EXPECT_TRUE(std::isnan(*number)) << name;
    }
  }
}

TEST_F(ShownProperties, OfWhatTheMeterDoesNotHaveAreNaNAndNotInQuantities) {
  MeterSnapshot meter = online_meter();
  meter.reading->values = {};
  meter.reading->values.set(irmeter::Quantity::power_import, 0);
  store.update(meter);
  start_all();
  Properties shown = client->get_all(main_path);
  EXPECT_EQ(shown["PowerImport"], Value(0.0));
  EXPECT_TRUE(std::isnan(std::get<double>(shown["VoltageL3"])));
  using Numbers = std::map<std::string, double>;
  EXPECT_THAT(std::get<Numbers>(shown["Quantities"]), ElementsAre(Pair("power_import", 0.0)));
}

TEST_F(ShownProperties, OfAStaleReadingKeepTheRegistersOnly) {
  MeterSnapshot meter = online_meter();
  meter.stale = true;
  store.update(meter);
  start_all();
  Properties shown = client->get_all(main_path);
  EXPECT_EQ(shown["EnergyImport"], Value(1001.0));
  EXPECT_EQ(shown["LastReadingUSec"], Value(std::uint64_t{1'700'000'000'000'001}));
  EXPECT_TRUE(std::isnan(std::get<double>(shown["Power"])));
  std::map<std::string, double> registers;
  for (const Face& face : faces) {
    if (irmeter::is_register(face.id)) {
      registers.emplace(irmeter::info(face.id).key,
                        dbus_value(meter.reading->values.get(face.id), face.id));
    }
  }
  EXPECT_EQ(shown["Quantities"], Value(registers));
}

TEST_F(ShownProperties, OfAllMetersComeWithGetManagedObjects) {
  store.update(online_meter("main"));
  store.update(online_meter("solar"));
  start_all();
  const Objects objects = client->call(root_path, object_manager, "GetManagedObjects")->objects();
  for (const std::string name : {"main", "solar"}) {
    const auto object = objects.find(std::string(root_path) + "/Meter/" + name);
    ASSERT_NE(object, objects.end()) << name;
    EXPECT_EQ(object->second.at(meter_interface), client->get_all(object->first));
  }
}

TEST_F(ShownProperties, OfTheManagerTellTheVersionAndHowMqttIs) {
  start_all();
  const auto call =
      client->call(root_path, properties_interface, "GetAll", {"org.irmeterd.IrMeter1.Manager"});
  EXPECT_EQ(call->properties(), (Properties{{"Version", IRMETER_VERSION}, {"Mqtt", ""}}));
}

}  // namespace
}  // namespace irmeterd
