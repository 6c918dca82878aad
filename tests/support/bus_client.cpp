#include "tests/support/bus_client.hpp"

#include <sstream>
#include <system_error>

#include "tests/support/wait.hpp"

namespace irmeterd {
namespace {

void check(int result, const char* what) {
  if (result < 0) {
    throw std::system_error(-result, std::system_category(), what);
  }
}

std::string read_text(sd_bus_message* message, char type = 's') {
  const char* text = "";
  check(sd_bus_message_read_basic(message, type, &text), "read text");
  return text;
}

// Runs body for each element of the array; each(message) reads one.
template <typename Each>
void read_array(sd_bus_message* message, const char* contents, const Each& each) {
  check(sd_bus_message_enter_container(message, 'a', contents), "enter array");
  while (sd_bus_message_at_end(message, 0) == 0) {
    each();
  }
  check(sd_bus_message_exit_container(message), "exit array");
}

template <typename Each>
void read_dict(sd_bus_message* message, const std::string& entry, const Each& each) {
  read_array(message, ("{" + entry + "}").c_str(), [&] {
    check(sd_bus_message_enter_container(message, 'e', entry.c_str()), "enter entry");
    each();
    check(sd_bus_message_exit_container(message), "exit entry");
  });
}

Value read_variant(sd_bus_message* message) {
  const char* signature = "";
  check(sd_bus_message_peek_type(message, nullptr, &signature), "peek");
  const std::string type = signature;
  check(sd_bus_message_enter_container(message, 'v', type.c_str()), "enter variant");
  Value value;
  if (type == "s") {
    value = read_text(message);
  } else if (type == "d") {
    double number = 0;
    check(sd_bus_message_read_basic(message, 'd', &number), "read d");
    value = number;
  } else if (type == "t") {
    std::uint64_t number = 0;
    check(sd_bus_message_read_basic(message, 't', &number), "read t");
    value = number;
  } else if (type == "u") {
    std::uint32_t number = 0;
    check(sd_bus_message_read_basic(message, 'u', &number), "read u");
    value = std::uint64_t{number};
  } else if (type == "a{sd}") {
    std::map<std::string, double> numbers;
    read_dict(message, "sd", [&] {
      const std::string key = read_text(message);
      check(sd_bus_message_read_basic(message, 'd', &numbers[key]), "read d");
    });
    value = numbers;
  } else if (type == "b") {
    int flag = 0;
    check(sd_bus_message_read_basic(message, 'b', &flag), "read b");
    value = flag != 0;
  } else if (type == "as") {
    std::vector<std::string> texts;
    read_array(message, "s", [&] { texts.push_back(read_text(message)); });
    value = texts;
  } else if (type == "a(ysss)" || type == "a(ysds)") {  // a text each, blanks between its members
    const std::string members = type.substr(2, 4);
    std::vector<std::string> devices;
    read_array(message, ("(" + members + ")").c_str(), [&] {
      check(sd_bus_message_enter_container(message, 'r', members.c_str()), "enter structure");
      std::uint8_t slot = 0;
      check(sd_bus_message_read_basic(message, 'y', &slot), "read y");
      std::string device = std::to_string(slot);
      for (const char member : members.substr(1)) {
        if (member == 's') {
          device += " " + read_text(message);
        } else {
          double number = 0;
          check(sd_bus_message_read_basic(message, 'd', &number), "read d");
          std::ostringstream text;
          text << number;
          device += " " + text.str();
        }
      }
      devices.push_back(device);
      check(sd_bus_message_exit_container(message), "exit structure");
    });
    value = devices;
  } else {
    throw std::runtime_error("a variant of the unexpected type " + type);
  }
  check(sd_bus_message_exit_container(message), "exit variant");
  return value;
}

Properties read_properties(sd_bus_message* message) {
  Properties properties;
  read_dict(message, "sv", [&] {
    const std::string name = read_text(message);
    properties[name] = read_variant(message);
  });
  return properties;
}

Interfaces read_interfaces(sd_bus_message* message) {
  Interfaces interfaces;
  read_dict(message, "sa{sv}", [&] {
    const std::string name = read_text(message);
    interfaces[name] = read_properties(message);
  });
  return interfaces;
}

std::vector<std::string> read_names(sd_bus_message* message) {
  std::vector<std::string> names;
  read_array(message, "s", [&] { names.push_back(read_text(message)); });
  return names;
}

}  // namespace

Call::~Call() {
  sd_bus_slot_unref(slot_);
  sd_bus_message_unref(reply_);
}

Properties Call::properties() const {
  check(sd_bus_message_rewind(reply_, 1), "rewind");
  return read_properties(reply_);
}

Objects Call::objects() const {
  check(sd_bus_message_rewind(reply_, 1), "rewind");
  Objects objects;
  read_dict(reply_, "oa{sa{sv}}", [&] {
    const std::string path = read_text(reply_, 'o');
    objects[path] = read_interfaces(reply_);
  });
  return objects;
}

std::string Call::text() const {
  check(sd_bus_message_rewind(reply_, 1), "rewind");
  return read_text(reply_);
}

BusClient::BusClient(Loop& loop, const std::string& address) : loop_(loop) {
  check(sd_bus_new(&bus_), "sd_bus_new");
  check(sd_bus_set_address(bus_, address.c_str()), "sd_bus_set_address");
  check(sd_bus_set_bus_client(bus_, 1), "sd_bus_set_bus_client");
  check(sd_bus_start(bus_), "sd_bus_start");
  check(sd_bus_attach_event(bus_, loop.raw(), SD_EVENT_PRIORITY_NORMAL), "sd_bus_attach_event");
}

BusClient::~BusClient() {
  sd_bus_flush_close_unref(bus_);
}

std::unique_ptr<Call> BusClient::start(const std::string& path, const std::string& interface,
                                       const std::string& member, const Arguments& arguments) {
  sd_bus_message* message = nullptr;
  check(sd_bus_message_new_method_call(bus_, &message, service_name, path.c_str(),
                                       interface.c_str(), member.c_str()),
        "new method call");
  const std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)> owner(
      message, &sd_bus_message_unref);
  for (const std::string& argument : arguments) {
    check(sd_bus_message_append_basic(message, 's', argument.c_str()), "append");
  }
  auto call = std::make_unique<Call>();
  check(sd_bus_call_async(
            bus_, &call->slot_, message,
            [](sd_bus_message* reply, void* self, sd_bus_error*) -> int {
              auto& waiting = *static_cast<Call*>(self);
              waiting.reply_ = sd_bus_message_ref(reply);
              if (const sd_bus_error* error = sd_bus_message_get_error(reply)) {
                waiting.error = error->name;
                waiting.message = error->message;
              }
              waiting.done = true;
              return 0;
            },
            call.get(), 0),
        "call");
  return call;
}

