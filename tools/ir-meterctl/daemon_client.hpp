// The daemon's D-Bus interface, org.irmeterd.IrMeter1, from the side of a client: what it knows,
// its methods, and everything that changes as it changes.
//
// No call starts the daemon.
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config.hpp"
#include "common/loop.hpp"
#include "lib/bytes.hpp"
#include "lib/session/service.hpp"
#include "tools/ir-meterctl/meter_info.hpp"

namespace irmeterctl {

// Why there is no answer; what() is for standard error.
struct Failure : std::runtime_error {
  enum class Kind : std::uint8_t {
    no_bus,       // the message bus cannot be reached
    not_running,  // nobody owns the daemon's name there
    denied,       // the policy of the bus does not let this user
    no_answer,    // the daemon does not reply, or has gone meanwhile
    failed,       // the daemon says so
  };
  Failure(Kind kind_of, const std::string& what_is_wrong, std::string what_to_do = {},
          std::string dbus_name = {})
      : std::runtime_error(what_to_do.empty() ? what_is_wrong : what_is_wrong + "; " + what_to_do),
        kind(kind_of),
        cause(what_is_wrong),
        cure(std::move(what_to_do)),
        error(std::move(dbus_name)) {}

  Kind kind;
  std::string cause;  // a clause, or the daemon's own sentence
  std::string cure;   // a clause; empty where the daemon's sentence has it
  std::string error;  // the D-Bus name of the error, where there is one
};

using Meters = std::map<std::string, MeterInfo>;  // by object path

struct DaemonInfo {
  std::string version;
  Meters meters;
  std::string mqtt{};  // how the connection to the broker is; empty: none is configured
};

// The end of an interval of the load profile, or of a month.
struct HistoryEntry {
  Moment end;
  std::map<std::string, double> numbers;  // by key, as on D-Bus
  std::string status;                     // words with a space between them
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

  // The daemon need not be there. Throws Failure, as all functions do; of Bus::none too.
  explicit DaemonClient(irmeterd::Bus bus);
  DaemonClient(const DaemonClient&) = delete;
  DaemonClient& operator=(const DaemonClient&) = delete;

  // The daemon and all its meters. Waits 5 s at most.
  [[nodiscard]] DaemonInfo look() const;
  // Has the meter polled and waits for the end of it, 2 min at most. When the poll fails,
  // Failure::error is named after the state and Failure::cause is the daemon's sentence.
  void read_now(const std::string& meter) const;
  // Has tables asked for again that the meter does not give; returns at once.
  void retry_tables(const std::string& meter) const;
  // Allows one more attempt with a rejected key; returns at once.
  void retry_key(const std::string& meter) const;

  // Part of a table; waits 2 min at most.
  [[nodiscard]] irmeter::Bytes read_table(const std::string& meter,
                                          const irmeter::TableRead& what) const;

  // The load profile of intervals that end behind `from` and no later than `to`. Waits 10 min at
  // most: the meter reads it out in pauses.
  [[nodiscard]] std::vector<HistoryEntry> get_history(const std::string& meter, Moment from,
                                                      Moment to) const;

  // An entry of a meter's log.
  struct Event {
    std::uint64_t time_usec;  // UNIX time, by the meter's clock
    std::uint16_t id;
    std::string text;
  };
  // All that the daemon knows of, oldest first.
  [[nodiscard]] std::vector<Event> events(const std::string& meter) const;

  // A call without arguments that does not start the daemon.
  [[nodiscard]] MessageHandle make_call(const std::string& path, const char* interface,
                                        const char* member) const;

  // Everything that changes from now on, once; what is there already comes as changes from nothing.
  // The daemon may stop and start meanwhile. The loop must outlive this.
  void watch(irmeterd::Loop& loop, Events events);

 private:
  [[nodiscard]] Failure failure_from(const sd_bus_error& error) const;
  MessageHandle call(const MessageHandle& message, std::uint64_t timeout_usec) const;

  using Handler = void (DaemonClient::*)(sd_bus_message* message);
  template <Handler handler>
  static int handle(sd_bus_message* message, void* self, sd_bus_error*) noexcept;
  template <Handler handler>
  void match(const char* sender, const char* interface, const char* member);
  void on_owner(sd_bus_message* message);
  void on_properties(sd_bus_message* message);
  void on_quantities(sd_bus_message* message);
  void on_meters_differ(sd_bus_message*);
  void on_meters(sd_bus_message* message);
  void on_disconnected(sd_bus_message*);
  int ask_for_meters();  // negative errno: the bus does not take the question
  void ask_for_quantities(const std::string& path, MeterInfo after);
  void show(Meters meters);
  void show(const std::string& path, MeterInfo after);
  void stopped();

  BusHandle bus_;
  std::string bus_name_;  // "the system bus"

  // Of watch().
  Events events_;
  Meters meters_;
  std::optional<bool> running_;  // as it was told
  SlotHandle question_;          // GetManagedObjects under way
  // Meters that have changed, and whose quantities are on their way.
  struct Unfinished {
    MeterInfo after;
    SlotHandle question;
  };
  std::map<std::string, Unfinished> unfinished_;  // by object path
};

}  // namespace irmeterctl
