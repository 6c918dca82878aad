// setup, 3: the MQTT broker, and what it wants of us.
#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/config/checks.hpp"
#include "common/config/url.hpp"
#include "common/mqtt/faults.hpp"
#include "tools/ir-meterctl/broker_visit.hpp"
#include "tools/ir-meterctl/program.hpp"
#include "tools/ir-meterctl/secret_store.hpp"
#include "tools/ir-meterctl/setup/steps.hpp"

namespace irmeterctl {
namespace {

using irmeterd::MqttConfig;
using irmeterd::MqttFault;

constexpr const char* none = "none";

bool is_there(const std::string& url, const std::string& root) {
  MqttConfig config;
  config.url = url;
  BrokerVisit visit(config, root);
  (void)visit.connect();
  return visit.fault() != MqttFault::not_reached && visit.fault() != MqttFault::name_unknown &&
         visit.fault() != MqttFault::impossible;
}

// "mqtt://NAME:PORT" of the brokers that tell the network of themselves; with the address where
// this machine does not know the name.
std::vector<std::string> announced_brokers(const std::string& root) {
  const Finished found =
      run_program({"avahi-browse", "--terminate", "--resolve", "--parsable", "_mqtt._tcp"});
  std::vector<std::string> urls;
  std::istringstream lines(found.output);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ';');) {
      fields.push_back(field);
    }
    // =;interface;protocol;name;type;domain;host;address;port;text
    if (fields.size() > 8 && fields[0] == "=" && fields[2] == "IPv4") {
      std::string url = "mqtt://" + fields[6] + ":" + fields[8];
      if (!irmeterd::parse_mqtt_url(url) || !is_there(url, root)) {
        url = "mqtt://" + fields[7] + ":" + fields[8];
      }
      if (irmeterd::parse_mqtt_url(url) && std::ranges::find(urls, url) == urls.end()) {
        urls.push_back(url);
      }
    }
  }
  return urls;
}

void use_password(MqttConfig& mqtt) {
  mqtt.password_file.clear();
  if (mqtt.password_credential.empty()) {
    mqtt.password_credential = shipped_password_credential;
  }
}

// The settings for this URL: today's, without what is for another broker.
MqttConfig settings_for(const std::string& url, MqttConfig mqtt) {
  if (url != mqtt.url) {
    for (std::string MqttConfig::*const of_another :
         {&MqttConfig::username, &MqttConfig::password_credential, &MqttConfig::password_file,
          &MqttConfig::ca_file, &MqttConfig::cert_file, &MqttConfig::client_key_credential,
          &MqttConfig::client_key_file}) {
      (mqtt.*of_another).clear();
    }
  }
  mqtt.url = url;
  return mqtt;
}

// Why the broker does not take us.
struct Refusal {
  std::optional<MqttFault> fault;  // absent: it takes us, but not what we publish
  Advice why;
};

class BrokerStep {
 public:
  BrokerStep(Findings& findings, Dialogue& dialogue) : findings_(findings), dialogue_(dialogue) {}

  // Whether there is one that takes us, or none is wanted.
  bool choose() {
    const std::string url = ask_for_url();
    if (url == none) {
      return choose_none();
    }
    if (const auto objection = irmeterd::check_mqtt_url(url)) {
      dialogue_.again({"the URL " + *objection, "write mqtt://HOST:PORT"});
      return false;
    }
    MqttConfig mqtt = settings_for(url, findings_.before.mqtt.value_or(MqttConfig{}));
    take_given(mqtt);
    while (const auto refusal = visit(mqtt)) {
      if (!change(mqtt, *refusal)) {
        return false;
      }
    }
    findings_.wanted.mqtt = mqtt;
    return true;
  }

 private:
  std::string ask_for_url() {
    const std::string today = findings_.before.mqtt ? findings_.before.mqtt->url : "";
    const std::string& given = findings_.options.setup.broker;
    std::vector<std::string> found;
    if (given.empty() && today.empty()) {
      found = announced_brokers(findings_.options.root);
      if (is_there("mqtt://localhost", findings_.options.root)) {
        found.insert(found.begin(), "mqtt://localhost");
      }
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      Dialogue::say("  " + std::to_string(i + 1) + "  " + found[i]);
    }
    const std::string proposal = !given.empty()   ? given
                                 : !today.empty() ? today
                                 : found.empty()  ? none
                                                  : found.front();
    Dialogue::say(std::string("  Give its ") + (found.empty() ? "" : "number, ") +
                  "host or URL (mqtt:// or mqtts://), or " + none + ".");
    std::string url = dialogue_.ask("  Broker", proposal);
    if (url.size() == 1 && url[0] >= '1' &&
        static_cast<std::size_t>(url[0] - '0') <= found.size()) {
      url = found[static_cast<std::size_t>(url[0] - '1')];
    }
    return url == none || url.find("://") != std::string::npos ? url : "mqtt://" + url;
  }

