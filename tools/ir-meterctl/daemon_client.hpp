// The daemon's D-Bus interface, org.irmeterd.IrMeter1, from the side of a client: what it knows,
// its methods, and everything that changes as it changes.
//
// On raw sd-bus: a client needs four calls and four signals, and those read the same on every
// version of systemd, where the two majors of sdbus-c++ have different proxies. No call starts the
// daemon.
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/config/config.hpp"
#include "common/loop.hpp"
#include "tools/ir-meterctl/meter_info.hpp"

namespace irmeterctl {

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
  // Called from the loop; must not throw.
  struct Events {
    // The daemon is there, with its meters following as changed from nothing; or it is not.
    std::function<void(bool running)> daemon;
    std::function<void(const MeterInfo& before, const MeterInfo& after)> changed;
    std::function<void(const MeterInfo& meter)> removed;
    // Nothing follows any more.
    std::function<void(const Failure& failure)> ended;
  };

  DaemonClient() = default;
  DaemonClient(const DaemonClient&) = delete;
  DaemonClient& operator=(const DaemonClient&) = delete;

  // Comes before all else. The daemon need not be there. Bus::none is a failure.
  [[nodiscard]] std::optional<Failure> connect(irmeterd::Bus bus);

  // The daemon and all its meters. Waits 5 s at most.
  [[nodiscard]] Reply<DaemonInfo> look() const;
  // Has the meter polled and waits for the end of it, 2 min at most. When the poll fails,
  // Failure::error is named after the state and Failure::what is the daemon's sentence.
  [[nodiscard]] std::optional<Failure> read_now(const std::string& meter) const;
  // Allows one more attempt with a rejected key; returns at once.
  [[nodiscard]] std::optional<Failure> retry_key(const std::string& meter) const;

  // A call without arguments that does not start the daemon; null when there is no memory.
  [[nodiscard]] MessageHandle make_call(const std::string& path, const char* interface,
                                        const char* member) const;

  // Everything that changes from now on, once; what is there already comes as changes from nothing.
  // The daemon may stop and start meanwhile. The loop must outlive this.
  [[nodiscard]] std::optional<Failure> watch(irmeterd::Loop& loop, Events events);

 private:
  [[nodiscard]] Failure failure_from(const sd_bus_error& error) const;
  [[nodiscard]] Reply<MessageHandle> call(const MessageHandle& message,
                                          std::uint64_t timeout_usec) const;
  [[nodiscard]] std::optional<Failure> call_meter(const std::string& meter, const char* member,
                                                  std::uint64_t timeout_usec) const;

  using Handler = int (*)(sd_bus_message*, void*, sd_bus_error*);
  [[nodiscard]] int match(const char* sender, const char* interface, const char* member,
                          Handler handler);
  static int on_owner(sd_bus_message* message, void* self, sd_bus_error*) noexcept;
  static int on_properties(sd_bus_message* message, void* self, sd_bus_error*) noexcept;
  static int on_meters_differ(sd_bus_message* message, void* self, sd_bus_error*) noexcept;
  static int on_meters(sd_bus_message* message, void* self, sd_bus_error*) noexcept;
  static int on_disconnected(sd_bus_message* message, void* self, sd_bus_error*) noexcept;
  int ask_for_meters();
  void show(Meters meters);
  void stopped();

  BusHandle bus_;
  std::string bus_name_;  // "the system bus"

  // Of watch().
  Events events_;
  Meters meters_;
  std::optional<bool> running_;  // as it was told
  SlotHandle question_;          // GetManagedObjects under way
};

}  // namespace irmeterctl
