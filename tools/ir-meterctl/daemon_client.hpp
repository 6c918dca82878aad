// The daemon's D-Bus interface, org.irmeterd.IrMeter1, from the side of a client.
//
// On raw sd-bus: a client needs four calls and four signals, and those read the same on every
// version of systemd, where the two majors of sdbus-c++ have different proxies. No call starts the
// daemon.
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/config/config.hpp"
#include "tools/ir-meterctl/meter_info.hpp"

namespace irmeterctl {

inline constexpr const char* service_name = "org.irmeterd.IrMeter1";
inline constexpr const char* root_path = "/org/irmeterd/IrMeter1";
inline constexpr const char* meter_interface = "org.irmeterd.IrMeter1.Meter";
inline constexpr const char* object_manager = "org.freedesktop.DBus.ObjectManager";

// Why a call failed.
struct Failure {
  enum class Kind : std::uint8_t {
    no_bus,       // the message bus cannot be reached
    not_running,  // nobody owns the daemon's name there
    denied,       // the policy of the bus does not let this user
    no_answer,    // the daemon does not reply, or has gone meanwhile
    failed,       // the daemon says so
  };
  Kind kind = Kind::failed;
  std::string what;   // a clause, or the daemon's own sentence
  std::string cure;   // a clause; empty where the daemon's sentence has it
  std::string error;  // the D-Bus name of the error, where there is one

  // Both clauses, for standard error.
  [[nodiscard]] std::string text() const { return cure.empty() ? what : what + "; " + cure; }
};

template <typename T>
using Reply = std::variant<T, Failure>;

using Meters = std::map<std::string, MeterInfo>;  // by object path

struct DaemonInfo {
  std::string version;
  Meters meters;
};

struct Unref {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using BusHandle = std::unique_ptr<sd_bus, Unref>;
using SlotHandle = std::unique_ptr<sd_bus_slot, Unref>;
using MessageHandle = std::unique_ptr<sd_bus_message, Unref>;

class DaemonClient {
 public:
  // Connects to the bus, system or session; the daemon need not be there. Bus::none is a failure.
  [[nodiscard]] static Reply<DaemonClient> connect(irmeterd::Bus bus);

  // The daemon and all its meters. Waits 5 s at most.
  [[nodiscard]] Reply<DaemonInfo> look() const;
  // Has the meter polled and waits for the end of it, 2 min at most. When the poll fails,
  // Failure::error is named after the state and Failure::what is the daemon's sentence.
  [[nodiscard]] std::optional<Failure> read_now(const std::string& meter) const;
  // Allows one more attempt with a rejected key; returns at once.
  [[nodiscard]] std::optional<Failure> retry_key(const std::string& meter) const;

  [[nodiscard]] sd_bus* raw() const { return bus_.get(); }
  // A call without arguments that does not start the daemon; null when there is no memory.
  [[nodiscard]] MessageHandle make_call(const std::string& path, const char* interface,
                                        const char* member) const;
  // What an error reply means to the user.
  [[nodiscard]] Failure failure_from(const sd_bus_error& error) const;

 private:
  DaemonClient(BusHandle bus, std::string bus_name)
      : bus_(std::move(bus)), bus_name_(std::move(bus_name)) {}
  [[nodiscard]] Reply<MessageHandle> call(const MessageHandle& message,
                                          std::uint64_t timeout_usec) const;
  [[nodiscard]] std::optional<Failure> call_meter(const std::string& meter, const char* member,
                                                  std::uint64_t timeout_usec) const;

  BusHandle bus_;
  std::string bus_name_;  // "the system bus"
};

// Sets what the message says next, an a{sv}; false when it is not that.
[[nodiscard]] bool read_properties(sd_bus_message* message, MeterInfo& meter);
// The reply of GetManagedObjects; nothing when it is not one: not_understood().
[[nodiscard]] std::optional<Meters> read_meters(sd_bus_message* message);
[[nodiscard]] Failure not_understood();

}  // namespace irmeterctl
