#include "daemon/daemon.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/version.hpp"
#include "daemon/service/message_ids.hpp"

namespace irmeterd {
namespace {

// A service manager gives up on a start that takes too long. An output that is missing is no reason
// to be killed: after this the daemon is ready without it, and says so in its status.
constexpr std::chrono::seconds ready_without_outputs_after{20};
// What the meters get of the two seconds a stop may take; the rest is for the outputs.
constexpr std::chrono::milliseconds meters_log_off_within{1400};
constexpr std::chrono::milliseconds status_gap{100};

std::string refusal_of(const ConfigProblem& problem) {
  return "configuration refused, " +
         (problem.line == 0 ? problem.file : "line " + std::to_string(problem.line));
}

}  // namespace

Daemon::Daemon(Loop& loop, Log& log, Paths paths, Settings settings)
    : loop_(loop),
      log_(log),
      paths_(std::move(paths)),
      settings_(std::move(settings)),
      service_manager_(loop, log, paths_.notify_socket),
      status_(loop, status_gap, [this] { tell_status(); }),
      keys_(paths_.state_directory, log),
      known_meters_(loop, paths_.state_directory, log),
      commands_(loop) {
  commands_.on_command([this](const Command& command) { dispatch(command); });
  ready_limit_ = loop.timer([this] { say_ready(); });
  shutdown_limit_ = loop.timer([this] { finish(); });
}

void Daemon::start() {
  put_outputs_in_place(nullptr);
  store_.add_sink(*this);
  store_.add_sink(known_meters_);
  Loop::arm(ready_limit_, loop_.now() + ready_without_outputs_after);
  reconcile_drivers();
  if (const auto period = service_manager_.watchdog_period()) {
    watchdog_.emplace(loop_, log_, service_manager_, *period, [this] { return steps(); });
  }
  on_output_change();
}

void Daemon::reload() {
  if (shutting_down_) {
    return;
  }
  if (ready_) {
    service_manager_.reloading();
  }
  Settings loaded = load_settings(paths_.config, paths_.credentials_directory);
  for (const ConfigProblem& warning : loaded.warnings) {
    log_.warning(warning.text());
  }
  if (loaded.problems.empty()) {
    const Settings before = std::exchange(settings_, std::move(loaded));
    put_outputs_in_place(&before);
    reconcile_drivers();
    refusal_.clear();
    log_.info("The configuration was loaded again.", {message_id(Event::configuration_loaded)});
  } else {
    for (const ConfigProblem& problem : loaded.problems) {
      log_.error(problem.text(), {message_id(Event::configuration_refused)});
    }
    // One without a line, such as that there is no meter, comes from another.
    const auto placed = std::ranges::find_if(
        loaded.problems, [](const ConfigProblem& problem) { return problem.line != 0; });
    refusal_ = refusal_of(placed != loaded.problems.end() ? *placed : loaded.problems.front());
    log_.error("The configuration was not loaded; the one before it stays in force.");
  }
  if (ready_) {
    service_manager_.ready();
  }
  on_output_change();
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

void Daemon::put_outputs_in_place(const Settings* before) {
  put_in_place(outputs_, before, settings_,
               {.loop = loop_,
                .log = log_,
                .store = store_,
                .commands = commands_,
                .runtime_directory = paths_.runtime_directory,
                .state_directory = paths_.state_directory,
                .changed = [this] { on_output_change(); }});
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
  for (std::size_t place = 0; place < settings_.config.meters.size(); ++place) {
    const MeterConfig& meter = settings_.config.meters[place];
    if (!occupied(meter)) {
      const MeterKey& key = settings_.secrets.meter_keys.at(meter.name);
      drivers_.push_back(std::make_unique<MeterDriver>(loop_, log_, store_, keys_, meter, key,
                                                       MeterDriver::options_for(meter, place),
                                                       &known_meters_));
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
      case Command::Kind::retry_tables:
        driver->retry_tables();
        break;
      case Command::Kind::retry_key:
        driver->retry_key();
        break;
      case Command::Kind::read_table:
        driver->read_table(command.table,
                           [answer = command.answer](const auto& table) { answer(table.result); });
        break;
      case Command::Kind::read_history:
        driver->read_history(command.from, command.to, command.history);
        break;
    }
  }
}

void Daemon::on_output_change() {
  show_mqtt(outputs_);
  if (std::ranges::all_of(outputs_, [](const auto& each) { return each.second->ready(); })) {
    say_ready();
  }
  status_.want();
}

void Daemon::say_ready() {
  Loop::disarm(ready_limit_);
  if (!std::exchange(ready_, true)) {
    service_manager_.ready();
    log_.info(std::string("ir-meterd ") + version_text + " is ready.", {message_id(Event::ready)});
    status_.want();
  }
}

void Daemon::finish() {
  Loop::disarm(shutdown_limit_);
  for (const auto& driver : retiring_) {
    store_.remove(driver->config().name);
  }
  retiring_.clear();
  for (const auto& [name, output] : outputs_) {
    output->stop();
  }
  loop_.exit(0);
}

// The store has no time of its own: what it does is done in the turn of the loop in which a poll
// ends.
std::vector<Step> Daemon::steps() const {
  std::vector<Step> all;
  for (const auto* drivers : {&drivers_, &retiring_}) {
    for (const auto& driver : *drivers) {
      std::ranges::move(driver->steps(), std::back_inserter(all));
    }
  }
  for (const auto& [name, output] : outputs_) {
    std::ranges::move(output->steps(), std::back_inserter(all));
  }
  return all;
}

bool Daemon::wanted(const MeterDriver& driver) const {
  return std::ranges::any_of(settings_.config.meters, [&](const MeterConfig& meter) {
    return meter == driver.config() && settings_.secrets.meter_keys.at(meter.name) == driver.key();
  });
}

bool Daemon::occupied(const MeterConfig& meter) const {
  const auto in_use_by = [&](const std::unique_ptr<MeterDriver>& driver) {
    return driver->config().name == meter.name || driver->config().device == meter.device;
  };
  return std::ranges::any_of(drivers_, in_use_by) || std::ranges::any_of(retiring_, in_use_by);
}

void Daemon::meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept {
  if (before.state() != after.state()) {
    status_.want();
  }
}

// "main online; on the system bus; MQTT connected": the one line an administrator wants.
void Daemon::tell_status() {
  if (shutting_down_) {
    return;
  }
  std::string line;
  const auto add = [&](const std::string& clause) {
    line += (line.empty() || clause.empty() ? "" : "; ") + clause;
  };
  add(refusal_);
  for (const auto& [name, meter] : store_.meters()) {
    add(name + " " + std::string(irmeter::info(meter.state()).name));
  }
  for (const auto& [name, output] : outputs_) {
    add(output->status());
  }
  service_manager_.status(line);
}

}  // namespace irmeterd
