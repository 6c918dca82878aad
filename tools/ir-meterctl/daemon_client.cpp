#include "tools/ir-meterctl/daemon_client.hpp"

#include <systemd/sd-event.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "common/bus_names.hpp"
#include "tools/ir-meterctl/message_reader.hpp"
#include "tools/ir-meterctl/meter_message.hpp"

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
constexpr std::uint64_t history_timeout = 600 * second;

constexpr const char* no_message = "no message can be made for ir-meterd";
constexpr const char* no_watching = "the message bus does not let changes be watched";
constexpr const char* is_it_running =
    "see 'systemctl status ir-meterd', and start it with 'sudo systemctl enable --now ir-meterd'";

// Of a call into the library that should not fail.
void check(int result, const char* what) {
  if (result < 0) {
    throw Failure(Kind::failed, what + (": " + std::generic_category().message(-result)),
                  "see 'systemctl status dbus'");
  }
}

bool is_one_of(const sd_bus_error& error, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return sd_bus_error_has_name(&error, name) > 0; });
}

Failure not_understood() {
  return {Kind::failed, "the reply of ir-meterd is not understood",
          "restart it after an upgrade: 'sudo systemctl restart ir-meterd'"};
}

}  // namespace

DaemonClient::DaemonClient(irmeterd::Bus bus)
    : bus_name_(bus == irmeterd::Bus::session ? "the session bus" : "the system bus") {
  if (bus == irmeterd::Bus::none) {
    throw Failure(Kind::no_bus, "the configuration keeps ir-meterd off D-Bus",
                  "write bus = \"system\" under [dbus] and reload it");
  }
  const bool session = bus == irmeterd::Bus::session;
  sd_bus* opened = nullptr;
  const int result = session ? sd_bus_open_user(&opened) : sd_bus_open_system(&opened);
  bus_.reset(opened);
  if (result < 0) {
    const std::string why = result == -ENOMEDIUM ? "its address is not known"
                                                 : std::generic_category().message(-result);
    throw Failure(Kind::no_bus, bus_name_ + " cannot be reached: " + why,
                  session ? "run this in the session of the user that runs ir-meterd"
                          : "see 'systemctl status dbus'");
  }
}

DaemonInfo DaemonClient::look() const {
  const auto objects =
      call(make_call(root_path, object_manager, "GetManagedObjects"), look_timeout);
  auto meters = read_meters(MessageReader(objects.get()));
  const auto get_all = make_call(root_path, properties, "GetAll");
  check(sd_bus_message_append(get_all.get(), "s", manager_interface), no_message);
  const auto manager = call(get_all, look_timeout);
  MessageReader reader(manager.get());
  DaemonInfo info;
  reader.dictionary('s', "v", [&](const std::string& name) {
    if (name == "Version") {
      reader.variant("s", [&] { info.version = reader.text(); });
    } else if (name == "Mqtt") {
      reader.variant("s", [&] { info.mqtt = reader.text(); });
    } else {
      reader.skip("v");
    }
  });
  if (!meters || !reader.good()) {
    throw not_understood();
  }
  info.meters = std::move(*meters);
  return info;
}

void DaemonClient::read_now(const std::string& meter) const {
  call(make_call(irmeterd::meter_path(meter), meter_interface, "ReadNow"), poll_timeout);
}

void DaemonClient::retry_tables(const std::string& meter) const {
  call(make_call(irmeterd::meter_path(meter), meter_interface, "RetryTables"), look_timeout);
}

void DaemonClient::retry_key(const std::string& meter) const {
  call(make_call(irmeterd::meter_path(meter), meter_interface, "RetryKey"), look_timeout);
}

irmeter::Bytes DaemonClient::read_table(const std::string& meter,
                                        const irmeter::TableRead& what) const {
  const auto question = make_call(irmeterd::meter_path(meter), meter_interface, "ReadTable");
  check(sd_bus_message_append(question.get(), "quu", what.table, what.offset,
                              std::uint32_t{what.count}),
        no_message);
  const auto reply = call(question, poll_timeout);
  const void* data = nullptr;
  std::size_t size = 0;
  if (sd_bus_message_read_array(reply.get(), 'y', &data, &size) < 0) {
    throw not_understood();
  }
  const auto* const bytes = static_cast<const std::uint8_t*>(data);
  return {bytes, bytes + size};
}

