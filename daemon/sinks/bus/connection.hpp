// A connection to the message bus, served by our loop.
//
// On sd-bus, as it lives on sd-event and needs one table for the properties of all meters. Its
// failures are exceptions here: std::system_error for what the bus or the kernel refuses, and
// bus::Error for what a caller is told.
#pragma once

#include <systemd/sd-bus.h>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/config/config.hpp"
#include "common/loop.hpp"

namespace irmeterd::bus {

// What a method fails with; name is the whole D-Bus name of the error.
struct Error : std::runtime_error {
  Error(std::string error_name, const std::string& text)
      : std::runtime_error(text), name(std::move(error_name)) {}
  std::string name;
};

// Throws std::system_error where the result is a negative errno.
void check(int result, const char* what);

// A Slot is what is registered with a connection, as long as it lives.
struct Unref {
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Slot = std::unique_ptr<sd_bus_slot, Unref>;
using Message = std::unique_ptr<sd_bus_message, Unref>;

// Runs the body of a handler that sd-bus calls: what it throws becomes the error. For its result.
template <typename Body>
int guarded(sd_bus_error* error, const Body& body) noexcept {
  try {
    body();
    return 1;
  } catch (const Error& wrong) {
    return sd_bus_error_set(error, wrong.name.c_str(), wrong.what());
  } catch (const std::exception& wrong) {
    return sd_bus_error_set(error, SD_BUS_ERROR_FAILED, wrong.what());
  }
}

class Connection {
 public:
  // To the system or the session bus, at the address in $DBUS_SYSTEM_BUS_ADDRESS or
  // $DBUS_SESSION_BUS_ADDRESS where there is one. Waits for the bus to greet, on any thread.
  // Throws std::exception with a clause for a person. kind is not Bus::none.
  explicit Connection(Bus kind);
  // What was sent has gone.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Becomes the owner of the name, or throws std::exception with a clause for a person.
  void own(const char* name);
  [[nodiscard]] bool is_owned(const char* name);

  // From now on the loop serves the connection. lost is called at most once, from the loop, when it
  // is dead, and may destroy it.
  void attach(Loop& loop, std::function<void()> lost);

  [[nodiscard]] sd_bus* raw() const { return bus_; }

 private:
  sd_bus* bus_ = nullptr;
  EventSource lost_;
  Slot disconnected_;
};

}  // namespace irmeterd::bus
