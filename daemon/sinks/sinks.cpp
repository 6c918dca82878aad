#include "daemon/sinks/sinks.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/sinks/bus/service.hpp"
#include "daemon/sinks/cache/cache.hpp"
#include "daemon/sinks/mqtt/publisher.hpp"

namespace irmeterd {
namespace {

struct Kind {
  std::string_view name;
  // Whether the settings that it depends on are the same.
  bool (*same)(const Settings& before, const Settings& now);
  // Null where the settings ask for none.
  std::unique_ptr<Output> (*make)(const OutputParts& parts, const Settings& settings);
};

std::unique_ptr<Output> make_bus(const OutputParts& parts, const Settings& settings) {
  const Bus bus = settings.config.bus;
  return bus == Bus::none ? nullptr
                          : std::make_unique<BusService>(parts.loop, bus, parts.store,
                                                         parts.commands, parts.log);
}

std::unique_ptr<Output> make_cache(const OutputParts& parts, const Settings& settings) {
  const std::string& configured = settings.config.cache_directory;
  return std::make_unique<Cache>(parts.loop,
                                 configured.empty() ? parts.runtime_directory : configured,
                                 parts.log, parts.store);
}

std::unique_ptr<Output> make_mqtt(const OutputParts& parts, const Settings& settings) {
  if (!settings.config.mqtt) {
    return nullptr;
  }
  MqttConfig config = *settings.config.mqtt;
  config.client_key_file = settings.secrets.mqtt_client_key_file;
  return std::make_unique<MqttPublisher>(parts.loop, config, settings.secrets.mqtt_password,
                                         parts.store, parts.commands, parts.log, MqttTiming{},
                                         settings.secrets.mqtt_lacks, parts.state_directory);
}

constexpr std::array<Kind, 3> kinds{{
    {"bus",
     [](const Settings& before, const Settings& now) {
       return before.config.bus == now.config.bus;
     },
     make_bus},
    {"cache",
     [](const Settings& before, const Settings& now) {
       return before.config.cache_directory == now.config.cache_directory;
     },
     make_cache},
    {"mqtt",
     [](const Settings& before, const Settings& now) {
       return before.config.mqtt == now.config.mqtt &&
              before.secrets.mqtt_password == now.secrets.mqtt_password &&
              before.secrets.mqtt_lacks == now.secrets.mqtt_lacks;
     },
     make_mqtt},
}};

}  // namespace

void put_in_place(Outputs& outputs, const Settings* before, const Settings& settings,
                  const OutputParts& parts) {
  for (const Kind& kind : kinds) {
    if (before != nullptr && kind.same(*before, settings)) {
      continue;
    }
    outputs.erase(kind.name);  // before the new one comes, which may go by the same names
    if (auto output = kind.make(parts, settings)) {
      output->on_change(parts.changed);
      outputs.emplace(kind.name, std::move(output));
    }
  }
}

void show_mqtt(const Outputs& outputs) {
  const auto mqtt = outputs.find("mqtt");
  std::string status = mqtt == outputs.end() ? "" : mqtt->second->status();
  // The clause names it, for a line in which others stand beside it.
  constexpr std::string_view name_of_it = "MQTT";
  if (status.starts_with(name_of_it)) {
    status.erase(0, status.find_first_not_of(": ", name_of_it.size()));
  }
  for (const auto& [name, output] : outputs) {
    output->show_mqtt(status);
  }
}

}  // namespace irmeterd
