// The configuration file, as values. What stands here has been checked: names, ranges, units.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/quiet_hours.hpp"
#include "lib/meter/meter.hpp"
#include "lib/meter/plausibility.hpp"

namespace irmeterd {

// How the protocol core is to keep its sessions; the words are its own.
using SessionMode = irmeter::MeterOptions::SessionMode;

struct MeterConfig {
  std::string name;    // [a-z][a-z0-9_]*, at most 64 characters; unique
  std::string device;  // absolute path, or tcp://host:port (parse_tcp_url); unique
  std::string key_credential = "meter-key";
  std::string key_file;                             // instead of the credential; empty: none
  std::chrono::milliseconds interval{10'000};       // 500 ms to 1 h
  std::chrono::milliseconds slow_interval{60'000};  // 1 s to 24 h
  irmeter::QuantitySet fast;                        // beside those that are always read so
  SessionMode session = SessionMode::automatic;
  std::vector<QuietHours> quiet_hours;  // may overlap; empty: none
  irmeter::MainFuse main_fuse;
  std::chrono::milliseconds jump_after{600'000};  // 0 s to 24 h
  bool rts = true;  // lines that many optical heads take their power from
  bool dtr = false;

  friend bool operator==(const MeterConfig&, const MeterConfig&) = default;
};

// How Home Assistant is told of the meters: not at all, by one message for each device, or by one
// for each of its entities.
enum class Discovery : std::uint8_t { off, device, components };

struct MqttConfig {
  std::string url;  // mqtt:// or mqtts://, host, optional port (parse_mqtt_url)
  std::string username;
  std::string password_credential;  // at most one of these two, and only with a user name
  std::string password_file;
  std::string ca_file;    // these four only with mqtts://; empty: the system's authorities
  std::string cert_file;  // with one of the next two or not at all
  std::string client_key_credential;  // at most one of these two
  std::string client_key_file;
  std::string client_id;  // empty: from the host name
  std::string topic_prefix = "ir-meterd";
  Discovery discovery = Discovery::device;
  std::string discovery_prefix = "homeassistant";
  std::string discovery_birth_topic;  // empty: discovery_prefix and /status
  bool plain_topics = false;

  friend bool operator==(const MqttConfig&, const MqttConfig&) = default;
};

enum class Bus : std::uint8_t { system, session, none };

struct Config {
  std::vector<MeterConfig> meters;  // at least one
  std::optional<MqttConfig> mqtt;   // absent: nothing is sent
  Bus bus = Bus::system;
  std::string cache_directory;  // empty: $RUNTIME_DIRECTORY, else /run/ir-meterd

  friend bool operator==(const Config&, const Config&) = default;
};

// One thing wrong, with its place; line 0 means the file as a whole.
struct ConfigProblem {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;

  // file:line:column: message, or file: message.
  [[nodiscard]] std::string text() const;
};

// Where something stands in the file, both from 1.
struct ConfigPlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct LoadedConfig {
  Config config;                             // usable only without problems
  std::vector<ConfigProblem> problems{};     // all of them, in the order of the file
  std::vector<ConfigPlace> device_places{};  // for each of the meters
};

// Reads and checks a configuration file. Never throws for what the file holds or lacks.
[[nodiscard]] LoadedConfig load_config(const std::string& path);
// The same for text from elsewhere; file is the name the problems give.
[[nodiscard]] LoadedConfig parse_config(std::string_view text, const std::string& file);

}  // namespace irmeterd
