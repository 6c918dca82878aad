// Everything that changes at the daemon, as it changes: meters that come, change and go, and the
// daemon itself, which may stop and start meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/loop.hpp"
#include "tools/ir-meterctl/daemon_client.hpp"

namespace irmeterctl {

class DaemonWatch {
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

  DaemonWatch(irmeterd::Loop& loop, DaemonClient client, Events events);
  ~DaemonWatch();
  DaemonWatch(const DaemonWatch&) = delete;
  DaemonWatch& operator=(const DaemonWatch&) = delete;

  // Begins; what is there already comes as changes from nothing.
  [[nodiscard]] std::optional<Failure> start();

 private:
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

  DaemonClient client_;
  Events events_;
  Meters meters_;
  std::optional<bool> running_;  // as it was told
  SlotHandle question_;          // GetManagedObjects under way
};

}  // namespace irmeterctl
