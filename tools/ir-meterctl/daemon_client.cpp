#include "tools/ir-meterctl/daemon_client.hpp"

#include <systemd/sd-event.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/bus_names.hpp"
#include "tools/ir-meterctl/message_reader.hpp"

namespace irmeterctl {
namespace {

using irmeterd::manager_interface;
using irmeterd::meter_interface;
using irmeterd::root_path;
using irmeterd::service_name;
using Kind = Failure::Kind;

constexpr const char* bus_daemon = "org.freedesktop.DBus";
constexpr const char* local = "org.freedesktop.DBus.Local";
constexpr const char* properties = "org.freedesktop.DBus.Properties";
constexpr const char* object_manager = "org.freedesktop.DBus.ObjectManager";

constexpr std::uint64_t second = 1'000'000;  // us
constexpr std::uint64_t look_timeout = 5 * second;
constexpr std::uint64_t poll_timeout = 120 * second;

constexpr const char* is_it_running =
    "see 'systemctl status ir-meterd', and start it with 'sudo systemctl enable --now ir-meterd'";

Failure no_memory() {
  return {Kind::failed, "there is no memory for a message", "", ""};
}

class BusError {
 public:
  BusError() = default;
  ~BusError() { sd_bus_error_free(&error_); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  [[nodiscard]] sd_bus_error* get() { return &error_; }

 private:
  sd_bus_error error_ = SD_BUS_ERROR_NULL;
};

bool is_one_of(const sd_bus_error& error, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return sd_bus_error_has_name(&error, name) > 0; });
}

void read_property(MessageReader& reader, const std::string& name, MeterInfo& meter) {
  if (std::string* text = meter.text(name)) {
    reader.variant("s", [&] { *text = reader.text(); });
  } else if (name == "LastReadingUSec") {
    reader.variant("t", [&] { meter.last_reading_usec = reader.counter(); });
  } else if (name == "Echo") {
    reader.variant("b", [&] { meter.echo = reader.flag(); });
  } else if (name == "Held") {
    reader.variant("as", [&] {
      meter.held.clear();
      reader.array("s", [&] { meter.held.push_back(reader.text()); });
    });
  } else if (name == "Quantities") {
    reader.variant("a{sd}", [&] {
      meter.quantities.clear();
      reader.dictionary('s', "d",
                        [&](const std::string& key) { meter.quantities[key] = reader.number(); });
    });
  } else {
    reader.skip("v");
  }
}

Failure not_understood() {
  return {Kind::failed, "the reply of ir-meterd is not understood",
          "restart it after an upgrade: 'sudo systemctl restart ir-meterd'", ""};
}

// Sets what the message says next, an a{sv}; false when it is not that.
bool read_properties(sd_bus_message* message, MeterInfo& meter) {
  MessageReader reader(message);
  reader.dictionary('s', "v", [&](const std::string& name) { read_property(reader, name, meter); });
  return reader.good();
}

// The reply of GetManagedObjects; nothing when it is not one.
std::optional<Meters> read_meters(sd_bus_message* message) {
  MessageReader reader(message);
  Meters meters;
  bool understood = true;
  reader.dictionary('o', "a{sa{sv}}", [&](const std::string& path) {
    reader.dictionary('s', "a{sv}", [&](const std::string& interface) {
      if (interface == meter_interface) {
        understood = read_properties(message, meters[path]) && understood;
      } else {
        reader.skip("a{sv}");
      }
    });
  });
  return reader.good() && understood ? std::optional(std::move(meters)) : std::nullopt;
}

DaemonClient* client_of(void* self) {
  return static_cast<DaemonClient*>(self);
}

}  // namespace

std::optional<Failure> DaemonClient::connect(irmeterd::Bus bus) {
  if (bus == irmeterd::Bus::none) {
    return Failure{Kind::no_bus, "the configuration keeps ir-meterd off D-Bus",
                   "write bus = \"system\" under [dbus] and reload it", ""};
  }
  const bool session = bus == irmeterd::Bus::session;
  bus_name_ = session ? "the session bus" : "the system bus";
  sd_bus* opened = nullptr;
  const int result = session ? sd_bus_open_user(&opened) : sd_bus_open_system(&opened);
  bus_.reset(opened);
  if (result < 0) {
    const std::string why = result == -ENOMEDIUM ? "its address is not known"
                                                 : std::generic_category().message(-result);
    return Failure{Kind::no_bus, bus_name_ + " cannot be reached: " + why,
                   session ? "run this in the session of the user that runs ir-meterd"
                           : "see 'systemctl status dbus'",
                   ""};
  }
  return std::nullopt;
}

