#include "daemon/sinks/mqtt/publisher.hpp"

#include <algorithm>
#include <utility>

namespace irmeterd {
namespace {

using Rank = MqttTable::Rank;

MqttSettings settings(const MqttConfig& config, const Secret& password, const MqttTopics& topics,
                      const MqttRetry& retry) {
  const auto url = parse_mqtt_url(config.url);
  return {.config = config,
          .url = url ? *url : MqttUrl{},
          .client_id = config.client_id.empty() ? default_client_id(topics.host) : config.client_id,
          .password = password,
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
                             MqttTiming timing)
    : loop_(loop),
      store_(store),
      commands_(commands),
      log_(log),
      timing_(timing),
      discovery_(config.discovery),
      topics_{.prefix = config.topic_prefix,
              .discovery_prefix = config.discovery_prefix,
              .host = host_topic_name(host_name())},
      presence_(table_, topics_),
      values_(table_, topics_),
      announcements_(loop, table_, topics_, timing_, [this] { flush(); }),
      connection_(loop, log, settings(config, password, topics_, timing.retry),
                  {.connected = [this] { on_connected(); },
                   .message = [this](const MqttMessage& message) { on_message(message); },
                   .status = [this] { changed(); }}) {
  store_.add_sink(*this);
}

MqttPublisher::~MqttPublisher() {
  store_.remove_sink(*this);
  stop();
}

void MqttPublisher::meter_added(const MeterSnapshot& meter) noexcept {
  update(meter);
}

void MqttPublisher::meter_changed(const MeterSnapshot&, const MeterSnapshot& after) noexcept {
  update(after);
}

void MqttPublisher::meter_removed(const MeterSnapshot& meter) noexcept {
  const auto place = meters_.find(meter.name);
  if (place != meters_.end()) {
    identify(meter.name, place->second, "");
    meters_.erase(place);
    flush();
  }
}

void MqttPublisher::stop() noexcept {
  presence_.leave();
  table_.send(Rank::availability,
              [this](const MqttMessage& message) { return connection_.publish(message); });
  connection_.close();
}

void MqttPublisher::update(const MeterSnapshot& snapshot) {
  Meter& meter = meters_[snapshot.name];
  const irmeter::Identity& identity = snapshot.identity;
  identify(snapshot.name, meter, identity.serial_number.empty() ? "" : irmeter::meter_id(identity));
  if (!meter.id.empty()) {
    presence_.set(meter.id, !snapshot.stale);
    const QuantitySet& seen = values_.set(meter.id, snapshot);
    if (discovery_) {
      announcements_.set(meter.id, snapshot, seen);
    }
  }
  flush();
}

// Where the device turns out to be another meter than before, the old one is offline from now on.
void MqttPublisher::identify(const std::string& name, Meter& meter, const std::string& id) {
  if (meter.id == id) {
    return;
  }
  if (!meter.id.empty()) {
    announcements_.forget(meter.id);
    values_.forget(meter.id);
    presence_.give_up(meter.id);
  }
  // Two configured meters that are one and the same: the first keeps the topics.
  const bool taken = !id.empty() && presence_.knows(id);
  if (taken && meter.refused_id != id) {
    log_.warning("MQTT: meter " + name + " is already published as " + id);
  }
  meter = {};
  (taken ? meter.refused_id : meter.id) = id;
  if (!meter.id.empty()) {
    connection_.subscribe(topics_.command(id));
  }
}

// Sends what is due; after a discovery message the rest waits.
void MqttPublisher::flush() {
  const auto publish = [this](const MqttMessage& message) { return connection_.publish(message); };
  table_.send(Rank::greeting, publish);
  if (table_.send(Rank::discovery, publish) > 0) {
    announcements_.sent();
  }
  if (!announcements_.settling()) {
    table_.send(Rank::availability, publish);
  }
}

void MqttPublisher::on_connected() {
  // First of all: the broker answers with the list before it takes a new one.
  connection_.subscribe(topics_.online_meters());
  if (discovery_) {
    connection_.subscribe(topics_.birth());
  }
  for (const auto& [name, meter] : meters_) {
    if (!meter.id.empty()) {
      connection_.subscribe(topics_.command(meter.id));
    }
  }
  announcements_.connected();
  table_.renew();
  flush();
}

void MqttPublisher::on_message(const MqttMessage& message) {
  if (message.topic == topics_.online_meters()) {
    if (message.retained) {  // or it is what we have just published
      presence_.take_back(message.payload);
      flush();
    }
    return;
  }
  // A retained birth is as old as it likes, and all there is to tell was told on connecting. A
  // retained command would be carried out at every connect.
  if (message.retained) {
    log_.debug("MQTT: retained message ignored on " + printable(message.topic));
    return;
  }
  if (discovery_ && message.topic == topics_.birth()) {
    if (message.payload == mqtt_online) {
      announcements_.born();
    }
    return;
  }
  for (auto& [name, meter] : meters_) {
    if (!meter.id.empty() && message.topic == topics_.command(meter.id)) {
      on_command(name, meter, message);
    }
  }
}

void MqttPublisher::on_command(const std::string& name, Meter& meter, const MqttMessage& message) {
  const irmeter::Instant now = loop_.now();
  if (message.payload != mqtt_read_now) {
    log_.debug("MQTT: unknown command \"" + printable(message.payload) + "\" ignored");
  } else if (meter.commanded && now < *meter.commanded + timing_.command_gap) {
    log_.debug("MQTT: " + name + " was told to read a moment ago");
  } else {
    meter.commanded = now;
    commands_.push({.kind = Command::Kind::read_now, .meter = name});
  }
}

}  // namespace irmeterd
