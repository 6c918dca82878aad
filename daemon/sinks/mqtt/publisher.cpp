#include "daemon/sinks/mqtt/publisher.hpp"

#include <algorithm>
#include <utility>

#include "daemon/sinks/mqtt/home_assistant.hpp"
#include "daemon/sinks/mqtt/meter_list.hpp"
#include "common/random.hpp"

namespace irmeterd {
namespace {

using Rank = MqttTable::Rank;

MqttMessage retained(std::string topic, std::string payload) {
  return {.topic = std::move(topic), .payload = std::move(payload), .qos = 1, .retained = true};
}

MqttMessage passing(std::string topic, std::string payload) {
  return {.topic = std::move(topic), .payload = std::move(payload), .qos = 0, .retained = false};
}

MqttMessage availability(std::string topic, bool online) {
  return retained(std::move(topic), std::string(online ? mqtt_online : mqtt_offline));
}

MqttSettings settings(const MqttConfig& config, const Secret& password, const MqttTopics& topics,
                      const MqttRetry& retry) {
  const auto url = parse_mqtt_url(config.url);
  return {.config = config,
          .url = url ? *url : MqttUrl{},
          .client_id = config.client_id.empty() ? default_client_id(topics.host) : config.client_id,
          .password = password,
          .will = availability(topics.daemon_availability(), false),
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
                             CommandQueue& commands, const Log& log, MqttTiming timing)
    : loop_(loop),
      commands_(commands),
      log_(log),
      timing_(timing),
      discovery_(config.discovery),
      topics_{.prefix = config.topic_prefix,
              .discovery_prefix = config.discovery_prefix,
              .host = host_topic_name(host_name())},
      settled_(loop.timer([this] {
        settling_ = false;
        flush();
      })),
      birth_(loop.timer([this] {
        birth_pending_ = false;
        table_.renew();
        flush();
      })),
      discovery_due_(loop.timer([this] {
        for (auto& [name, meter] : meters_) {
          announce(meter);
        }
        flush();
      })),
      connection_(loop, log, settings(config, password, topics_, timing.retry),
                  {.connected = [this] { on_connected(); },
                   .message = [this](const MqttMessage& message) { on_message(message); },
                   .status = [this] { changed_(); }}) {
  table_.set(Rank::greeting, availability(topics_.daemon_availability(), true));
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
    identify(place->second, "");
    meters_.erase(place);
    flush();
  }
}

void MqttPublisher::stop() noexcept {
  table_.set(Rank::greeting, availability(topics_.daemon_availability(), false));
  for (const auto& [name, meter] : meters_) {
    if (!meter.id.empty()) {
      set_availability(meter.id, false);
    }
  }
  table_.send(Rank::availability,
              [this](const MqttMessage& message) { return connection_.publish(message); });
  connection_.close();
}

void MqttPublisher::update(const MeterSnapshot& snapshot) {
  Meter& meter = meters_[snapshot.name];
  meter.snapshot = snapshot;
  const irmeter::Identity& identity = snapshot.identity;
  identify(meter, identity.serial_number.empty() ? "" : irmeter::meter_id(identity));
  if (!meter.id.empty()) {
    if (snapshot.reading) {
      meter.announced |= present_quantities(*snapshot.reading);
    }
    announce(meter);
    set_values(meter);
  }
  flush();
}

// Where the device turns out to be another meter than before, the old one is offline from now on.
void MqttPublisher::identify(Meter& meter, const std::string& id) {
  if (meter.id == id) {
    return;
  }
  if (!meter.id.empty()) {
    table_.erase(Rank::discovery, topics_.discovery(meter.id));
    table_.erase(Rank::values, topics_.registers(meter.id));
    table_.erase(Rank::values, topics_.live(meter.id));
    table_.erase(Rank::values, topics_.diagnostics(meter.id));
    give_up(meter.id);
  }
  // Two configured meters that are one and the same: the first keeps the topics.
  const bool taken = !id.empty() && published(id);
  if (taken && meter.refused_id != id) {
    log_.warning("MQTT: meter " + meter.snapshot.name + " is already published as " + id);
  }
  Meter fresh;
  fresh.snapshot = std::move(meter.snapshot);
  (taken ? fresh.refused_id : fresh.id) = id;
  meter = std::move(fresh);
  if (!meter.id.empty()) {
    connection_.subscribe(topics_.command(id));
  }
}

void MqttPublisher::announce(Meter& meter) {
  if (!discovery_ || meter.id.empty()) {
    return;
  }
  Described described{meter.snapshot.identity, meter.announced, meter.snapshot.interval};
  if (described == meter.described) {
    return;
  }
  const irmeter::Instant now = loop_.now();
  if (meter.discovered && now < *meter.discovered + timing_.discovery_gap) {
    Loop::arm(discovery_due_, *meter.discovered + timing_.discovery_gap);
    return;
  }
  std::string text = discovery_json(meter.snapshot, meter.announced, topics_);
  meter.described = std::move(described);
  meter.discovered = now;
  table_.set(Rank::discovery, retained(topics_.discovery(meter.id), std::move(text)));
}

void MqttPublisher::set_values(const Meter& meter) {
  const MeterSnapshot& snapshot = meter.snapshot;
  if (snapshot.reading) {
    table_.set(Rank::values,
               retained(topics_.registers(meter.id), registers_json(snapshot, meter.announced)));
  }
  if (snapshot.stale) {
    table_.erase(Rank::values, topics_.live(meter.id));
  } else {
    table_.set(Rank::values, passing(topics_.live(meter.id), live_json(snapshot, meter.announced)));
  }
  table_.set(Rank::values, passing(topics_.diagnostics(meter.id), diagnostics_json(snapshot)));
  set_availability(meter.id, !snapshot.stale);
}

bool MqttPublisher::published(const std::string& id) const {
  return std::any_of(meters_.begin(), meters_.end(),
                     [&](const auto& meter) { return meter.second.id == id; });
}

void MqttPublisher::set_availability(const std::string& id, bool online) {
  if (online ? online_.insert(id).second : online_.erase(id) > 0) {
    list_online();
  }
  table_.set(Rank::availability, availability(topics_.availability(id), online));
}

// The meter is none of ours, or not any more.
void MqttPublisher::give_up(const std::string& id) {
  online_.erase(id);
  list_online();
  table_.set_final(Rank::availability, availability(topics_.availability(id), false));
}

// For the next start, should this one end without a word. As one of the values the list goes out
// before any availability.
void MqttPublisher::list_online() {
  MqttMessage list = retained(topics_.online_meters(), meter_list(online_));
  if (online_.empty()) {
    table_.set_final(Rank::values, std::move(list));
  } else {
    table_.set(Rank::values, std::move(list));
  }
}

// Sends what is due. After a discovery message the rest waits until Home Assistant has subscribed,
// or it would miss what is not retained.
void MqttPublisher::flush() {
  const auto publish = [this](const MqttMessage& message) { return connection_.publish(message); };
  table_.send(Rank::greeting, publish);
  if (table_.send(Rank::discovery, publish) > 0) {
    settling_ = true;
    Loop::arm(settled_, loop_.now() + timing_.settle);
  }
  if (!settling_) {
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
  settling_ = false;
  table_.renew();
  flush();
}

void MqttPublisher::on_message(const MqttMessage& message) {
  if (message.topic == topics_.online_meters()) {
    if (message.retained) {  // or it is what we have just published
      on_list(message.payload);
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
    if (message.payload == mqtt_online && !std::exchange(birth_pending_, true)) {
      Loop::arm(birth_, loop_.now() + random_between(timing_.birth_least, timing_.birth_most));
    }
    return;
  }
  for (auto& [name, meter] : meters_) {
    if (!meter.id.empty() && message.topic == topics_.command(meter.id)) {
      on_command(meter, message);
    }
  }
}

// Meters that were online when an earlier run of the daemon was cut off. Whichever is not ours by
// now is offline until it is identified.
void MqttPublisher::on_list(const std::string& list) {
  for (const std::string& id : parse_meter_list(list)) {
    if (!published(id)) {
      give_up(id);
    }
  }
  flush();
}

void MqttPublisher::on_command(Meter& meter, const MqttMessage& message) {
  const irmeter::Instant now = loop_.now();
  if (message.payload != mqtt_read_now) {
    log_.debug("MQTT: unknown command \"" + printable(message.payload) + "\" ignored");
  } else if (meter.commanded && now < *meter.commanded + timing_.command_gap) {
    log_.debug("MQTT: " + meter.snapshot.name + " was told to read a moment ago");
  } else {
    meter.commanded = now;
    commands_.push({.kind = Command::Kind::read_now, .meter = meter.snapshot.name});
  }
}

}  // namespace irmeterd