Reply<DaemonInfo> DaemonClient::look() const {
  const auto objects =
      call(make_call(root_path, object_manager, "GetManagedObjects"), look_timeout);
  if (const auto* failure = std::get_if<Failure>(&objects)) {
    return *failure;
  }
  auto meters = read_meters(std::get<MessageHandle>(objects).get());
  const auto get = make_call(root_path, properties, "Get");
  if (!meters || !get || sd_bus_message_append(get.get(), "ss", manager_interface, "Version") < 0) {
    return meters ? no_memory() : not_understood();
  }
  const auto version = call(get, look_timeout);
  if (const auto* failure = std::get_if<Failure>(&version)) {
    return *failure;
  }
  DaemonInfo info{{}, std::move(*meters)};
  MessageReader reader(std::get<MessageHandle>(version).get());
  reader.variant("s", [&] { info.version = reader.text(); });
  if (!reader.good()) {
    return not_understood();
  }
  return info;
}

std::optional<Failure> DaemonClient::read_now(const std::string& meter) const {
  return call_meter(meter, "ReadNow", poll_timeout);
}

std::optional<Failure> DaemonClient::retry_key(const std::string& meter) const {
  return call_meter(meter, "RetryKey", look_timeout);
}

MessageHandle DaemonClient::make_call(const std::string& path, const char* interface,
                                      const char* member) const {
  sd_bus_message* made = nullptr;
  (void)sd_bus_message_new_method_call(bus_.get(), &made, service_name, path.c_str(), interface,
                                       member);
  MessageHandle message(made);
  if (message && sd_bus_message_set_auto_start(message.get(), 0) < 0) {
    message.reset();
  }
  return message;
}

Failure DaemonClient::failure_from(const sd_bus_error& error) const {
  const std::string name = error.name != nullptr ? error.name : "";
  if (is_one_of(error, {SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER})) {
    return {Kind::not_running,
            std::string("ir-meterd is not running: nobody is ") + service_name + " on " + bus_name_,
            is_it_running, name};
  }
  if (is_one_of(error, {SD_BUS_ERROR_ACCESS_DENIED})) {
    return {Kind::denied, "the policy of " + bus_name_ + " does not let you do this",
            "use sudo, or join the group ir-meterd", name};
  }
  if (is_one_of(error, {SD_BUS_ERROR_UNKNOWN_OBJECT, SD_BUS_ERROR_UNKNOWN_METHOD})) {
    return {Kind::failed, "ir-meterd has no such meter",
            "if it is in the configuration, reload it: 'sudo systemctl reload ir-meterd'", name};
  }
  if (is_one_of(error, {SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT})) {
    return {Kind::no_answer, "ir-meterd does not answer", "see 'systemctl status ir-meterd'", name};
  }
  return {Kind::failed, error.message != nullptr ? error.message : name, "", name};
}

Reply<MessageHandle> DaemonClient::call(const MessageHandle& message,
                                        std::uint64_t timeout_usec) const {
  if (!message) {
    return no_memory();
  }
  BusError error;
  sd_bus_message* reply = nullptr;
  const int result = sd_bus_call(bus_.get(), message.get(), timeout_usec, error.get(), &reply);
  MessageHandle handle(reply);
  if (result < 0) {
    return failure_from(*error.get());
  }
  return handle;
}

std::optional<Failure> DaemonClient::call_meter(const std::string& meter, const char* member,
                                                std::uint64_t timeout_usec) const {
  auto reply = call(make_call(irmeterd::meter_path(meter), meter_interface, member), timeout_usec);
  if (auto* failure = std::get_if<Failure>(&reply)) {
    return std::move(*failure);
  }
  return std::nullopt;
}