std::vector<HistoryEntry> DaemonClient::get_history(const std::string& meter, Moment from,
                                                    Moment to) const {
  const auto usec = [](Moment moment) {
    const auto since = std::chrono::floor<std::chrono::microseconds>(moment.time_since_epoch());
    return static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
  };
  const auto question = make_call(irmeterd::meter_path(meter), meter_interface, "GetHistory");
  check(sd_bus_message_append(question.get(), "tt", usec(from), usec(to)), no_message);
  const auto reply = call(question, history_timeout);
  std::vector<HistoryEntry> entries;
  MessageReader reader(reply.get());
  reader.array("(ta{sd}s)", [&] {
    reader.structure("ta{sd}s", [&] {
      HistoryEntry entry;
      entry.end = Moment(std::chrono::microseconds(reader.basic<std::uint64_t>('t')));
      reader.dictionary('s', "d", [&](const std::string& key) {
        entry.numbers[key] = reader.basic<double>('d');
      });
      entry.status = reader.text();
      entries.push_back(std::move(entry));
    });
  });
  if (!reader.good()) {
    throw not_understood();
  }
  return entries;
}

std::vector<DaemonClient::Event> DaemonClient::events(const std::string& meter) const {
  const auto question = make_call(irmeterd::meter_path(meter), meter_interface, "GetEvents");
  check(sd_bus_message_append(question.get(), "u", std::uint32_t{0}), no_message);
  const auto reply = call(question, look_timeout);
  MessageReader reader(reply.get());
  std::vector<Event> events;
  reader.array("(tqs)", [&] {
    reader.structure("tqs", [&] {
      Event event{};
      event.time_usec = reader.basic<std::uint64_t>('t');
      event.id = reader.basic<std::uint16_t>('q');
      event.text = reader.text();
      events.push_back(std::move(event));
    });
  });
  if (!reader.good()) {
    throw not_understood();
  }
  return events;
}

