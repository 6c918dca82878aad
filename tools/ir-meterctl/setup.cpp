// setup: a dialogue that proves each layer before it asks for the next, and writes nothing before
// all has been asked. What is tried, and what is said of it, is what check tries and says.
#include "tools/ir-meterctl/setup.hpp"

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/bus_names.hpp"
#include "common/config/checks.hpp"
#include "common/config/url.hpp"
#include "common/faces.hpp"
#include "common/files.hpp"
#include "common/loop.hpp"
#include "tools/ir-meterctl/broker_visit.hpp"
#include "tools/ir-meterctl/check.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/config_edit.hpp"
#include "tools/ir-meterctl/device_access.hpp"
#include "tools/ir-meterctl/program.hpp"
#include "tools/ir-meterctl/stored_secret.hpp"
#include "tools/ir-meterctl/terminal.hpp"

namespace irmeterctl {
namespace {

using irmeterd::in_quotes;
using irmeterd::MeterConfig;
using irmeterd::MqttConfig;
using irmeterd::Secret;

constexpr const char* unit = "ir-meterd.service";
constexpr const char* none = "none";
constexpr std::chrono::seconds first_reading_limit{60};

// The end before anything was written, and why.
struct Ended {
  Advice why;
};

bool is_active() {
  const std::string state = run_program({"systemctl", "is-active", unit}).output;
  return state.starts_with("active") || state.starts_with("activating") ||
         state.starts_with("reloading");
}

// Stopped while the meter is read from here, and started again where nothing else is done about it.
class ServicePause {
 public:
  ServicePause() = default;
  ~ServicePause() {
    if (paused_) {
      (void)run_program({"systemctl", "start", unit});
    }
  }
  ServicePause(const ServicePause&) = delete;
  ServicePause& operator=(const ServicePause&) = delete;

  void begin() {
    paused_ = paused_ || (is_active() && run_program({"systemctl", "stop", unit}).status == 0);
  }
  void end() { paused_ = false; }

 private:
  bool paused_ = false;
};

Facts facts_of(const irmeter::Values& values) {
  Facts facts;
  for (const irmeterd::Face& face : irmeterd::faces) {
    if (const auto value = values.get(face.id)) {
      facts.push_back({std::string(face.label), std::string(face.json_key),
                       Number{*value, face.json_decimals, std::string(face.unit)}});
    }
  }
  return facts;
}

// "mqtt://NAME:PORT" of the brokers that tell the network of themselves.
std::vector<std::string> announced_brokers() {
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
      const std::string url = "mqtt://" + fields[6] + ":" + fields[8];
      if (irmeterd::parse_mqtt_url(url) && std::ranges::find(urls, url) == urls.end()) {
        urls.push_back(url);
      }
    }
  }
  return urls;
}

std::string port_text(const SerialPort& port) {
  std::string text = port.best_name();
  if (port.usb) {
    text += ": " + port.usb->manufacturer + " " + port.usb->product;
  }
  text += "; " + port.because;
  return irmeterd::on_one_line(text +
                               (port.users.empty() ? "" : "; in use by " + names_of(port.users)));
}

// Until the meter is read, or it is known that it is not.
std::optional<MeterInfo> wait_for_reading(irmeterd::Bus bus, const std::string& name) {
  irmeterd::Loop loop;
  std::optional<MeterInfo> latest;
  const auto end = [&loop] { loop.exit(0); };
  auto limit = loop.timer(end);
  irmeterd::Loop::arm(limit, loop.now() + first_reading_limit);
  const auto interrupt = loop.signal(SIGINT, end);
  const auto terminate = loop.signal(SIGTERM, end);
  DaemonClient client(bus);
  DaemonClient::Events events;
  events.daemon = [](bool) {};
  events.changed = [&](const MeterInfo&, const MeterInfo& after) {
    if (after.name == name) {
      latest = after;
      if (after.state != irmeter::info(irmeter::State::starting).name) {
        loop.exit(0);
      }
    }
  };
  events.removed = [](const MeterInfo&) {};
  events.ended = [&](const Failure&) { loop.exit(0); };
  client.watch(loop, std::move(events));
  loop.run();
  return latest;
}

