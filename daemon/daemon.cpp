#include "daemon/daemon.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/version.hpp"
#include "daemon/service/message_ids.hpp"

namespace irmeterd {
namespace {

// A service manager gives up on a start that takes too long. A bus that is missing is no reason to
// be killed: after this the daemon is ready without it, and says so in its status.
constexpr std::chrono::seconds ready_without_bus_after{20};
// What the meters get of the two seconds a stop may take; the rest is the broker's.
constexpr std::chrono::milliseconds meters_log_off_within{1400};

}  // namespace

Daemon::Daemon(Loop& loop, Log& log, Paths paths, Settings settings)
    : loop_(loop),
      log_(log),
      paths_(std::move(paths)),
      settings_(std::move(settings)),
      keys_(paths_.state_directory, log),
      commands_(loop),
      status_line_(*this) {
  commands_.on_command([this](const Command& command) { dispatch(command); });
  ready_limit_ = loop.timer([this] { say_ready(); });
  shutdown_limit_ = loop.timer([this] { finish(); });
}

Daemon::~Daemon() {
  drivers_.clear();
  retiring_.clear();
  for (Sink* sink : std::initializer_list<Sink*>{mqtt_.get(), bus_.get(), cache_.get()}) {
    if (sink != nullptr) {
      store_.remove_sink(*sink);
    }
  }
  store_.remove_sink(status_line_);
}

void Daemon::start() {
  Settings nothing;
  nothing.config.bus = Bus::none;
  put_sinks_in_place(nothing);
  store_.add_sink(status_line_);
  Loop::arm(ready_limit_, loop_.now() + ready_without_bus_after);
  reconcile_drivers();
  if (const auto period = service_manager_.watchdog_period()) {
    watchdog_.emplace(loop_, log_, service_manager_, *period, [this] { return steps(); });
  }
  if (settings_.config.bus == Bus::none) {
    say_ready();
  }
}

void Daemon::reload() {
  if (shutting_down_) {
    return;
  }
  if (ready_) {
    service_manager_.reloading();
  }
  Settings loaded = load_settings(paths_.config, paths_.credentials_directory);
  if (loaded.problems.empty()) {
    const Settings before = std::exchange(settings_, std::move(loaded));
    put_sinks_in_place(before);
    reconcile_drivers();
    log_.info("The configuration was loaded again.", {message_id(Event::configuration_loaded)});
  } else {
    for (const ConfigProblem& problem : loaded.problems) {
      log_.error(problem.text(), {message_id(Event::configuration_refused)});
    }
    log_.error("The configuration was not loaded; the one before it stays in force.");
  }
  if (ready_) {
    service_manager_.ready();
  }
  refresh_status();
}

void Daemon::shut_down() {
  if (std::exchange(shutting_down_, true)) {
    return;
  }
  service_manager_.stopping();
  Loop::arm(shutdown_limit_, loop_.now() + meters_log_off_within);
  for (auto& driver : std::exchange(drivers_, {})) {
    retire(std::move(driver));
  }
  if (retiring_.empty()) {
    finish();
  }
}

void Daemon::put_sinks_in_place(const Settings& before) {
  const Config& config = settings_.config;
  if (!cache_ || cache_directory(before.config) != cache_directory(config)) {
    if (cache_) {
      store_.remove_sink(*cache_);
    }
    cache_ = std::make_unique<Cache>(cache_directory(config), log_, store_);
    store_.add_sink(*cache_);
  }
  if (before.config.bus != config.bus) {
    if (bus_) {
      store_.remove_sink(*bus_);
      bus_.reset();
    }
    if (config.bus != Bus::none) {
      bus_ = std::make_unique<BusService>(loop_, config.bus, store_, commands_, log_);
      bus_->on_change([this] {
        if (bus_->ready()) {
          say_ready();
        }
        refresh_status();
      });
      store_.add_sink(*bus_);
    }
  }
  if (mqtt_ && (before.config.mqtt != config.mqtt ||
                before.secrets.mqtt_password != settings_.secrets.mqtt_password)) {
    store_.remove_sink(*mqtt_);
    mqtt_.reset();
  }
  if (config.mqtt && !mqtt_) {
    MqttConfig mqtt = *config.mqtt;
    mqtt.client_key_file = settings_.secrets.mqtt_client_key_file;
    mqtt_ = std::make_unique<MqttPublisher>(loop_, mqtt, settings_.secrets.mqtt_password, commands_,
                                            log_);
    mqtt_->on_change([this] { refresh_status(); });
    store_.add_sink(*mqtt_);
  }
}

// Ends the drivers the configuration no longer wants, and starts those it lacks. One whose name or
// device is still in use by a driver that is logging off follows when that has gone.
void Daemon::reconcile_drivers() {
  if (shutting_down_) {
    return;
  }
  for (auto& driver : drivers_) {
    if (!wanted(*driver)) {
      retire(std::move(driver));
    }
  }
  std::erase(drivers_, nullptr);
  for (const MeterConfig& meter : settings_.config.meters) {
    if (!occupied(meter)) {
      const MeterKey& key = settings_.secrets.meter_keys.at(meter.name);
      drivers_.push_back(std::make_unique<MeterDriver>(loop_, log_, store_, keys_, meter, key));
      drivers_.back()->start();
    }
  }
}

void Daemon::retire(std::unique_ptr<MeterDriver> driver) {
  MeterDriver* const leaving = driver.get();
  retiring_.push_back(std::move(driver));
  leaving->stop([this, leaving] { forget(leaving); });
}

void Daemon::forget(const MeterDriver* retired) {
  store_.remove(retired->config().name);
  std::erase_if(retiring_, [&](const auto& driver) { return driver.get() == retired; });
  if (!shutting_down_) {
    reconcile_drivers();
  } else if (retiring_.empty()) {
    finish();
  }
}

void Daemon::dispatch(const Command& command) {
  for (auto& driver : drivers_) {
    if (driver->config().name != command.meter) {
      continue;
    }
    switch (command.kind) {
      case Command::Kind::read_now:
        driver->read_now();
        break;
      case Command::Kind::retry_key:
        driver->retry_key();
        break;
    }
  }
}

void Daemon::say_ready() {
  Loop::disarm(ready_limit_);
  if (!std::exchange(ready_, true)) {
    service_manager_.ready();
    log_.info(std::string("ir-meterd ") + version_text + " is ready.", {message_id(Event::ready)});
    refresh_status();
  }
}

void Daemon::finish() {
  Loop::disarm(shutdown_limit_);
  for (const auto& driver : retiring_) {
    store_.remove(driver->config().name);
  }
  retiring_.clear();
  if (mqtt_) {
    mqtt_->stop();
  }
  loop_.exit(0);
}

std::string Daemon::cache_directory(const Config& config) const {
  return config.cache_directory.empty() ? paths_.runtime_directory : config.cache_directory;
}

// The store and the cache have no time of their own: what they do is done in the turn of the loop
// in which a poll ends.
std::vector<Step> Daemon::steps() const {
  std::vector<Step> all;
  const auto append = [&all](std::vector<Step> steps) {
    std::move(steps.begin(), steps.end(), std::back_inserter(all));
  };
  for (const auto* drivers : {&drivers_, &retiring_}) {
    for (const auto& driver : *drivers) {
      append(driver->steps());
    }
  }
  if (bus_) {
    append(bus_->steps());
  }
  if (mqtt_) {
    append(mqtt_->steps());
  }
  return all;
}

bool Daemon::wanted(const MeterDriver& driver) const {
  return std::any_of(settings_.config.meters.begin(), settings_.config.meters.end(),
                     [&](const MeterConfig& meter) {
                       return meter == driver.config() &&
                              settings_.secrets.meter_keys.at(meter.name) == driver.key();
                     });
}

bool Daemon::occupied(const MeterConfig& meter) const {
  const auto in_use_by = [&](const std::unique_ptr<MeterDriver>& driver) {
    return driver->config().name == meter.name || driver->config().device == meter.device;
  };
  return std::any_of(drivers_.begin(), drivers_.end(), in_use_by) ||
         std::any_of(retiring_.begin(), retiring_.end(), in_use_by);
}

// "main online; on the system bus; MQTT connected": the one line an administrator wants.
void Daemon::refresh_status() noexcept {
  if (shutting_down_) {
    return;
  }
  std::string line;
  const auto add = [&](const std::string& clause) { line += (line.empty() ? "" : "; ") + clause; };
  for (const auto& [name, meter] : store_.meters()) {
    add(name + " " + std::string(irmeter::info(meter.state()).name));
  }
  if (bus_) {
    add(bus_->status());
  }
  if (mqtt_) {
    add(mqtt_->status());
  }
  service_manager_.status(line);
}

}  // namespace irmeterd
