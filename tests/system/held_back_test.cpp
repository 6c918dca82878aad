// Registers that cannot be true: nobody is shown them, and everybody can see why they stand still.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using nlohmann::json;

constexpr const char* topic = "ir-meterd/meter/elon_0000000012345678/";

// The numbers that were shown under one name; nothing where it was absent.
using Numbers = std::set<std::optional<double>>;

class HeldBack : public Installation {
 protected:
  // Reads a meter with this fault, and looks at everything that is shown during so many polls.
  // MQTT is told of the first readings later than the others, lest a new device miss something, and
  // behind the first of them tariffs are read from BT23, too: so the faults come late.
  void read_until(const std::string& fault, unsigned polls, const std::string& setting = {}) {
    simulator_ = std::make_unique<Simulator>(loop_, Simulator::Place::pseudo_terminal,
                                             Simulator::quick({"--fault", fault}));
    configure(meter_table(simulator_->device()) + setting + mqtt_table(broker_.url()));
    bus_.start();
    start();
    ASSERT_TRUE(shows("main no-device; on the system bus; MQTT connected"));
    BusClient client(loop_, bus_.address());
    client.listen();
    simulator_->start();
    ASSERT_TRUE(eventually([&] {
      look_into_the_cache();
      return simulator_->requests("read BT23") > polls;
    }));
    for (const Signal& signal : client.signals) {
      if (const auto energy = signal.changed.find("EnergyImport"); energy != signal.changed.end()) {
        const double shown = std::get<double>(energy->second);
        on_bus_.insert(std::isnan(shown) ? std::nullopt : std::optional(shown));
      }
    }
  }
  [[nodiscard]] std::vector<json> published(const std::string& name) const {
    std::vector<json> documents;
    for (const auto& seen : watcher_.seen()) {
      if (seen.topic == topic + name) {
        documents.push_back(json::parse(seen.payload));
      }
    }
    return documents;
  }
  [[nodiscard]] Numbers energy_on_mqtt() const {
    Numbers shown;
    for (const json& registers : published("registers")) {
      const json& energy = registers.at("energy_import_kwh");
      shown.insert(energy.is_null() ? std::nullopt : std::optional(energy.get<double>()));
    }
    return shown;
  }

  void look_into_the_cache() {
    if (const auto reading = cached("main/reading.json")) {
      const json values = json::parse(*reading);
      in_cache_.insert(values.contains("energy_import_kwh")
                           ? std::optional(values.at("energy_import_kwh").get<double>())
                           : std::nullopt);
    }
    if (const auto registers = cached("main/BT23")) {
      raw_in_cache_.insert(*registers);
    }
  }

  const int truth_ = Simulator::fixed_values().summations[irmetersim::summation::forward];  // Wh
  Mosquitto broker_;
  MqttWatcher watcher_{loop_, broker_};
  std::unique_ptr<Simulator> simulator_;
  Numbers on_bus_;                      // Wh
  Numbers in_cache_;                    // kWh
  std::set<std::string> raw_in_cache_;  // BT23
};

TEST_F(HeldBack, AJumpThatFallsBackIsShownToNobody) {
  ASSERT_NO_FATAL_FAILURE(read_until("register-jump:after=24,times=4", 29));
  const double kwh = truth_ / 1'000.0;
  EXPECT_EQ(on_bus_, Numbers({truth_}));
  EXPECT_EQ(energy_on_mqtt(), Numbers({kwh}));
  EXPECT_EQ(in_cache_, Numbers({kwh}));
  EXPECT_EQ(raw_in_cache_.size(), 1U);

  // Four readings, two registers each.
  std::vector<json> held;
  for (const json& document : published("diagnostics")) {
    EXPECT_EQ(document.at("state"), "online");
    if (!document.at("held").empty()) {
      held.push_back(document);
    }
  }
  ASSERT_EQ(held.size(), 4U);
  for (const json& document : held) {
    EXPECT_EQ(document.at("held"), json({"energy_import", "energy_export"}));
    EXPECT_EQ(document.at("state_detail"),
              "The latest poll succeeded. Held back, as they cannot be true: energy_import, "
              "energy_export.");
  }
  EXPECT_EQ(held.front().at("held_back"), 2);
  EXPECT_EQ(held.back().at("held_back"), 8);
  EXPECT_EQ(logged("warning: "), 1U) << daemon_->errors();  // that there was no device
}

