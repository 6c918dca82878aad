#include "daemon/sinks/mqtt/publisher.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/sinks/mqtt/home_assistant.hpp"

namespace irmeterd {
namespace {

MqttSettings settings(const MqttConfig& config, const Secret& password, const MqttTopics& topics,
                      const MqttRetry& retry, const std::optional<MqttFailure>& lacks) {
  const auto url = parse_mqtt_url(config.url);
  return {.config = config,
          .url = url ? *url : MqttUrl{},
          .client_id = config.client_id.empty() ? "ir-meterd-" + topics.host : config.client_id,
          .password = password,
          .lacking = lacks,
          .will = MqttPresence::will(topics),
          .retry = retry};
}

// What a stranger sent, fit for the log.
std::string printable(std::string_view text) {
  std::string shown(text.substr(0, 40));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

}  // namespace

MqttPublisher::MqttPublisher(Loop& loop, const MqttConfig& config, const Secret& password,
                             Store& store, CommandQueue& commands, const Log& log,
                             MqttTiming timing, const std::optional<MqttFailure>& lacks,
                             const std::string& state_directory)
    : loop_(loop),
      store_(store),
      commands_(commands),
      log_(log),
      timing_(timing),
      discovery_(config.discovery),
      plain_topics_(config.plain_topics),
      topics_{.prefix = config.topic_prefix,
              .discovery_prefix = config.discovery_prefix,
              .host = machine_name(),
              .birth = config.discovery_birth_topic.empty() ? config.discovery_prefix + "/status"
                                                            : config.discovery_birth_topic},
      earlier_(state_directory, topics_, log),
      left_(loop.timer([this] {
        if (connection_.connected()) {
          connection_.forget([this](std::string_view topic) { return earlier_.has(topic); });
          earlier_.forget();
          leaving_ = false;
        }
      })),
      connection_(loop, log, settings(config, password, topics_, timing.retry, lacks), timing,
                  {.connected = [this] { on_connected(); },
                   .message = [this](const MqttMessage& message) { on_message(message); },
                   .status = [this] { changed(); }}),
      presence_(connection_.table(), topics_, log,
                {.found = [this](const std::string& id) { on_found(id); },
                 .gone = [this](const std::string& id) { forget(id); }}),
      values_(loop, connection_.table(), topics_, timing_, presence_),
      plain_values_(connection_.table(), topics_, presence_),
      announcements_(loop, connection_.table(), topics_, timing_, presence_, values_,
                     config.discovery) {
  // In this order: presence finds the id of a meter, and the values have the quantities that are
  // announced.
  store_.add_sink(presence_);
  store_.add_sink(values_);
  if (plain_topics_) {
    store_.add_sink(plain_values_);
  }
  if (discovery_ != Discovery::off) {
    store_.add_sink(announcements_);
  }
}

MqttPublisher::~MqttPublisher() {
  store_.remove_sink(presence_);
  store_.remove_sink(values_);
  store_.remove_sink(plain_values_);
  store_.remove_sink(announcements_);
  stop();
}

void MqttPublisher::stop() noexcept {
  presence_.leave();
  connection_.close();
}

void MqttPublisher::on_found(const std::string& id) {
  earlier_.published(id);
  connection_.subscribe(topics_.command(id), false);
  connection_.subscribe(topics_.availability(id), false);
  announced(id);
  if (!plain_topics_) {
    connection_.subscribe(topics_.value(id, "+"), true);
  }
}

// The device with this id is described to Home Assistant, or was.
void MqttPublisher::announced(const std::string& id) {
  connection_.subscribe(announcements_.other_form(id), true);
  if (discovery_ == Discovery::off) {
    announcements_.withdraw(id);
  }
}

void MqttPublisher::forget(const std::string& id) {
  announcements_.forget(id);
  values_.forget(id);
  plain_values_.forget(id);
  connection_.forget([part = "/" + id + "/"](std::string_view topic) {
    return topic.find(part) != std::string_view::npos;
  });
}

void MqttPublisher::on_connected() {
  // First of all: the broker answers with the list before it takes a new one.
  connection_.subscribe(topics_.online_meters(), true);
  connection_.subscribe(topics_.daemon_availability(), false);
  earlier_.published();
  leave_earlier_places();
  announced(daemon_id(topics_.host));
  announcements_.connected();
  if (discovery_ != Discovery::off) {
    connection_.subscribe(topics_.birth, false);
  }
  for (const auto& [name, meter] : presence_.meters()) {
    if (!meter.id.empty()) {
      on_found(meter.id);
    }
  }
}

// The broker says what it keeps there, and is told to keep it no longer.
void MqttPublisher::leave_earlier_places() {
  for (const std::string& pattern : earlier_.patterns()) {
    connection_.subscribe(pattern, true);
  }
  if (!earlier_.patterns().empty()) {
    Loop::arm(left_, loop_.now() + timing_.discovery_gap);
  }
}

void MqttPublisher::on_message(const MqttMessage& message) {
  if (message.retained && earlier_.has(message.topic)) {
    if (message.payload.empty()) {
      return;  // our own, from a broker that marks it as kept
    }
    connection_.table().set_final(MqttTable::Rank::parent, retained(message.topic, ""));
    if (!std::exchange(leaving_, true)) {
      log_.info("MQTT: what is kept under the earlier prefixes is removed");
    }
    Loop::arm(left_, loop_.now() + timing_.discovery_gap);
    return;
  }
  if (message.topic == topics_.online_meters()) {
    if (message.retained) {  // or it is what we have just published
      presence_.take_back(message.payload);
    }
    return;
  }
  if (message.topic == topics_.daemon_availability()) {
    presence_.contradict_daemon(message.payload);
    return;
  }
  for (const auto& [name, meter] : presence_.meters()) {
    if (!meter.id.empty() && message.topic == topics_.availability(meter.id)) {
      presence_.contradict(meter.id, message.payload);
      return;
    }
    // Kept from a time when values had topics of their own: nobody would renew it.
    if (!meter.id.empty() && !plain_topics_ && message.retained &&
        message.topic.starts_with(topics_.value(meter.id, ""))) {
      connection_.table().set_final(MqttTable::Rank::values, retained(message.topic, ""));
      return;
    }
  }
  if (message.retained && topics_.is_discovery(message.topic)) {
    announcements_.replace(message.topic);
    return;
  }
  // A retained birth is as old as it likes, and all there is to tell was told on connecting. A
  // retained command would be carried out at every connect.
  if (message.retained) {
    log_.debug("MQTT: retained message ignored on " + printable(message.topic));
    return;
  }
  if (discovery_ != Discovery::off && message.topic == topics_.birth) {
    if (message.payload == mqtt_online) {
      announcements_.born();
    }
    return;
  }
  for (const auto& [name, meter] : presence_.meters()) {
    if (!meter.id.empty() && message.topic == topics_.command(meter.id)) {
      on_command(name, message);
    }
  }
}

void MqttPublisher::on_command(const std::string& name, const MqttMessage& message) {
  const irmeter::Instant now = loop_.now();
  const auto latest = commanded_.find(name);
  if (message.payload != mqtt_read_now) {
    log_.debug("MQTT: unknown command \"" + printable(message.payload) + "\" ignored");
  } else if (latest != commanded_.end() && now < latest->second + timing_.command_gap) {
    log_.debug("MQTT: " + name + " was told to read a moment ago");
  } else {
    commanded_[name] = now;
    commands_.push({.kind = Command::Kind::read_now, .meter = name});
  }
}

}  // namespace irmeterd