std::unique_ptr<Call> BusClient::call(const std::string& path, const std::string& interface,
                                      const std::string& member, const Arguments& arguments) {
  auto started = start(path, interface, member, arguments);
  if (!wait_until(loop_, [&] { return started->done; })) {
    throw std::runtime_error("no reply to " + member);
  }
  return started;
}

Properties BusClient::get_all(const std::string& path) {
  return call(path, properties_interface, "GetAll", {meter_interface})->properties();
}

void BusClient::listen() {
  const std::string match = "type='signal',path_namespace='" + std::string(root_path) + "'";
  check(sd_bus_add_match(bus_, nullptr, match.c_str(), on_signal, this), "add match");
}

int BusClient::on_signal(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  Signal signal;
  signal.path = sd_bus_message_get_path(message);
  signal.member = sd_bus_message_get_member(message);
  if (signal.member == "PropertiesChanged") {
    signal.interface = read_text(message);
    signal.changed = read_properties(message);
    signal.invalidated = read_names(message);
  } else if (signal.member == "InterfacesAdded") {
    signal.object = read_text(message, 'o');
    signal.interfaces = read_interfaces(message);
  } else if (signal.member == "InterfacesRemoved") {
    signal.object = read_text(message, 'o');
    signal.invalidated = read_names(message);
  }
  static_cast<BusClient*>(self)->signals.push_back(std::move(signal));
  return 0;
}

bool BusClient::take_name() {
  return sd_bus_request_name(bus_, service_name, 0) >= 0;
}

void BusClient::drop_name() {
  check(sd_bus_release_name(bus_, service_name), "release name");
}

}  // namespace irmeterd