class Setup {
 public:
  explicit Setup(const CommandLine& options, std::string text, irmeterd::Config config)
      : options_(options),
        text_(std::move(text)),
        before_(std::move(config)),
        wanted_(before_),
        bus_(options.bus.value_or(before_.bus)) {
    if (!options.confirmed) {
      terminal_.emplace();
    }
    if (!options.meter.empty()) {
      const auto found = std::ranges::find(wanted_.meters, options.meter, &MeterConfig::name);
      if (found == wanted_.meters.end()) {
        throw Ended{{"the configuration has no meter " + in_quotes(options.meter),
                     "leave --meter out, or write its table first"}};
      }
      number_ = static_cast<std::size_t>(found - wanted_.meters.begin());
    }
  }

  SetupReport run() {
    for (const auto step : {&Setup::head, &Setup::key, &Setup::broker, &Setup::write}) {
      (this->*step)();
    }
    return report_;
  }
  // Whether the meter is read now, as far as that was tried.
  [[nodiscard]] bool good() const { return report_.state.empty() || report_.state == "online"; }

 private:
  MeterConfig& meter() { return wanted_.meters[number_]; }

  // In lines of 79 columns that begin as the first one does.
  static void say(const std::string& text) {
    const std::string indent(std::min(text.find_first_not_of(' '), text.size()), ' ');
    std::istringstream words(text);
    std::string line;
    for (std::string word; words >> word;) {
      if (line.size() + 1 + word.size() > 79 && !line.empty()) {
        Terminal::print(line + "\n");
        line.clear();
      }
      line += (line.empty() ? indent : " ") + word;
    }
    Terminal::print(line + "\n");
  }
  // Wrong answers end it where nobody can give another one.
  void again(const Advice& wrong) const {
    if (!terminal_) {
      throw Ended{wrong};
    }
    say("  " + wrong.what + (wrong.cure.empty() ? "." : ". Cure: " + wrong.cure + "."));
  }
  std::string ask(const std::string& question, const std::string& proposal) {
    if (!terminal_) {
      return proposal;
    }
    const auto answer =
        terminal_->line(question + (proposal.empty() ? "" : " [" + proposal + "]") + ": ");
    if (!answer) {
      throw Ended{{"nothing was changed", ""}};
    }
    const std::size_t begin = answer->find_first_not_of(" \t");
    return begin == std::string::npos
               ? proposal
               : answer->substr(begin, answer->find_last_not_of(" \t") - begin + 1);
  }
  bool ask_yes(const std::string& question, bool proposal) {
    for (;;) {
      const std::string answer = ask(question + " (y/n)", proposal ? "y" : "n");
      if (answer == "y" || answer == "yes" || answer == "n" || answer == "no") {
        return answer.front() == 'y';
      }
    }
  }
  // Empty where nothing was typed in.
  Secret ask_secret(std::string_view prompt, const SecretKind& kind, bool twice) {
    for (;;) {
      const auto secret = terminal_->hidden(prompt);
      if (!secret) {
        throw Ended{{secret.error().what, ""}};
      }
      if (secret->empty()) {
        return {};
      }
      if (const auto fault = kind.why_not(secret->reveal())) {
        say("  " + *fault + ".");
        continue;
      }
      const auto second = twice ? terminal_->hidden("  The same again: ") : secret;
      if (!second) {
        throw Ended{{second.error().what, ""}};
      }
      if (*second == *secret) {
        return *secret;
      }
      say("  The two are not the same.");
    }
  }
  // From a file, or "-" for standard input.
  static Secret given_secret(const std::string& path, const SecretKind& kind) {
    Secret secret;
    if (path == "-") {
      secret = rest_of_input();
    } else if (auto text = irmeterd::read_secret(path, 4096)) {
      secret = *text;
    } else {
      // Without the path, which may be the secret itself.
      throw Ended{{"the file with the " + std::string(kind.what) + " " + text.error().what,
                   "name one that can be read"}};
    }
    if (const auto fault = kind.why_not(secret.reveal())) {
      throw Ended{{*fault, "nothing was changed"}};
    }
    return secret;
  }

