// A client of the bus on raw sd-bus, independent of the library that the service uses. It shares
// the loop with the service under test, so nothing here waits for an answer except by turning it.
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/bus_names.hpp"
#include "common/loop.hpp"

namespace irmeterd {

using Value = std::variant<std::string, double, std::uint64_t, bool, std::vector<std::string>,
                           std::map<std::string, double>>;
using Properties = std::map<std::string, Value>;
using Interfaces = std::map<std::string, Properties>;
using Objects = std::map<std::string, Interfaces>;

inline constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
inline constexpr const char* object_manager = "org.freedesktop.DBus.ObjectManager";

// A method call under way: done becomes true with the reply.
class Call {
 public:
  Call() = default;
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  bool done = false;
  std::string error;    // the whole error name; empty when the call succeeded
  std::string message;  // that came with the error

  // The reply as a{sv}, as a{oa{sa{sv}}} or as one string.
  [[nodiscard]] Properties properties() const;
  [[nodiscard]] Objects objects() const;
  [[nodiscard]] std::string text() const;

 private:
  friend class BusClient;
  sd_bus_slot* slot_ = nullptr;
  sd_bus_message* reply_ = nullptr;
};

// A signal as it came: everything that was in it.
struct Signal {
  std::string path;
  std::string member;
  std::string interface;                 // PropertiesChanged: of the properties
  Properties changed;                    // PropertiesChanged
  Interfaces interfaces;                 // InterfacesAdded
  std::vector<std::string> invalidated;  // PropertiesChanged, InterfacesRemoved
  std::string object;                    // InterfacesAdded, InterfacesRemoved
};

class BusClient {
 public:
  // Throws std::exception when the bus is not there.
  BusClient(Loop& loop, const std::string& address);
  ~BusClient();
  BusClient(const BusClient&) = delete;
  BusClient& operator=(const BusClient&) = delete;

  using Arguments = std::vector<std::string>;  // all of type s
  [[nodiscard]] std::unique_ptr<Call> start(const std::string& path, const std::string& interface,
                                            const std::string& member,
                                            const Arguments& arguments = {});
  // start(), then turns the loop until the reply is there.
  [[nodiscard]] std::unique_ptr<Call> call(const std::string& path, const std::string& interface,
                                           const std::string& member,
                                           const Arguments& arguments = {});
  [[nodiscard]] Properties get_all(const std::string& path);

  // Collects every signal of the service from now on.
  void listen();
  std::vector<Signal> signals;

  // Owns the name of the service, as another process would; false when somebody else has it.
  [[nodiscard]] bool take_name();
  void drop_name();

 private:
  static int on_signal(sd_bus_message* message, void* self, sd_bus_error*) noexcept;
  Loop& loop_;
  sd_bus* bus_ = nullptr;
};

}  // namespace irmeterd