  bool choose_none() {
    if (findings_.before.mqtt) {
      Dialogue::say("  What " + findings_.before.mqtt->url +
                    " keeps of meters stays there; 'ir-meterctl forget' removes it while the "
                    "broker is configured.");
      if (!dialogue_.ask_yes("  Take this broker out of the configuration?",
                             findings_.options.setup.broker == none)) {
        return false;
      }
    }
    findings_.wanted.mqtt.reset();
    Dialogue::say("  Nothing is sent over MQTT.");
    return true;
  }

  // What the command line says of it.
  void take_given(MqttConfig& mqtt) {
    const auto& given = findings_.options.setup;
    if (!given.ca_file.empty()) {
      mqtt.ca_file = given.ca_file;
    }
    if (!given.username.empty()) {
      mqtt.username = given.username;
    }
    if (!given.password_file.empty()) {
      if (findings_.password.empty()) {
        findings_.password = given_secret(given.password_file, password_kind);
      }
      use_password(mqtt);
    }
  }

  std::optional<Refusal> visit(const MqttConfig& mqtt) {
    BrokerVisit visit(mqtt, findings_.options.root, findings_.password);
    if (const auto wrong = visit.connect()) {
      return Refusal{visit.fault(), *wrong};
    }
    Dialogue::say("  Connected to " + visit.address() + ".");
    const std::string id = findings_.report.meter.empty() ? "setup" : findings_.report.meter;
    std::set<std::string> topics{mqtt.topic_prefix + "/meter/" + id + "/setup"};
    if (mqtt.discovery != irmeterd::Discovery::off) {
      topics.insert(mqtt.discovery_prefix + "/device/" + id + "/setup");
    }
    const auto lost = visit.not_delivered(topics);
    if (lost.empty()) {
      Dialogue::say("  It lets us publish and subscribe.");
      return std::nullopt;
    }
    const std::string what = "what was published under " + *lost.begin() + " did not come back";
    return dialogue_.ask_yes("  " + what + ". Use it all the same?", findings_.options.confirmed)
               ? std::nullopt
               : std::optional(
                     Refusal{std::nullopt,
                             {what, "have the broker let this user publish and subscribe there"}});
  }

  // Asks for what the broker wants besides; false: for another broker.
  bool change(MqttConfig& mqtt, const Refusal& refusal) {
    if (!dialogue_.asks()) {
      throw Ended{refusal.why};
    }
    Dialogue::say("  " + refusal.why.what + ".");
    const auto fault = refusal.fault;
    const bool tls = mqtt.url.starts_with("mqtts://");
    if (fault == MqttFault::refused) {
      Dialogue::say(mqtt.username.empty() ? "  It wants a username and a password."
                                          : "  The username or the password is wrong.");
    }
    if (fault == MqttFault::refused || (!fault && !mqtt.username.empty())) {
      mqtt.username = dialogue_.ask("  Username", mqtt.username);
      findings_.password = dialogue_.ask_secret("  Password: ", password_kind, false);
      if (!findings_.password.empty()) {
        use_password(mqtt);
      }
      return !mqtt.username.empty();
    }
    if (!tls &&
        (fault == MqttFault::closed || fault == MqttFault::no_answer ||
         fault == MqttFault::not_mqtt) &&
        dialogue_.ask_yes("  Try with TLS?", true)) {
      mqtt.url.insert(4, "s");
      return true;
    }
    if (fault == MqttFault::tls_untrusted || fault == MqttFault::tls_own_files) {
      mqtt.ca_file =
          dialogue_.ask("  File with the authority that signed its certificate", mqtt.ca_file);
      return !mqtt.ca_file.empty();
    }
    Dialogue::say("  Cure: " + refusal.why.cure + ".");
    return false;
  }

  Findings& findings_;
  Dialogue& dialogue_;
};

}  // namespace

void ask_for_broker(Findings& findings, Dialogue& dialogue) {
  Dialogue::say("3. The MQTT broker");
  Dialogue::say(
      "  It takes the readings to Home Assistant and other programs. Without one they are on D-Bus "
      "and in files.");
  while (!BrokerStep(findings, dialogue).choose()) {
  }
}

}  // namespace irmeterctl