  // 1. The head: where it is, and that a meter answers through it.
  void head() {
    say("1. The head");
    if (const auto now = read_by_service()) {
      say("  The service reads the meter " + now->name + " at " + now->device + ".");
      report_.values = irmeterctl::facts_of(*now, std::chrono::system_clock::now());
      std::erase_if(report_.values,
                    [](const Fact& fact) { return !std::holds_alternative<Number>(fact.value); });
      done_ = !ask_yes("  Set up another head or key?", false);
      if (done_) {
        report_.meter = now->id();
        return;
      }
    }
    pause_.begin();
    while (!choose_head()) {
    }
  }

  // The meter as the running service has it, where it reads that.
  std::optional<MeterInfo> read_by_service() {
    if (!options_.setup.device.empty() || !options_.setup.key_file.empty()) {
      return std::nullopt;
    }
    try {
      const Meters meters = DaemonClient(bus_).look().meters;
      const auto found = meters.find(irmeterd::meter_path(meter().name));
      return found != meters.end() && found->second.state == "online" &&
                     found->second.device == meter().device
                 ? std::optional(found->second)
                 : std::nullopt;
    } catch (const Failure&) {
      return std::nullopt;
    }
  }

  bool choose_head() {
    const auto ports = find_serial_ports(options_.root);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      say("  " + std::to_string(i + 1) + "  " + port_text(ports[i]));
    }
    if (ports.empty()) {
      say("  There is no serial port here.");
    }
    const std::string proposal =
        options_.setup.device.empty() ? proposed_device(ports) : options_.setup.device;
    const std::string answer =
        ask("  Its number, path, or tcp://HOST:PORT of a serial server", proposal);
    std::size_t number = 0;
    const auto read = std::from_chars(answer.data(), answer.data() + answer.size(), number);
    const bool is_number =
        read.ec == std::errc() && *read.ptr == '\0' && number >= 1 && number <= ports.size();
    const std::string device = is_number ? ports[number - 1].best_name() : answer;
    if (const auto objection = irmeterd::check_device(device)) {
      again({in_quotes(device) + " " + *objection, "give one of the above"});
      return false;
    }
    if (const auto wrong = why_not_opened(device, options_.root)) {
      again(*wrong);
      return false;
    }
    const auto port = std::ranges::find_if(ports, [&](const SerialPort& each) {
      return each.path == device || std::ranges::find(each.links, device) != each.links.end();
    });
    if (port != ports.end() && (port->likelihood == Likelihood::no || port->console) &&
        !ask_yes("  That is no head: " + port->because + ". Talk to it all the same?",
                 !options_.setup.device.empty())) {
      return false;
    }
    meter().device = device;
    return identify();
  }

  static std::string proposed_device_of(const std::vector<SerialPort>& ports) {
    const auto free = std::ranges::find_if(ports, [](const SerialPort& port) {
      return port.users.empty() && !port.console && port.node &&
             (port.likelihood == Likelihood::known || port.likelihood == Likelihood::possible);
    });
    return free == ports.end() ? "" : free->best_name();
  }
  std::string proposed_device(const std::vector<SerialPort>& ports) {
    std::error_code none_there;
    const std::string& today = meter().device;
    const std::string found = proposed_device_of(ports);
    return found.empty() || irmeterd::is_tcp_url(today) ||
                   std::filesystem::exists(today, none_there)
               ? today
               : found;
  }

  // One poll from here, and its lines. A signal that came meanwhile ends it.
  std::vector<CheckLine> poll(const std::optional<irmeter::Key>& key) {
    say(key ? "  Reading with the key ..." : "  Listening ...");
    poll_ = probe(meter(), key, state_directory());
    if (poll_.signal != 0) {
      throw Ended{{"nothing was changed", ""}};
    }
    auto lines = meter_layers(meter().name, meter().device, poll_);
    check_permission(lines, meter().device, false);
    return lines;
  }
  static const CheckLine* failed(const std::vector<CheckLine>& lines, Layer end) {
    const auto found = std::ranges::find_if(lines, [end](const CheckLine& line) {
      return line.result == Result::failed && line.layer < end;
    });
    return found == lines.end() ? nullptr : &*found;
  }

  bool identify() {
    const auto lines = poll(std::nullopt);
    if (const CheckLine* const wrong = failed(lines, Layer::key)) {
      again({std::string(name(wrong->layer)) + ": " + wrong->detail, wrong->cure});
      return false;
    }
    const auto table = std::ranges::find(lines, Layer::tables, &CheckLine::layer);
    say("  A meter answers: " + table->detail + ".");
    report_.meter = irmeter::meter_id(poll_.identity);
    return true;
  }

  // 2. The key: the stored one, a given one, or one that is typed in.
  void key() {
    say("2. The key");
    report_.key = "kept";
    if (done_) {
      say("  The meter accepts it.");
      return;
    }
    const std::string& path = options_.setup.key_file;
    const StoredKey stored = find_key(meter(), options_.root);
    if (!path.empty()) {
      use_key(given_secret(path, key_kind));
    } else if (stored.key && try_key(*stored.key)) {
      return;
    } else if (!terminal_) {
      if (stored.key) {
        throw Ended{wrong_};
      }
      later();
    } else {
      ask_for_key();
    }
  }

  void use_key(const Secret& secret) {
    if (!try_key(*irmeter::Key::from_text(secret.reveal()))) {
      throw Ended{wrong_};
    }
    key_ = secret;
    report_.key = "stored";
  }

  void ask_for_key() {
    say("  It is the read-only key (RK) of the optical port, which the grid company gives out. A "
        "wrong key raises an alarm there, so each is shown to the meter once only. Enter alone "
        "leaves it "
        "for later.");
    for (;;) {
      const Secret secret = ask_secret("  Key, 20 characters: ", key_kind, true);
      if (secret.empty()) {
        later();
        return;
      }
      const irmeter::Key key = *irmeter::Key::from_text(secret.reveal());
      while (!try_key(key)) {
        if (poll_.failure && poll_.failure->state() == irmeter::State::key_rejected) {
          break;
        }
        if (!ask_yes("  Try the same key again?", true)) {
          break;
        }
      }
      if (!poll_.failure) {
        key_ = secret;
        report_.key = "stored";
        return;
      }
    }
  }

  void later() {
    report_.key = "later";
    say("  Later, with 'sudo ir-meterctl set-key'. Until then the meter is not read.");
  }

  // By the record of keys, which shows one that is not proven to the meter once.
  bool try_key(const irmeter::Key& key) {
    if (auto problem = why_no_record(state_directory(), options_.root.empty())) {
      throw Ended{std::move(*problem)};
    }
    const auto lines = poll(key);
    if (const CheckLine* const wrong = failed(lines, Layer::broker)) {
      wrong_ = {std::string(name(wrong->layer)) + ": " + wrong->detail, wrong->cure};
      if (terminal_) {
        again(wrong_);
      }
      return false;
    }
    say("  The meter accepts it.");
    report_.values = facts_of(poll_.values);
    for (const Fact& fact : report_.values) {
      if (fact.key == "power_w" || fact.key.starts_with("energy_")) {
        say("  " + fact.label + ": " + to_text(fact.value));
      }
    }
    return true;
  }

  // 3. The broker: one that takes us, lets us publish and subscribe.
  void broker() {
    say("3. The MQTT broker");
    while (!choose_broker()) {
    }
  }

  bool choose_broker() {
    const MqttConfig today = before_.mqtt.value_or(MqttConfig{});
    const auto& given = options_.setup;
    std::vector<std::string> found;
    if (given.broker.empty() && today.url.empty()) {
      found = announced_brokers();
      if (is_there("mqtt://localhost")) {
        found.insert(found.begin(), "mqtt://localhost");
      }
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      say("  " + std::to_string(i + 1) + "  " + found[i]);
    }
    const std::string proposal = !given.broker.empty() ? given.broker
                                 : !today.url.empty()  ? today.url
                                 : found.empty()       ? none
                                                       : found.front();
    std::string url =
        ask("  Its number, host or URL (mqtt:// or mqtts://), or " + std::string(none), proposal);
    if (url == none && before_.mqtt) {
      again({"a broker is configured, and setup does not take it out",
             "make the table [mqtt] of " + options_.config_path + " a comment"});
      return false;
    }
    if (url == none) {
      wanted_.mqtt.reset();
      say("  Nothing is sent.");
      return true;
    }
    if (url.size() == 1 && url[0] >= '1' &&
        static_cast<std::size_t>(url[0] - '0') <= found.size()) {
      url = found[static_cast<std::size_t>(url[0] - '1')];
    }
    url = url.find("://") == std::string::npos ? "mqtt://" + url : url;
    if (const auto objection = irmeterd::check_mqtt_url(url)) {
      again({"url " + *objection, "write mqtt://HOST:PORT"});
      return false;
    }
    MqttConfig mqtt = today;
    if (url != today.url) {
      for (std::string MqttConfig::*const of_another :
           {&MqttConfig::username, &MqttConfig::password_credential, &MqttConfig::password_file,
            &MqttConfig::ca_file, &MqttConfig::cert_file, &MqttConfig::client_key_credential,
            &MqttConfig::client_key_file}) {
        (mqtt.*of_another).clear();
      }
    }
    mqtt.url = url;
    if (!given.ca_file.empty()) {
      mqtt.ca_file = given.ca_file;
    }
    if (!given.username.empty()) {
      mqtt.username = given.username;
    }
    if (!given.password_file.empty()) {
      if (password_.empty()) {
        password_ = given_secret(given.password_file, password_kind);
      }
      use_password(mqtt);
    }
    while (!visit(mqtt)) {
      if (!change(mqtt)) {
        return false;
      }
    }
    wanted_.mqtt = mqtt;
    return true;
  }

  [[nodiscard]] bool is_there(const std::string& url) const {
    MqttConfig config;
    config.url = url;
    BrokerVisit visit(config, options_.root);
    (void)visit.connect();
    return visit.fault() != irmeterd::MqttFault::not_reached &&
           visit.fault() != irmeterd::MqttFault::name_unknown &&
           visit.fault() != irmeterd::MqttFault::impossible;
  }

  static void use_password(MqttConfig& mqtt) {
    mqtt.password_file.clear();
    if (mqtt.password_credential.empty()) {
      mqtt.password_credential = shipped_password_credential;
    }
  }

  // Whether the broker takes us so. Else fault_ and wrong_ say why not.
  bool visit(const MqttConfig& mqtt) {
    BrokerVisit visit(mqtt, options_.root, password_);
    if (const auto wrong = visit.connect()) {
      fault_ = visit.fault();
      wrong_ = *wrong;
      return false;
    }
    fault_.reset();
    say("  Connected to " + visit.address() + ".");
    const std::string id = report_.meter.empty() ? "setup" : report_.meter;
    std::set<std::string> topics{mqtt.topic_prefix + "/meter/" + id + "/setup"};
    if (mqtt.discovery != irmeterd::Discovery::off) {
      topics.insert(mqtt.discovery_prefix + "/device/" + id + "/setup");
    }
    const auto lost = visit.not_delivered(topics);
    if (lost.empty()) {
      say("  It lets us publish and subscribe.");
      return true;
    }
    wrong_ = {"what was published under " + *lost.begin() + " did not come back",
              "have the broker let this user publish and subscribe there"};
    return ask_yes("  " + wrong_.what + ". Use it all the same?", options_.confirmed);
  }

  // Asks for what the broker wants besides; false: for another broker.
  bool change(MqttConfig& mqtt) {
    using irmeterd::MqttFault;
    if (!terminal_) {
      throw Ended{wrong_};
    }
    say("  " + wrong_.what + ".");
    const bool tls = mqtt.url.starts_with("mqtts://");
    if (fault_ == MqttFault::refused || (!fault_ && !mqtt.username.empty())) {
      mqtt.username = ask("  Username", mqtt.username);
      password_ = ask_secret("  Password: ", password_kind, false);
      if (!password_.empty()) {
        use_password(mqtt);
      }
      return !mqtt.username.empty();
    }
    if (!tls &&
        (fault_ == MqttFault::closed || fault_ == MqttFault::no_answer ||
         fault_ == MqttFault::not_mqtt) &&
        ask_yes("  Try with TLS?", true)) {
      mqtt.url.insert(4, "s");
      return true;
    }
    if (fault_ == MqttFault::tls_untrusted || fault_ == MqttFault::tls_own_files) {
      mqtt.ca_file = ask("  File with the authority that signed its certificate", mqtt.ca_file);
      return !mqtt.ca_file.empty();
    }
    say("  Cure: " + wrong_.cure + ".");
    return false;
  }

  // 4. Writes what has been found, and sees that the meter is read.
  void write() {
    say("4. The service");
    const std::string text = new_text();
    const bool differs = text != text_ || !std::filesystem::exists(options_.config_path);
    report_.device = meter().device;
    report_.broker = wanted_.mqtt ? wanted_.mqtt->url : "";
    report_.file = options_.config_path;
    const bool anything = differs || !key_.empty() || !password_.empty() || !done_;
    if (anything &&
        !ask_yes("  Write this to " + options_.config_path + ", and start the service?", true)) {
      throw Ended{{"nothing was changed", ""}};
    }
    if (differs) {
      write_configuration(text);
    }
    store(key_, meter().key_credential);
    store(password_, wanted_.mqtt ? wanted_.mqtt->password_credential : "");
    if (anything) {
      start();
    }
    tell_entities();
  }

  std::string new_text() {
    const auto as_text = [](const std::string& value) {
      return value.empty() ? std::nullopt : std::optional(value);
    };
    std::vector<Setting> settings{{"meter", "device", meter().device}};
    if (!key_.empty() && !meter().key_file.empty()) {
      meter().key_file.clear();
      settings.push_back({"meter", "key_file", std::nullopt});
    }
    std::string text = text_;
    if (wanted_.mqtt && wanted_.mqtt != before_.mqtt) {
      const MqttConfig& mqtt = *wanted_.mqtt;
      const std::array<std::pair<const char*, const std::string*>, 8> keys{
          {{"client_key_file", &mqtt.client_key_file},
           {"client_key_credential", &mqtt.client_key_credential},
           {"cert_file", &mqtt.cert_file},
           {"ca_file", &mqtt.ca_file},
           {"password_file", &mqtt.password_file},
           {"password_credential", &mqtt.password_credential},
           {"username", &mqtt.username},
           {"url", &mqtt.url}}};
      for (const auto& [key, value] : keys) {
        settings.push_back({"mqtt", key, as_text(*value)});
      }
    }
    text = with_settings(text, settings, number_);
    const irmeterd::LoadedConfig loaded = irmeterd::parse_config(text, options_.config_path);
    if (!loaded.problems.empty() || !(loaded.config == wanted_)) {
      throw Ended{
          {options_.config_path + " is written in a way that setup cannot change",
           "write device = \"" + meter().device + "\" into it yourself" +
               (wanted_.mqtt ? ", and url = \"" + wanted_.mqtt->url + "\" under [mqtt]" : "")}};
    }
    return text;
  }

  void write_configuration(const std::string& text) {
    struct stat old {};
    irmeterd::NewFile file{.durable = true};
    if (::stat(options_.config_path.c_str(), &old) == 0) {
      file.mode = old.st_mode & 0777U;
      file.keep_old = options_.config_path + ".bak";
      report_.old_file = file.keep_old;
    }
    std::error_code there;
    std::filesystem::create_directories(std::filesystem::path(options_.config_path).parent_path(),
                                        there);
    irmeterd::replace_file(options_.config_path, text, file);
  }

  void store(const Secret& secret, const std::string& credential) const {
    if (secret.empty()) {
      return;
    }
    if (const auto stored = store_secret(secret, credential, options_.root); !stored) {
      throw std::runtime_error(stored.error().what);
    }
  }

  void start() {
    if (!options_.root.empty()) {
      report_.service = "not touched, this is below " + options_.root;
      return;
    }
    pause_.end();
    if (run_program({"systemctl", "is-system-running"}).output.empty()) {
      report_.service = "not started, because systemd does not run here; do that yourself";
      return;
    }
    const bool started = run_program({"systemctl", "enable", unit}).status == 0 &&
                         run_program({"systemctl", "restart", unit}).status == 0;
    report_.service =
        started ? "enabled and started" : "could not be started; see 'systemctl status ir-meterd'";
    if (started && (report_.key == "later" || bus_ == irmeterd::Bus::none)) {
      return;
    }
    report_.state = started ? "starting" : "error";
    if (!started) {
      return;
    }
    say("  Waiting for the first reading ...");
    if (const auto now = wait_for_reading(bus_, meter().name)) {
      report_.state = now->state;
      say("  " + now->state_detail);
    }
  }

  void tell_entities() {
    if (wanted_.mqtt && wanted_.mqtt->discovery != irmeterd::Discovery::off) {
      for (const char* const which : {"energy_import", "energy_export", "power"}) {
        report_.entities.push_back("sensor.electricity_meter_" + meter().name + "_" + which);
      }
    }
  }

  [[nodiscard]] std::string state_directory() const { return options_.root + "/var/lib/ir-meterd"; }

  const CommandLine& options_;
  std::string text_;  // of the configuration as it is
  irmeterd::Config before_;
  irmeterd::Config wanted_;
  irmeterd::Bus bus_;
  std::optional<Terminal> terminal_;  // absent: nobody is asked
  ServicePause pause_;
  std::size_t number_ = 0;  // of the meter
  bool done_ = false;       // head and key are as they should be
  PollResult poll_;
  Advice wrong_;  // of what was tried last
  std::optional<irmeterd::MqttFault> fault_;
  Secret key_;       // to be stored; empty: none
  Secret password_;  // likewise
  SetupReport report_;
};

