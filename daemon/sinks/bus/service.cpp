#include "daemon/sinks/bus/service.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

#include "common/background.hpp"
#include "common/bus_names.hpp"
#include "daemon/service/message_ids.hpp"
#include "daemon/sinks/bus/connection.hpp"
#include "daemon/sinks/bus/log_control.hpp"
#include "daemon/sinks/bus/meters.hpp"
#include "daemon/sinks/bus/value.hpp"

namespace irmeterd {
namespace {

constexpr std::chrono::seconds first_delay{1};
constexpr std::chrono::seconds longest_delay{30};
// A bus greets within milliseconds; one that has not by then is said to hang.
constexpr irmeter::Duration patience = std::chrono::seconds(5);
// An attempt at a bus that hangs takes a minute and a half.
constexpr irmeter::Duration longest_opening = std::chrono::minutes(5);

constexpr const char* mqtt_property = "Mqtt";

// The root object: the daemon itself, and the list of the meters.
class Root {
 public:
  Root(sd_bus* bus, const std::string& mqtt) : bus_(bus), mqtt_(mqtt) {
    sd_bus_slot* slot = nullptr;
    bus::check(sd_bus_add_object_vtable(bus, &slot, root_path, manager_interface,
                                        interface_table.data(), this),
               "cannot show the daemon");
    table_.reset(slot);
    bus::check(sd_bus_add_object_manager(bus, &slot, root_path), "cannot list meters");
    manager_.reset(slot);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  void mqtt_changed() {
    std::array names{const_cast<char*>(mqtt_property), static_cast<char*>(nullptr)};
    bus::check(
        sd_bus_emit_properties_changed_strv(bus_, root_path, manager_interface, names.data()),
        "cannot send a signal");
  }

 private:
  static int version(sd_bus*, const char*, const char*, const char*, sd_bus_message* message, void*,
                     sd_bus_error* error) noexcept {
    return bus::guarded(error, [&] { bus::put(message, std::string_view(IRMETER_VERSION)); });
  }
  static int mqtt(sd_bus*, const char*, const char*, const char*, sd_bus_message* message,
                  void* root, sd_bus_error* error) noexcept {
    return bus::guarded(error, [&] { bus::put(message, static_cast<const Root*>(root)->mqtt_); });
  }
  static constexpr std::array interface_table{
      sd_bus_vtable SD_BUS_VTABLE_START(0),
      sd_bus_vtable SD_BUS_PROPERTY("Version", "s", version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
      sd_bus_vtable SD_BUS_PROPERTY(mqtt_property, "s", mqtt, 0,
                                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
      sd_bus_vtable SD_BUS_VTABLE_END,
  };

  sd_bus* bus_;
  const std::string& mqtt_;
  bus::Slot table_;
  bus::Slot manager_;
};

std::string bus_text(Bus kind) {
  return kind == Bus::session ? "the session bus" : "the system bus";
}

}  // namespace

struct BusService::Session {
  Session(std::unique_ptr<bus::Connection> opened, CommandQueue& commands, Log& log,
          const std::string& mqtt)
      : connection(std::move(opened)),
        root(connection->raw(), mqtt),
        log_control(connection->raw(), log),
        meters(connection->raw(), commands) {}

  std::unique_ptr<bus::Connection> connection;
  Root root;
  LogControl log_control;
  BusMeters meters;
};

// Waits for the bus to greet, for a minute and a half if need be.
BusService::Opened BusService::try_open(Bus kind) noexcept {
  try {
    return std::make_unique<bus::Connection>(kind);
  } catch (const std::exception& error) {
    return irmeter::Error{error.what()};
  }
}

BusService::BusService(Loop& loop, Bus kind, Store& store, CommandQueue& commands, Log& log)
    : loop_(loop),
      kind_(kind),
      store_(store),
      commands_(commands),
      log_(log),
      status_("not on " + bus_text(kind) + " yet"),
      delay_(first_delay, longest_delay),
      last_attempt_(loop.now()),
      retry_(loop.timer([this] { connect(); }, std::chrono::milliseconds(1))) {
  store_.add_sink(*this);
  Loop::arm(retry_, loop.now());
}

BusService::~BusService() {
  store_.remove_sink(*this);
}

std::vector<Step> BusService::steps() const {
  if (ready()) {
    return {};
  }
  return {{"the connection to " + bus_text(kind_), last_attempt_, longest_opening}};
}

void BusService::connect() noexcept {
  if (opening_) {
    report(bus_text(kind_) + " is not available: it does not answer");
    return;
  }
  last_attempt_ = loop_.now();
  try {
    opening_ = std::make_unique<Background<Opened>>(
        loop_, [kind = kind_] { return try_open(kind); },
        [this](Opened opened) {
          opening_.reset();
          if (opened) {
            begin(std::move(opened).value());
          } else {
            fail(opened.error().what);
          }
        });
    Loop::arm(retry_, loop_.now() + patience);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void BusService::begin(std::unique_ptr<bus::Connection> connection) noexcept {
  try {
    auto session = std::make_unique<Session>(std::move(connection), commands_, log_, mqtt_);
    for (const auto& [name, meter] : store_.meters()) {
      session->meters.add(meter);
    }
    session->connection->attach(loop_, [this] { fail("it has closed the connection"); });
    session->connection->own(service_name);
    session_ = std::move(session);
    Loop::disarm(retry_);
    delay_.reset();
    report("on " + bus_text(kind_));
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void BusService::fail(const std::string& reason) noexcept {
  session_.reset();
  last_attempt_ = loop_.now();
  Loop::arm(retry_, loop_.now() + delay_.next());
  report(bus_text(kind_) + " is not available: " + reason);
}

// Each change is logged once, however often the same thing is tried in vain.
void BusService::report(const std::string& status) noexcept {
  if (status == status_) {
    return;
  }
  status_ = status;
  if (ready()) {
    log_.info("D-Bus: " + status_ + " as " + service_name, {message_id(Event::bus_found)});
  } else {
    log_.warning("D-Bus: " + status_ + "; trying again until it is", {message_id(Event::bus_lost)});
  }
  changed();
}

template <typename Action>
void BusService::in_session(const Action& action) noexcept {
  if (!session_) {
    return;
  }
  try {
    action(*session_);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void BusService::show_mqtt(const std::string& status) noexcept {
  if (status != mqtt_) {
    mqtt_ = status;
    in_session([](Session& session) { session.root.mqtt_changed(); });
  }
}

void BusService::meter_added(const MeterSnapshot& meter) noexcept {
  in_session([&](Session& session) {
    session.meters.add(meter);
    session.meters.announce(meter);
  });
}

void BusService::meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept {
  in_session([&](Session& session) {
    if (BusMeter* const meter = session.meters.find(after.name)) {
      meter->changed(before);
    }
  });
}

void BusService::event_logged(const MeterSnapshot& of, const irmeter::LogEntry& entry) noexcept {
  in_session([&](Session& session) {
    if (BusMeter* const meter = session.meters.find(of.name)) {
      meter->logged(entry);
    }
  });
}

void BusService::meter_removed(const MeterSnapshot& meter) noexcept {
  in_session([&](Session& session) { session.meters.remove(meter); });
}

}  // namespace irmeterd