TEST_F(HeldBack, AJumpInTheVeryFirstReadingIsShownToNobody) {
  ASSERT_NO_FATAL_FAILURE(read_until("register-jump:times=1", 27));
  EXPECT_EQ(on_bus_, Numbers({truth_}));
  Numbers on_mqtt = energy_on_mqtt();
  on_mqtt.erase(std::nullopt);  // which may have been shown before
  EXPECT_EQ(on_mqtt, Numbers({truth_ / 1'000.0}));
  EXPECT_EQ(in_cache_, Numbers({std::nullopt, truth_ / 1'000.0}));
  EXPECT_EQ(raw_in_cache_.size(), 1U);
  EXPECT_EQ(published("diagnostics").back().at("held_back"), 2);
  EXPECT_EQ(logged("warning: "), 1U) << daemon_->errors();  // that there was no device
}

// The simulated meter goes on meanwhile, and its register does not fall back.
TEST_F(HeldBack, AJumpIsNotBelievedForARestart) {
  ASSERT_NO_FATAL_FAILURE(read_until("register-jump:after=24", 26));
  for (const int how : {SIGTERM, SIGKILL}) {
    daemon_->signal(how);
    ASSERT_TRUE(eventually([&] { return !daemon_->running(); }));
    const auto read = simulator_->requests("read BT23");
    start();
    ASSERT_TRUE(eventually([&] {
      look_into_the_cache();
      return simulator_->requests("read BT23") > read + 15;
    }));
  }
  ASSERT_TRUE(eventually([&] {
    const auto documents = published("diagnostics");
    return documents.back().at("held") == json({"energy_import", "energy_export"});
  }));
  EXPECT_EQ(energy_on_mqtt(), Numbers({truth_ / 1'000.0}));
  EXPECT_EQ(in_cache_, Numbers({truth_ / 1'000.0}));
  EXPECT_EQ(raw_in_cache_.size(), 1U);
}

TEST_F(HeldBack, AJumpIsNotBelievedForAnotherName) {
  ASSERT_NO_FATAL_FAILURE(read_until("register-jump:after=24", 26));
  configure(meter_table(simulator_->device(), "other") + mqtt_table(broker_.url()));
  reload();
  watcher_.forget();
  ASSERT_TRUE(eventually([&] {
    const auto documents = published("diagnostics");
    return !documents.empty() &&
           documents.back().at("held") == json({"energy_import", "energy_export"});
  }));
  ASSERT_TRUE(polls(5));
  EXPECT_EQ(energy_on_mqtt(), Numbers({truth_ / 1'000.0}));
}

TEST_F(HeldBack, ANewLevelIsAcceptedInTheEndWithOneWarning) {
  // As after an exchange of the meter: the register falls and stays there.
  const int after_exchange = truth_ - 100'000;
  ASSERT_GT(after_exchange, 0);
  ASSERT_NO_FATAL_FAILURE(
      read_until("register-jump:after=24,value=-100", 28, "jump_after = \"0s\"\n"));
  EXPECT_EQ(on_bus_, Numbers({truth_, after_exchange}));
  EXPECT_EQ(energy_on_mqtt(), Numbers({truth_ / 1'000.0, after_exchange / 1'000.0}));
  EXPECT_EQ(raw_in_cache_.size(), 2U);
  EXPECT_EQ(published("diagnostics").back().at("held_back"), 4);
  EXPECT_EQ(logged("warning: main: energy_import went from "), 1U) << daemon_->errors();
  EXPECT_EQ(logged("warning: main: energy_export went from "), 1U);
  EXPECT_NE(daemon_->errors().find("main_fuse"), std::string::npos);
}

}  // namespace
}  // namespace irmeterd