std::optional<std::string> text_of_file(const std::string& path) {
  std::ifstream file(path);
  return file ? std::optional(std::string(std::istreambuf_iterator<char>(file), {})) : std::nullopt;
}

}  // namespace

std::optional<Advice> why_not_opened(const std::string& device, const std::string& root) {
  std::error_code missing;
  const auto path = std::filesystem::canonical(device, missing);
  if (irmeterd::is_tcp_url(device) || missing) {
    return std::nullopt;
  }
  const auto users = irmeterd::find_users(path, root + "/run/lock");
  return users.empty() ? std::nullopt
                       : std::optional(Advice{device + " is in use by " + names_of(users),
                                              "stop the other program, or take another port"});
}

Document document_of(const SetupReport& report) {
  Facts facts{{"", "ok", report.state.empty() || report.state == "online"},
              {"Configuration", "file", report.file}};
  const auto add = [&facts](const char* label, const char* key, const std::string& text) {
    if (!text.empty()) {
      facts.push_back({label, key, text});
    }
  };
  add("As it was before", "old_file", report.old_file);
  add("Device", "device", report.device);
  add("Meter", "meter", report.meter);
  add("Key", "key", report.key);
  add("Broker", "broker", report.broker);
  add("Service", "service", report.service);
  add("State", "state", report.state);
  if (!report.entities.empty()) {
    facts.push_back({"For the energy dashboard", "entities", report.entities});
  }
  facts.push_back(
      {"To see more", "", "ir-meterctl status, ir-meterctl watch, sudo ir-meterctl check"});
  for (const Fact& value : report.values) {
    facts.push_back({"", value.key, value.value});
  }
  return {facts};
}

