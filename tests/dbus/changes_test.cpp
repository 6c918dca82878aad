// The signals: one per update, with what changed and only that.
#include <cmath>
#include <set>

#include "common/faces.hpp"
#include "tests/dbus/service_fixture.hpp"

namespace irmeterd {
namespace {

// Those that are told with their values and without them.
std::set<std::string> names(const Signal& signal) {
  std::set<std::string> keys{signal.invalidated.begin(), signal.invalidated.end()};
  for (const auto& [name, value] : signal.changed) {
    EXPECT_TRUE(keys.insert(name).second) << name;
  }
  return keys;
}

class Changes : public ServiceTest {
 protected:
  void SetUp() override {
    store.update(online_meter());
    start_all();
    client->listen();
  }

  // What one update makes the service send; fails the test when that is not one signal.
  Signal signal_by(const MeterSnapshot& meter) {
    client->signals.clear();
    store.update(meter);
    catch_up();
    EXPECT_EQ(client->signals.size(), 1U);
    if (client->signals.empty()) {
      return {};
    }
    Signal signal = client->signals.front();
    EXPECT_EQ(signal.member, "PropertiesChanged");
    EXPECT_EQ(signal.path, main_path);
    EXPECT_EQ(signal.interface, meter_interface);
    // That one is long, and few want it: they ask for it.
    if (!signal.invalidated.empty()) {
      EXPECT_EQ(signal.invalidated, std::vector<std::string>{"Quantities"});
    }
    EXPECT_FALSE(signal.changed.contains("Quantities"));
    return signal;
  }
};

TEST_F(Changes, OfOnePollComeInOneSignalWithNothingElse) {
  MeterSnapshot meter = online_meter();
  meter.read_at += std::chrono::seconds(10);
  meter.reading->values.set(irmeter::Quantity::power, -250);
  meter.reading->values.set(irmeter::Quantity::current_l2, 4711);
  meter.counters.polls = 2;
  Signal signal = signal_by(meter);
  EXPECT_EQ(names(signal),
            (std::set<std::string>{"CurrentL2", "LastReadingUSec", "Power", "Quantities"}));
  EXPECT_EQ(signal.changed["Power"], Value(-250.0));
  EXPECT_EQ(signal.changed["CurrentL2"], Value(4.711));
  Properties all = client->get_all(main_path);
  EXPECT_EQ((std::get<std::map<std::string, double>>(all["Quantities"])["power"]), -250.0);
}

TEST_F(Changes, OfAQuantityWithoutItsOwnPropertyShowInQuantities) {
  MeterSnapshot meter = online_meter();
  meter.reading->values.set(irmeter::Quantity::frequency, 49'987);
  EXPECT_EQ(names(signal_by(meter)), std::set<std::string>{"Quantities"});
}

TEST_F(Changes, OfTheOutcomeLeaveTheValuesAlone) {
  MeterSnapshot meter = online_meter();
  meter.failure = irmeter::Failure{irmeter::Fault::no_response, "BT23"};
  Signal signal = signal_by(meter);
  EXPECT_EQ(names(signal),
            (std::set<std::string>{"State", "Fault", "FaultContext", "StateDetail"}));
  EXPECT_EQ(signal.changed["State"], Value("error"));
  EXPECT_EQ(signal.changed["Fault"], Value("no-response"));
  EXPECT_EQ(signal.changed["FaultContext"], Value("BT23"));
  EXPECT_EQ(signal.changed["StateDetail"], Value(meter.detail()));
  meter.failure->context = "BT28";
  EXPECT_EQ(names(signal_by(meter)), (std::set<std::string>{"FaultContext", "StateDetail"}));
  meter.failure.reset();
  signal = signal_by(meter);
  EXPECT_EQ(signal.changed["State"], Value("online"));
  EXPECT_EQ(signal.changed["Fault"], Value(""));
  EXPECT_EQ(signal.changed["FaultContext"], Value(""));
}

TEST_F(Changes, OfWhatAGoodPollHasToSay) {
  MeterSnapshot meter = online_meter();
  meter.echo = true;
  EXPECT_EQ(names(signal_by(meter)), (std::set<std::string>{"Echo", "StateDetail"}));
  meter.withheld.set(static_cast<std::size_t>(irmeter::Quantity::power));
  Signal signal = signal_by(meter);
  EXPECT_EQ(names(signal), (std::set<std::string>{"Held", "StateDetail"}));
  EXPECT_EQ(signal.changed["Held"], Value(std::vector<std::string>{"power"}));
  meter.details_withheld.set(static_cast<std::size_t>(irmeter::Quantity::current_neutral));
  signal = signal_by(meter);
  EXPECT_EQ(names(signal), (std::set<std::string>{"Held", "StateDetail"}));
  EXPECT_EQ(signal.changed["Held"], Value(std::vector<std::string>{"power", "current_neutral"}));
}

TEST_F(Changes, OfIdentityNameEachField) {
  MeterSnapshot meter = online_meter();
  meter.identity = {"NES", "other", "1", "other", "other", "other"};
  EXPECT_EQ(
      names(signal_by(meter)),
      (std::set<std::string>{"FirmwareVersion", "Model", "SerialNumber", "UtilitySerialNumber"}));
}

TEST_F(Changes, OfTheDevicesBehindTheMeterTellAllOfThem) {
  MeterSnapshot meter = online_meter();
  meter.mbus_devices[1] = {"20417302", "SIM", 3};
  meter.mbus_devices[3].reset();
  Signal signal = signal_by(meter);
  EXPECT_EQ(names(signal), std::set<std::string>{"MBusDevices"});
  EXPECT_EQ(signal.changed["MBusDevices"],
            Value(std::vector<std::string>{"1 water SIM 20417301", "2 gas SIM 20417302"}));
  meter.mbus_devices = {};
  EXPECT_EQ(signal_by(meter).changed["MBusDevices"], Value(std::vector<std::string>{}));
}

// The volume is counted and stays; what flows is known as long as the slow values are.
TEST_F(Changes, OfWhatADeviceHasSentTellAllOfIt) {
  MeterSnapshot meter = online_meter();
  meter.details_stale = false;
  Signal signal = signal_by(meter);
  EXPECT_EQ(names(signal), std::set<std::string>{"MBusValues"});
  EXPECT_EQ(signal.changed["MBusValues"],
            Value(std::vector<std::string>{"1 volume 56.78 m³", "1 volume_flow 0.025 m³/h"}));
  meter.details_stale = true;
  EXPECT_EQ(signal_by(meter).changed["MBusValues"],
            Value(std::vector<std::string>{"1 volume 56.78 m³"}));
  meter.mbus_values[0].pop_back();
  store.update(meter);
  meter.mbus_values[3] = {{irmeter::MbusQuantity::heat_cost_units, {7, 0}, ""}};
  EXPECT_EQ(signal_by(meter).changed["MBusValues"],
            Value(std::vector<std::string>{"1 volume 56.78 m³", "4 heat_cost_units 7 "}));
}

TEST_F(Changes, ToStaleAndBackConcernTheLiveValues) {
  std::set<std::string> live{"Quantities"};
  for (const Face& face : faces) {
    if (!face.dbus_name.empty() && !irmeter::is_register(face.id)) {
      live.emplace(face.dbus_name);
    }
  }
  MeterSnapshot meter = online_meter();
  meter.stale = true;
  Signal signal = signal_by(meter);
  EXPECT_EQ(names(signal), live);
  EXPECT_TRUE(std::isnan(std::get<double>(signal.changed["Power"])));
  meter.stale = false;
  EXPECT_EQ(names(signal_by(meter)), live);
}

TEST_F(Changes, FromUnknownToUnknownAreNone) {
  MeterSnapshot meter = online_meter();
  meter.stale = true;
  store.update(meter);
  meter.reading->values.set(irmeter::Quantity::power, 5);
  meter.identity.model = "x";
  catch_up();
  EXPECT_EQ(names(signal_by(meter)), std::set<std::string>{"Model"});
}

TEST_F(Changes, OfWhatNoPropertyShowsSendNothing) {
  MeterSnapshot meter = online_meter();
  meter.counters.crc_errors = 7;
  meter.poll_time = std::chrono::milliseconds(123);
  store.update(meter);
  catch_up();
  EXPECT_TRUE(client->signals.empty());
}

TEST_F(Changes, OfTheConfigurationAreInterfacesAddedAndRemoved) {
  const std::string path = std::string(root_path) + "/Meter/solar";
  store.update(online_meter("solar"));
  catch_up();
  ASSERT_EQ(client->signals.size(), 1U);
  EXPECT_EQ(client->signals[0].member, "InterfacesAdded");
  EXPECT_EQ(client->signals[0].path, root_path);
  EXPECT_EQ(client->signals[0].object, path);
  Properties all = client->get_all(path);
  all.erase("Quantities");  // which is in no signal
  EXPECT_EQ(client->signals[0].interfaces.at(meter_interface), all);

  store.remove("solar");
  catch_up();
  ASSERT_EQ(client->signals.size(), 2U);
  EXPECT_EQ(client->signals[1].member, "InterfacesRemoved");
  EXPECT_EQ(client->signals[1].object, path);
  EXPECT_NE(std::find(client->signals[1].invalidated.begin(), client->signals[1].invalidated.end(),
                      meter_interface),
            client->signals[1].invalidated.end());
  EXPECT_EQ(client->call(path, properties_interface, "GetAll", {meter_interface})->error,
            "org.freedesktop.DBus.Error.UnknownObject");
}

}  // namespace
}  // namespace irmeterd
