#include "tools/ir-meterctl/daemon_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "tools/ir-meterctl/message_reader.hpp"

namespace irmeterctl {
namespace {

using Kind = Failure::Kind;

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

std::string* text_property(MeterInfo& meter, std::string_view name) {
  const std::array<std::pair<std::string_view, std::string*>, 9> properties{
      {{"Name", &meter.name},
       {"Device", &meter.device},
       {"Manufacturer", &meter.manufacturer},
       {"Model", &meter.model},
       {"SerialNumber", &meter.serial_number},
       {"UtilitySerialNumber", &meter.utility_serial_number},
       {"FirmwareVersion", &meter.firmware_version},
       {"State", &meter.state},
       {"StateDetail", &meter.state_detail}}};
  const auto* const found = std::find_if(properties.begin(), properties.end(),
                                         [&](const auto& known) { return known.first == name; });
  return found == properties.end() ? nullptr : found->second;
}

void read_property(MessageReader& reader, const std::string& name, MeterInfo& meter) {
  if (std::string* text = text_property(meter, name)) {
    reader.variant("s", [&] { *text = reader.text(); });
  } else if (name == "LastReadingUSec") {
    reader.variant("t", [&] { meter.last_reading_usec = reader.counter(); });
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

}  // namespace

Failure not_understood() {
  return {Kind::failed, "the reply of ir-meterd is not understood",
          "restart it after an upgrade: 'sudo systemctl restart ir-meterd'", ""};
}

bool read_properties(sd_bus_message* message, MeterInfo& meter) {
  MessageReader reader(message);
  reader.dictionary('s', "v", [&](const std::string& name) { read_property(reader, name, meter); });
  return reader.good();
}

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

Reply<DaemonClient> DaemonClient::connect(irmeterd::Bus bus) {
  if (bus == irmeterd::Bus::none) {
    return Failure{Kind::no_bus, "the configuration keeps ir-meterd off D-Bus",
                   "write bus = \"system\" under [dbus] and reload it", ""};
  }
  const bool session = bus == irmeterd::Bus::session;
  const std::string name = session ? "the session bus" : "the system bus";
  sd_bus* opened = nullptr;
  const int result = session ? sd_bus_open_user(&opened) : sd_bus_open_system(&opened);
  BusHandle handle(opened);
  if (result < 0) {
    const std::string why = result == -ENOMEDIUM ? "its address is not known"
                                                 : std::generic_category().message(-result);
    return Failure{Kind::no_bus, name + " cannot be reached: " + why,
                   session ? "run this in the session of the user that runs ir-meterd"
                           : "see 'systemctl status dbus'",
                   ""};
  }
  return DaemonClient(std::move(handle), name);
}

Reply<DaemonInfo> DaemonClient::look() const {
  const auto objects =
      call(make_call(root_path, object_manager, "GetManagedObjects"), look_timeout);
  if (const auto* failure = std::get_if<Failure>(&objects)) {
    return *failure;
  }
  auto meters = read_meters(std::get<MessageHandle>(objects).get());
  const auto get = make_call(root_path, "org.freedesktop.DBus.Properties", "Get");
  if (!meters || !get ||
      sd_bus_message_append(get.get(), "ss", "org.irmeterd.IrMeter1.Manager", "Version") < 0) {
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
  const std::string path = std::string(root_path) + "/Meter/" + meter;
  auto reply = call(make_call(path, meter_interface, member), timeout_usec);
  if (auto* failure = std::get_if<Failure>(&reply)) {
    return std::move(*failure);
  }
  return std::nullopt;
}

}  // namespace irmeterctl