Document problem_document(const Advice& problem) {
  Document document{{{"", "ok", false}, {"Problem", "problem", problem.what}}};
  if (!problem.cure.empty()) {
    document.facts.push_back({"Cure", "cure", problem.cure});
  }
  return document;
}

int setup(const CommandLine& options, Output& output) {
  if (options.root.empty() && ::geteuid() != 0) {
    print_error("the service belongs to root: run 'sudo ir-meterctl setup'");
    return EX_NOPERM;
  }
  if (!options.confirmed && (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1)) {
    print_error("setup asks at a terminal; add --yes, and the options for what is not to be asked");
    return EX_USAGE;
  }
  const std::string text = text_of_file(options.config_path).value_or(shipped_config());
  irmeterd::LoadedConfig loaded = irmeterd::parse_config(text, options.config_path);
  for (const irmeterd::ConfigProblem& problem : loaded.problems) {
    print_error(problem.text());
  }
  if (!loaded.problems.empty()) {
    return EX_CONFIG;
  }
  try {
    Setup setup(options, text, std::move(loaded.config));
    output.write(document_of(setup.run()));
    return setup.good() ? EX_OK : EXIT_FAILURE;
  } catch (const Ended& ended) {
    output.write(problem_document(ended.why));
    return EXIT_FAILURE;
  }
}

}  // namespace irmeterctl
