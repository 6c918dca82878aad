#include "daemon/sinks/bus/service.hpp"

#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include "common/background.hpp"
#include "common/bus_names.hpp"
#include "daemon/service/message_ids.hpp"
#include "daemon/sinks/bus/compat.hpp"
#include "daemon/sinks/bus/log_control.hpp"
#include "daemon/sinks/bus/meter.hpp"
#include "org.irmeterd.IrMeter1.Manager.adaptor.hpp"

namespace irmeterd {
namespace {

constexpr std::chrono::seconds first_delay{1};
constexpr std::chrono::seconds longest_delay{30};
// A bus greets within milliseconds; one that has not by then is said to hang.
constexpr irmeter::Duration patience = std::chrono::seconds(5);
// An attempt at a bus that hangs takes a minute and a half.
constexpr irmeter::Duration longest_opening = std::chrono::minutes(5);

class Root final : public sdbus::AdaptorInterfaces<org::irmeterd::IrMeter1::Manager_adaptor,
                                                   sdbus::ObjectManager_adaptor> {
 public:
  Root(sdbus::IConnection& connection, const std::string& mqtt)
      : AdaptorInterfaces(connection, sdbus::ObjectPath(root_path)), mqtt_(mqtt) {
    registerAdaptor();
  }
  virtual ~Root() { unregisterAdaptor(); }
  void mqtt_changed() {
    getObject().emitPropertiesChangedSignal(bus::InterfaceName{manager_interface},
                                            {bus::PropertyName{"Mqtt"}});
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

 private:
  std::string Version() override { return IRMETER_VERSION; }
  std::string Mqtt() override { return mqtt_; }

  const std::string& mqtt_;
};

std::string bus_text(Bus kind) {
  return kind == Bus::session ? "the session bus" : "the system bus";
}

}  // namespace

struct BusService::Session {
  Session(std::unique_ptr<sdbus::IConnection> opened, Log& log, const std::string& mqtt)
      : connection(std::move(opened)), root(*connection, mqtt), log_control(*connection, log) {}

  std::unique_ptr<sdbus::IConnection> connection;
  Root root;
  LogControl log_control;
  std::map<std::string, BusMeter> meters;
  std::optional<bus::Attachment> attachment;
};

struct BusService::Opened {
  std::unique_ptr<sdbus::IConnection> connection;  // or none, and then
  std::string error;                               // why, as a clause for a person
};

// Waits for the bus to greet, for a minute and a half if need be.
BusService::Opened BusService::try_open(Bus kind) noexcept {
  try {
    return {bus::open(kind), {}};
  } catch (const std::exception& error) {
    return {nullptr, error.what()};
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
          if (opened.connection) {
            begin(std::move(opened.connection));
          } else {
            fail(opened.error);
          }
        });
    Loop::arm(retry_, loop_.now() + patience);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void BusService::begin(std::unique_ptr<sdbus::IConnection> connection) noexcept {
  try {
    auto session = std::make_unique<Session>(std::move(connection), log_, mqtt_);
    for (const auto& [name, meter] : store_.meters()) {
      session->meters.try_emplace(name, *session->connection, commands_, meter);
    }
    session->attachment.emplace(loop_, *session->connection,
                                [this](const std::string& reason) { fail(reason); });
    bus::own_name(*session->connection, service_name);
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
    const auto [place, added] =
        session.meters.try_emplace(meter.name, *session.connection, commands_, meter);
    if (added) {
      place->second.announce_added();
    }
  });
}

void BusService::meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept {
  in_session([&](Session& session) {
    const auto place = session.meters.find(after.name);
    if (place != session.meters.end()) {
      place->second.changed(before);
    }
  });
}

void BusService::event_logged(const MeterSnapshot& meter, const irmeter::LogEntry& entry) noexcept {
  in_session([&](Session& session) {
    const auto place = session.meters.find(meter.name);
    if (place != session.meters.end()) {
      place->second.logged(entry);
    }
  });
}

void BusService::meter_removed(const MeterSnapshot& meter) noexcept {
  in_session([&](Session& session) {
    const auto place = session.meters.find(meter.name);
    if (place != session.meters.end()) {
      place->second.announce_removed();
      session.meters.erase(place);
    }
  });
}

}  // namespace irmeterd
