// What the daemon makes of messages from the broker: commands, the list of meters that were online,
// Home Assistant's birth, and whatever else may come.
//
// The broker is a part of this file: it takes the place of the session with a real one and of the
// look before it, which are all that knows of sockets and of the client library. Nothing is random
// and nothing waits for a clock.
//
// Input: messages: a byte with its flags and its topic, the two bytes of its payload's length, the
// payload.

#include <algorithm>
#include <array>
#include <exception>
#include <vector>

#include "common/mqtt/look.hpp"
#include "daemon/sinks/mqtt/presence.hpp"
#include "daemon/sinks/mqtt/publisher.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/sample.hpp"

namespace {

using namespace std::chrono_literals;
using fuzz::Input;
using fuzz::require;
using irmeterd::MqttEvent;
using irmeterd::MqttMessage;
using Names = std::vector<std::string>;

// What the latest session is connected to.
class Broker {
 public:
  Broker() { latest = this; }
  ~Broker() { latest = nullptr; }
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  void post(MqttEvent::Kind kind, MqttMessage message = {}) const {
    mailbox->post({.kind = kind,
                   .session = session,
                   .failure = irmeterd::MqttFailure{irmeterd::MqttFault::lost},
                   .message = std::move(message)});
  }

  irmeterd::MqttMailbox mailbox;
  unsigned session = 0;
  bool jammed = false;  // takes no messages
  std::vector<MqttMessage> received;

  static inline Broker* latest = nullptr;  // there is one at a time
};

}  // namespace

namespace irmeterd {

class MqttSession::Client {};

void look_at_broker(const MqttSettings&, MqttMailbox mailbox, unsigned number) {
  mailbox->post({.kind = MqttEvent::Kind::speaks, .session = number, .version = MqttVersion::v5});
}

MqttSession::MqttSession(const MqttSettings&, MqttVersion, MqttMailbox mailbox, unsigned number) {
  Broker::latest->mailbox = std::move(mailbox);
  Broker::latest->session = number;
  Broker::latest->post(MqttEvent::Kind::connected);
}
MqttSession::~MqttSession() = default;
void MqttSession::publish(const MqttMessage& message) {
  if (Broker::latest->jammed) {
    throw std::exception();
  }
  Broker::latest->received.push_back(message);
  if (message.qos > 0) {
    Broker::latest->post(MqttEvent::Kind::accepted, {.topic = message.topic});
  }
}
void MqttSession::subscribe(const std::string&, bool) {}
void MqttSession::disconnect(std::chrono::steady_clock::time_point) {}
std::future<void> MqttSession::end(std::unique_ptr<MqttSession>,
                                   std::chrono::steady_clock::time_point) noexcept {
  return {};
}

}  // namespace irmeterd

namespace {

constexpr const char* first_id = irmeterd::sample_id;
constexpr const char* second_id = "nes_2";

irmeterd::MqttTiming no_delays() {
  irmeterd::MqttTiming timing;
  timing.retry = {.connect_timeout = 1s, .first_wait = 0ms, .longest_wait = 0ms};
  timing.birth_least = timing.birth_most = timing.settle = timing.look = timing.discovery_gap = 0ms;
  timing.command_gap = 24h;  // so that each meter heeds the first command alone
  return timing;
}

irmeterd::MqttConfig config() {
  irmeterd::MqttConfig config;
  config.url = "mqtt://broker.invalid";
  config.client_id = "fuzz";
  return config;
}

class World {
 public:
  World() {
    commands_.on_command([this](const irmeterd::Command& command) {
      require(command.kind == irmeterd::Command::Kind::read_now,
              "a message asks for a reading only");
      commanded_.push_back(command.meter);
    });
    irmeterd::MeterSnapshot second = irmeterd::sample_meter();
    second.name = "second";
    second.identity.serial_number = "2";
    store_.update(irmeterd::sample_meter());
    store_.update(second);
    turn();
    require(publisher_.connected(), "the publisher connects");
  }

  void step(Input& input);
  void check();

 private:
  [[nodiscard]] std::string topic(unsigned choice, Input& input) const;
  void expect(const MqttMessage& message);
  void turn() {
    for (int turns = 0; turns < 8; ++turns) {
      loop_.run_once(irmeter::Duration::zero());
    }
  }

  Broker broker_;
  irmeterd::Loop loop_;
  irmeterd::Log log_{irmeterd::LogLevel::error};
  irmeterd::Store store_;
  irmeterd::CommandQueue commands_{loop_};
  irmeterd::MqttTopics topics_{"ir-meterd", "homeassistant", irmeterd::machine_name(),
                               "homeassistant/status"};
  irmeterd::MqttPublisher publisher_{loop_,     config(), irmeterd::Secret(), store_,
                                     commands_, log_,     no_delays()};
  Names commanded_;
  Names expected_;
};

void World::step(Input& input) {
  constexpr unsigned retained = 0x80;
  constexpr unsigned jam = 0x40;
  constexpr unsigned lose = 0x20;
  const unsigned choice = input.byte();
  broker_.jammed = (choice & jam) != 0;
  if ((choice & lose) != 0) {
    broker_.post(MqttEvent::Kind::lost);
    turn();
    return;
  }
  MqttMessage message;
  message.topic = topic(choice & 7U, input);
  message.payload = input.text(input.word());
  message.retained = (choice & retained) != 0;
  expect(message);
  broker_.post(MqttEvent::Kind::message, message);
  turn();
}

std::string World::topic(unsigned choice, Input& input) const {
  const std::array<std::string, 7> known{
      topics_.online_meters(),
      topics_.command(first_id),
      topics_.command(second_id),
      topics_.command("nes_3"),
      topics_.birth,
      topics_.availability(first_id),
      topics_.daemon_availability(),
  };
  return choice < known.size() ? known[choice] : input.text(input.byte());
}

// The first command to a meter that is neither retained nor anything else.
void World::expect(const MqttMessage& message) {
  if (message.retained || message.payload != "read_now") {
    return;
  }
  for (const auto& [id, name] : {std::pair(first_id, "main"), std::pair(second_id, "second")}) {
    if (message.topic == topics_.command(id) &&
        std::find(expected_.begin(), expected_.end(), name) == expected_.end()) {
      expected_.emplace_back(name);
    }
  }
}

void World::check() {
  require(commanded_ == expected_, "meters are read when they are told to, and not otherwise");
  const std::string meters = "ir-meterd/meter/";
  const std::string availability = "/availability";
  for (const MqttMessage& message : broker_.received) {
    require(message.topic.starts_with("ir-meterd/") ||
                message.topic.starts_with("homeassistant/device/"),
            "messages go to our own topics");
    if (message.payload != irmeterd::mqtt_offline) {
      continue;
    }
    require(message.topic.starts_with(meters) && message.topic.ends_with(availability),
            "only meters go offline");
    const std::string id = message.topic.substr(
        meters.size(), message.topic.size() - meters.size() - availability.size());
    require(id.size() <= irmeterd::max_listed_id && !id.empty() &&
                id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos,
            "what goes offline is a meter's id");
    require(id != first_id && id != second_id, "a meter of ours does not go offline");
  }
  require(publisher_.remembered() <= 16 || broker_.jammed, "no broker makes us remember more");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  World world;
  while (!input.empty()) {
    world.step(input);
  }
  world.check();
  return 0;
}
