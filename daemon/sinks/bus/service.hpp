// The daemon on the message bus: org.irmeterd.IrMeter1, its root object, one object per meter, and
// the control of its log.
//
// The bus is a guest here. When it is missing, refuses the name or dies, everything that belongs to
// the connection is dropped and built again, after 1 s at first and 30 s at most, for ever. That
// also covers the first installation, where the service may start before the bus has read its
// policy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/back_off.hpp"
#include "common/config/config.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/output.hpp"
#include "daemon/store.hpp"
#include "lib/result.hpp"

namespace irmeterd {

namespace bus {
class Connection;
}

template <typename Result>
class Background;

class BusService final : public Output, private Sink {
 public:
  // Connects in the loop's first turn, so that the meters added until then are on the bus before
  // the name is. The store gives what to show after each new connection. kind is not Bus::none.
  BusService(Loop& loop, Bus kind, Store& store, CommandQueue& commands, Log& log);
  ~BusService() override;

  // True while the objects are on the bus and the name is ours.
  [[nodiscard]] bool ready() const override { return session_ != nullptr; }
  // Where we are, or what keeps us from it: "on the system bus", "the system bus is not available:
  // ...".
  [[nodiscard]] std::string status() const override { return status_; }
  void show_mqtt(const std::string& status) noexcept override;
  // An attempt to get there ends, and the next one follows.
  [[nodiscard]] std::vector<Step> steps() const override;

 private:
  void meter_added(const MeterSnapshot& meter) noexcept override;
  void meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept override;
  void meter_removed(const MeterSnapshot& meter) noexcept override;
  void event_logged(const MeterSnapshot& meter, const irmeter::LogEntry& entry) noexcept override;

  struct Session;  // everything that lives and dies with one connection
  using Opened = irmeter::Result<std::unique_ptr<bus::Connection>>;
  static Opened try_open(Bus kind) noexcept;

  void connect() noexcept;
  void begin(std::unique_ptr<bus::Connection> connection) noexcept;
  void fail(const std::string& reason) noexcept;
  void report(const std::string& status) noexcept;
  template <typename Action>
  void in_session(const Action& action) noexcept;

  Loop& loop_;
  Bus kind_;
  Store& store_;
  CommandQueue& commands_;
  Log& log_;
  std::string status_;
  std::string mqtt_;  // how the connection to the broker is
  BackOff delay_;
  irmeter::Instant last_attempt_;  // when it began, or ended
  EventSource retry_;
  std::unique_ptr<Background<Opened>> opening_;
  std::unique_ptr<Session> session_;
};

}  // namespace irmeterd
