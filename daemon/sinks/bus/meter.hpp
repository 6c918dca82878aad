// One meter on the bus: its methods, and its changes. What is shown is the snapshot in the store.
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/bus/call.hpp"
#include "daemon/snapshot.hpp"

namespace irmeterd {

// The calls that still wait when it ends are answered with the error Cancelled.
class BusMeter {
 public:
  // meter: in the store, to outlive this.
  BusMeter(sd_bus* bus, CommandQueue& commands, const MeterSnapshot& meter);
  BusMeter(const BusMeter&) = delete;
  BusMeter& operator=(const BusMeter&) = delete;

  [[nodiscard]] const MeterSnapshot& snapshot() const { return meter_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  // The snapshot was another before: one PropertiesChanged with what differs, none when nothing
  // does, then the replies to the calls whose poll has ended. Throws std::exception where the
  // connection is dead, as logged() does.
  void changed(const MeterSnapshot& before);

  // EventLogged.
  void logged(const irmeter::LogEntry& entry);

  // The methods. They throw std::exception where the call fails at once.
  void read_now(sd_bus_message* call);
  void retry_key(sd_bus_message* call);
  void read_table(sd_bus_message* call);
  void get_history(sd_bus_message* call);
  void retry_tables(sd_bus_message* call);
  void get_events(sd_bus_message* call) const;

 private:
  struct WaitingForPoll {
    bus::Call call;
    std::uint64_t polls;  // that had ended when the call came
  };

  void emit_changes(const MeterSnapshot& before);
  // The call waits here until it is answered; who answers later than the end of this finds none.
  std::weak_ptr<bus::Call> keep(sd_bus_message* call);

  sd_bus* bus_;
  CommandQueue& commands_;
  const MeterSnapshot& meter_;
  std::string path_;
  std::vector<WaitingForPoll> waiting_for_poll_;
  std::vector<std::shared_ptr<bus::Call>> waiting_;
};

}  // namespace irmeterd
