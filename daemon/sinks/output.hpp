// A place where the meters are shown, as the daemon holds it. What it shows it learns as a sink of
// the store, where it enters itself for as long as it lives.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/service/progress.hpp"

namespace irmeterd {

class Output {
 public:
  Output() = default;
  virtual ~Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // How it is, as a clause for a person: "MQTT connected". Empty: there is nothing to tell.
  [[nodiscard]] virtual std::string status() const { return {}; }
  // How the connection to the broker is, for an output that shows it; empty: there is none.
  virtual void show_mqtt(const std::string& /*status*/) noexcept {}
  // Whether the service may be called ready.
  [[nodiscard]] virtual bool ready() const { return true; }
  // For the watchdog: what it waits for at this moment.
  [[nodiscard]] virtual std::vector<Step> steps() const { return {}; }
  // The daemon ends. Takes at most half a second; the output is of no further use.
  virtual void stop() noexcept {}

  // Called from the loop whenever status() or ready() changes; must not throw.
  void on_change(std::function<void()> handler) { changed_ = std::move(handler); }

 protected:
  void changed() const {
    if (changed_) {
      changed_();
    }
  }

 private:
  std::function<void()> changed_;
};

}  // namespace irmeterd
