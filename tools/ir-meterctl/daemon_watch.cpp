#include "tools/ir-meterctl/daemon_watch.hpp"

#include <systemd/sd-event.h>

#include <system_error>
#include <utility>

#include "tools/ir-meterctl/message_reader.hpp"

namespace irmeterctl {
namespace {

constexpr const char* bus_daemon = "org.freedesktop.DBus";
constexpr const char* local = "org.freedesktop.DBus.Local";

DaemonWatch* watch_of(void* self) {
  return static_cast<DaemonWatch*>(self);
}

}  // namespace

DaemonWatch::DaemonWatch(irmeterd::Loop& loop, DaemonClient client, Events events)
    : client_(std::move(client)), events_(std::move(events)) {
  const int result = sd_bus_attach_event(client_.raw(), loop.raw(), SD_EVENT_PRIORITY_NORMAL);
  if (result < 0) {
    throw std::system_error(-result, std::system_category(), "attach the bus to the loop");
  }
}

DaemonWatch::~DaemonWatch() {
  (void)sd_bus_detach_event(client_.raw());
}

std::optional<Failure> DaemonWatch::start() {
  // First the signals, then the question: nothing falls between.
  for (const int result :
       {match(local, local, "Disconnected", on_disconnected),
        match(bus_daemon, bus_daemon, "NameOwnerChanged", on_owner),
        match(service_name, "org.freedesktop.DBus.Properties", "PropertiesChanged", on_properties),
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

int DaemonWatch::match(const char* sender, const char* interface, const char* member,
                       Handler handler) {
  // The slot lives as long as the bus, which ends with this.
  return sd_bus_match_signal(client_.raw(), nullptr, sender, nullptr, interface, member, handler,
                             this);
}

int DaemonWatch::ask_for_meters() {
  const auto message = client_.make_call(root_path, object_manager, "GetManagedObjects");
  if (!message) {
    return -ENOMEM;
  }
  sd_bus_slot* slot = nullptr;
  const int result =
      sd_bus_call_async(client_.raw(), &slot, message.get(), on_meters, this, 0 /* the default */);
  question_.reset(slot);
  return result;
}

void DaemonWatch::stopped() {
  question_.reset();
  meters_.clear();
  if (running_ != false) {
    running_ = false;
    events_.daemon(false);
  }
}

// What was there before and what is there now, meter by meter.
void DaemonWatch::show(Meters meters) {
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

int DaemonWatch::on_owner(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  MessageReader reader(message);
  const bool ours = reader.text() == service_name;
  (void)reader.text();
  const std::string owner = reader.text();
  if (reader.good() && ours) {
    watch_of(self)->stopped();
    if (!owner.empty()) {
      (void)watch_of(self)->ask_for_meters();
    }
  }
  return 0;
}

int DaemonWatch::on_properties(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  DaemonWatch& watch = *watch_of(self);
  const auto known = watch.meters_.find(sd_bus_message_get_path(message));
  MessageReader reader(message);
  // One that is not known yet is in the reply that is awaited, with this change.
  if (known != watch.meters_.end() && reader.text() == meter_interface && reader.good()) {
    MeterInfo after = known->second;
    if (read_properties(message, after)) {
      const MeterInfo before = std::exchange(known->second, std::move(after));
      watch.events_.changed(before, known->second);
    }
  }
  return 0;
}

// A reload has changed which meters there are: rare enough to ask for all of them again.
int DaemonWatch::on_meters_differ(sd_bus_message*, void* self, sd_bus_error*) noexcept {
  if (watch_of(self)->running_ == true) {
    (void)watch_of(self)->ask_for_meters();
  }
  return 0;
}

int DaemonWatch::on_meters(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  DaemonWatch& watch = *watch_of(self);
  watch.question_.reset();
  if (const sd_bus_error* error = sd_bus_message_get_error(message)) {
    const Failure failure = watch.client_.failure_from(*error);
    if (failure.kind == Failure::Kind::not_running) {
      watch.stopped();
    } else if (failure.kind == Failure::Kind::no_answer) {
      (void)watch.ask_for_meters();  // it stops or starts just now, or takes its time
    } else {
      watch.events_.ended(failure);
    }
  } else if (auto meters = read_meters(message)) {
    watch.show(std::move(*meters));
  } else {
    watch.events_.ended(not_understood());
  }
  return 0;
}

int DaemonWatch::on_disconnected(sd_bus_message*, void* self, sd_bus_error*) noexcept {
  watch_of(self)->events_.ended(
      {Failure::Kind::no_bus, "the message bus has gone", "start watch again when it is back", ""});
  return 0;
}

}  // namespace irmeterctl