MessageHandle DaemonClient::make_call(const std::string& path, const char* interface,
                                      const char* member) const {
  sd_bus_message* message = nullptr;
  check(sd_bus_message_new_method_call(bus_.get(), &message, service_name, path.c_str(), interface,
                                       member),
        no_message);
  MessageHandle owner(message);
  check(sd_bus_message_set_auto_start(message, 0), no_message);
  return owner;
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

MessageHandle DaemonClient::call(const MessageHandle& message, std::uint64_t timeout_usec) const {
  sd_bus_error error{};
  sd_bus_message* reply = nullptr;
  if (sd_bus_call(bus_.get(), message.get(), timeout_usec, &error, &reply) < 0) {
    const Failure failure = failure_from(error);
    sd_bus_error_free(&error);
    throw failure;
  }
  return MessageHandle(reply);
}

void DaemonClient::watch(irmeterd::Loop& loop, Events events) {
  events_ = std::move(events);
  check(sd_bus_attach_event(bus_.get(), loop.raw(), SD_EVENT_PRIORITY_NORMAL), no_watching);
  // First the signals, then the question: nothing falls between.
  match<&DaemonClient::on_disconnected>(local, local, "Disconnected");
  match<&DaemonClient::on_owner>(bus_daemon, bus_daemon, "NameOwnerChanged");
  match<&DaemonClient::on_properties>(service_name, properties, "PropertiesChanged");
  match<&DaemonClient::on_meters_differ>(service_name, object_manager, "InterfacesAdded");
  match<&DaemonClient::on_meters_differ>(service_name, object_manager, "InterfacesRemoved");
  check(ask_for_meters(), no_watching);
}

template <DaemonClient::Handler handler>
int DaemonClient::handle(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  (static_cast<DaemonClient*>(self)->*handler)(message);
  return 0;
}

template <DaemonClient::Handler handler>
void DaemonClient::match(const char* sender, const char* interface, const char* member) {
  // The slot lives as long as the bus, which ends with this.
  check(sd_bus_match_signal(bus_.get(), nullptr, sender, nullptr, interface, member,
                            handle<handler>, this),
        no_watching);
}

int DaemonClient::ask_for_meters() {
  const auto message = make_call(root_path, object_manager, "GetManagedObjects");
  sd_bus_slot* slot = nullptr;
  const int result = sd_bus_call_async(bus_.get(), &slot, message.get(),
                                       handle<&DaemonClient::on_meters>, this, 0 /* the default */);
  question_.reset(slot);
  return result;
}

void DaemonClient::stopped() {
  question_.reset();
  unfinished_.clear();
  meters_.clear();
  if (running_ != false) {
    running_ = false;
    events_.daemon(false);
  }
}

// What was there before and what is there now, meter by meter. It has what has been asked for.
void DaemonClient::show(Meters meters) {
  if (running_ != true) {
    running_ = true;
    events_.daemon(true);
  }
  unfinished_.clear();
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

void DaemonClient::on_owner(sd_bus_message* message) {
  MessageReader reader(message);
  const bool ours = reader.text() == service_name;
  (void)reader.text();
  const std::string owner = reader.text();
  if (reader.good() && ours) {
    stopped();
    if (!owner.empty()) {
      (void)ask_for_meters();
    }
  }
}

// What is told without its value is asked for, and the change is shown with the reply. The daemon
// sends in order: the reply has no reading older than any signal before it, and whatever comes
// behind it is newer. So the signals that come meanwhile are part of the same change.
void DaemonClient::on_properties(sd_bus_message* message) {
  const std::string path = sd_bus_message_get_path(message);
  const auto known = meters_.find(path);
  MessageReader reader(message);
  // One that is not known yet is in the reply that is awaited, with this change.
  if (known == meters_.end() || reader.text() != meter_interface) {
    return;
  }
  const auto waiting = unfinished_.find(path);
  MeterInfo after = waiting == unfinished_.end() ? known->second : waiting->second.after;
  read_properties(reader, after);
  bool without_quantities = false;
  reader.array("s", [&] { without_quantities |= reader.text() == quantities_property; });
  if (!reader.good()) {
    return;
  }
  if (waiting != unfinished_.end()) {
    waiting->second.after = std::move(after);
  } else if (without_quantities) {
    ask_for_quantities(path, std::move(after));
  } else {
    show(path, std::move(after));
  }
}

void DaemonClient::ask_for_quantities(const std::string& path, MeterInfo after) {
  const auto message = make_call(path, properties, "Get");
  sd_bus_slot* slot = nullptr;
  if (sd_bus_message_append(message.get(), "ss", meter_interface, quantities_property) >= 0 &&
      sd_bus_call_async(bus_.get(), &slot, message.get(), handle<&DaemonClient::on_quantities>,
                        this, 0 /* the default */) >= 0) {
    unfinished_[path] = {std::move(after), SlotHandle(slot)};
  }
}

void DaemonClient::on_quantities(sd_bus_message* message) {
  const auto asked = std::ranges::find_if(unfinished_, [&](const auto& each) {
    return each.second.question.get() == sd_bus_get_current_slot(bus_.get());
  });
  if (asked == unfinished_.end()) {
    return;
  }
  auto change = unfinished_.extract(asked);
  MessageReader reader(message);
  const bool refused = sd_bus_message_get_error(message) != nullptr;
  if (!refused) {
    read_property(reader, quantities_property, change.mapped().after);
  }
  if (refused || !reader.good()) {
    (void)ask_for_meters();  // the meter has gone, or the daemon
  } else {
    show(change.key(), std::move(change.mapped().after));
  }
}

void DaemonClient::show(const std::string& path, MeterInfo after) {
  MeterInfo& meter = meters_.at(path);
  const MeterInfo before = std::exchange(meter, std::move(after));
  events_.changed(before, meter);
}

// A reload has changed which meters there are: rare enough to ask for all of them again.
void DaemonClient::on_meters_differ(sd_bus_message*) {
  if (running_ == true) {
    (void)ask_for_meters();
  }
}

void DaemonClient::on_meters(sd_bus_message* message) {
  question_.reset();
  if (const sd_bus_error* error = sd_bus_message_get_error(message)) {
    const Failure failure = failure_from(*error);
    if (failure.kind == Kind::not_running) {
      stopped();
    } else if (failure.kind == Kind::no_answer) {
      ask_for_meters();  // it stops or starts just now, or takes its time
    } else {
      events_.ended(failure);
    }
  } else if (auto meters = read_meters(MessageReader(message))) {
    show(std::move(*meters));
  } else {
    events_.ended(not_understood());
  }
}

// NOLINTNEXTLINE(readability-make-member-function-const): a handler like the others
void DaemonClient::on_disconnected(sd_bus_message*) {
  events_.ended({Kind::no_bus, "the message bus has gone", "start watch again when it is back"});
}

}  // namespace irmeterctl
