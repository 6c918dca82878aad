// The configuration: any text becomes a configuration that keeps its promises, or problems that say
// where they are.

#include "common/config/config.hpp"

#include <algorithm>
#include <set>

#include "common/config/checks.hpp"
#include "common/config/url.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace std::chrono_literals;
using fuzz::require;
using irmeterd::ConfigProblem;

const std::string file_name = "fuzz.toml";

void check_problems(const std::vector<ConfigProblem>& problems, std::string_view text) {
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const ConfigProblem& problem : problems) {
    require(problem.file == file_name, "a problem names its file");
    require(!problem.message.empty(), "a problem has a message");
    require(problem.line <= lines, "a problem is in one of the file's lines");
    require((problem.line == 0) == (problem.column == 0), "a problem has a line and a column");
    require(problem.line != 0 || problem.message.starts_with("no meter is configured"),
            "a problem has a place, unless something is missing in the whole file");
    require(std::none_of(problem.message.begin(), problem.message.end(),
                         [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }),
            "a message is one line of text");
  }
  require(std::is_sorted(problems.begin(), problems.end(),
                         [](const ConfigProblem& a, const ConfigProblem& b) {
                           return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                         }),
          "problems are in the order of the file");
}

void check_meter(const irmeterd::MeterConfig& meter) {
  require(!irmeterd::check_meter_name(meter.name), "a meter has a valid name");
  require(!irmeterd::check_device(meter.device), "a meter has a valid device");
  require(meter.interval >= 500ms && meter.interval <= 1h, "the interval is in range");
  require(!meter.key_credential.empty(), "a meter has a credential for its key");
  require(meter.main_fuse.phases == 1 || meter.main_fuse.phases == 3, "phases are 1 or 3");
  require(meter.main_fuse.amperes >= 1 && meter.main_fuse.amperes <= 4000,
          "the main fuse is in range");
  for (const irmeterd::QuietHours& hours : meter.quiet_hours) {
    require(hours.begin >= 0min && hours.begin < 24h && hours.end >= 0min && hours.end < 24h &&
                hours.begin != hours.end,
            "quiet hours are a part of the day");
  }
}

void check_mqtt(const irmeterd::MqttConfig& mqtt) {
  const auto url = irmeterd::parse_mqtt_url(mqtt.url);
  require(url.ok(), "the broker's address is valid");
  require(mqtt.password_credential.empty() || mqtt.password_file.empty(), "there is one password");
  require(
      !mqtt.username.empty() || (mqtt.password_credential.empty() && mqtt.password_file.empty()),
      "a password belongs to a user");
  require(mqtt.client_key_credential.empty() || mqtt.client_key_file.empty(),
          "there is one private key");
  require(url->tls || (mqtt.ca_file.empty() && mqtt.cert_file.empty()),
          "certificates are for encrypted connections");
  require(mqtt.cert_file.empty() ==
              (mqtt.client_key_credential.empty() && mqtt.client_key_file.empty()),
          "a certificate has a private key");
  for (const std::string& prefix : {mqtt.topic_prefix, mqtt.discovery_prefix}) {
    require(!irmeterd::check_topic_prefix(prefix), "topics begin with a valid prefix");
  }
}

void check_config(const irmeterd::Config& config) {
  require(!config.meters.empty(), "there is a meter");
  std::set<std::string> names;
  std::set<std::string> devices;
  for (const irmeterd::MeterConfig& meter : config.meters) {
    check_meter(meter);
    require(names.insert(meter.name).second, "names of meters are unique");
    require(devices.insert(meter.device).second, "devices are unique");
  }
  if (config.mqtt) {
    check_mqtt(*config.mqtt);
  }
  require(config.cache_directory.empty() || !irmeterd::check_absolute_path(config.cache_directory),
          "the cache has an absolute path");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Input(data, size).text(size);
  const irmeterd::LoadedConfig loaded = irmeterd::parse_config(text, file_name);
  check_problems(loaded.problems, text);
  if (loaded.problems.empty()) {
    check_config(loaded.config);
  }
  return 0;
}