std::optional<Failure> DaemonClient::watch(irmeterd::Loop& loop, Events events) {
  events_ = std::move(events);
  // First the signals, then the question: nothing falls between.
  for (const int result :
       {sd_bus_attach_event(bus_.get(), loop.raw(), SD_EVENT_PRIORITY_NORMAL),
        match(local, local, "Disconnected", on_disconnected),
        match(bus_daemon, bus_daemon, "NameOwnerChanged", on_owner),
        match(service_name, properties, "PropertiesChanged", on_properties),
        match(service_name, object_manager, "InterfacesAdded", on_meters_differ),
        match(service_name, object_manager, "InterfacesRemoved", on_meters_differ),
        ask_for_meters()}) {
    if (result < 0) {
      return Failure{Failure::Kind::failed,
                     "the message bus does not let changes be watched: " +
                         std::generic_category().message(-result),
                     "see 'systemctl status dbus'", ""};
    }
  }
  return std::nullopt;
}

int DaemonClient::match(const char* sender, const char* interface, const char* member,
                        Handler handler) {
  // The slot lives as long as the bus, which ends with this.
  return sd_bus_match_signal(bus_.get(), nullptr, sender, nullptr, interface, member, handler,
                             this);
}

int DaemonClient::ask_for_meters() {
  const auto message = make_call(root_path, object_manager, "GetManagedObjects");
  if (!message) {
    return -ENOMEM;
  }
  sd_bus_slot* slot = nullptr;
  const int result =
      sd_bus_call_async(bus_.get(), &slot, message.get(), on_meters, this, 0 /* the default */);
  question_.reset(slot);
  return result;
}

void DaemonClient::stopped() {
  question_.reset();
  meters_.clear();
  if (running_ != false) {
    running_ = false;
    events_.daemon(false);
  }
}

// What was there before and what is there now, meter by meter.
void DaemonClient::show(Meters meters) {
  if (running_ != true) {
    running_ = true;
    events_.daemon(true);
  }
  const Meters before = std::exchange(meters_, std::move(meters));
  for (const auto& [path, meter] : before) {
    if (!meters_.contains(path)) {
      events_.removed(meter);
    }
  }
  for (const auto& [path, meter] : meters_) {
    const auto known = before.find(path);
    events_.changed(known == before.end() ? MeterInfo{} : known->second, meter);
  }
}

int DaemonClient::on_owner(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  MessageReader reader(message);
  const bool ours = reader.text() == service_name;
  (void)reader.text();
  const std::string owner = reader.text();
  if (reader.good() && ours) {
    client_of(self)->stopped();
    if (!owner.empty()) {
      (void)client_of(self)->ask_for_meters();
    }
  }
  return 0;
}

int DaemonClient::on_properties(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  DaemonClient& client = *client_of(self);
  const auto known = client.meters_.find(sd_bus_message_get_path(message));
  MessageReader reader(message);
  // One that is not known yet is in the reply that is awaited, with this change.
  if (known != client.meters_.end() && reader.text() == meter_interface && reader.good()) {
    MeterInfo after = known->second;
    if (read_properties(message, after)) {
      const MeterInfo before = std::exchange(known->second, std::move(after));
      client.events_.changed(before, known->second);
    }
  }
  return 0;
}

// A reload has changed which meters there are: rare enough to ask for all of them again.
int DaemonClient::on_meters_differ(sd_bus_message*, void* self, sd_bus_error*) noexcept {
  if (client_of(self)->running_ == true) {
    (void)client_of(self)->ask_for_meters();
  }
  return 0;
}

int DaemonClient::on_meters(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  DaemonClient& client = *client_of(self);
  client.question_.reset();
  if (const sd_bus_error* error = sd_bus_message_get_error(message)) {
    const Failure failure = client.failure_from(*error);
    if (failure.kind == Failure::Kind::not_running) {
      client.stopped();
    } else if (failure.kind == Failure::Kind::no_answer) {
      (void)client.ask_for_meters();  // it stops or starts just now, or takes its time
    } else {
      client.events_.ended(failure);
    }
  } else if (auto meters = read_meters(message)) {
    client.show(std::move(*meters));
  } else {
    client.events_.ended(not_understood());
  }
  return 0;
}

int DaemonClient::on_disconnected(sd_bus_message*, void* self, sd_bus_error*) noexcept {
  client_of(self)->events_.ended(
      {Failure::Kind::no_bus, "the message bus has gone", "start watch again when it is back", ""});
  return 0;
}

}  // namespace irmeterctl
