// The outputs that the configuration asks for. Only this file knows which there are.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/config/settings.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/command_queue.hpp"
#include "daemon/sinks/output.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

using Outputs = std::map<std::string_view, std::unique_ptr<Output>>;

// What outputs are made of beside their settings.
struct OutputParts {
  Loop& loop;
  Log& log;
  Store& store;
  CommandQueue& commands;
  std::string runtime_directory;  // of the cache, unless the configuration names one
  std::string state_directory;    // for what outlives a restart; empty: none
  std::function<void()> changed;  // Output::on_change()
};

// Makes the outputs that these settings ask for, and ends those they do not. One whose settings are
// the same as before stays as it is; before is null at the start.
void put_in_place(Outputs& outputs, const Settings* before, const Settings& settings,
                  const OutputParts& parts);

// Has the outputs show how the connection to the broker is.
void show_mqtt(const Outputs& outputs);

}  // namespace irmeterd
