// The only way from the sinks back to the meters: commands as values, consumed in the loop's next
// turn. Whoever pushes learns of the outcome from the snapshots, like everybody else.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/loop.hpp"

namespace irmeterd {

struct Command {
  enum class Kind {
    read_now,   // poll at once
    retry_key,  // allow one more attempt with a rejected key
  };
  Kind kind;
  std::string meter;  // its name in the configuration
};

class CommandQueue {
 public:
  explicit CommandQueue(Loop& loop) : turn_(loop.deferred([this] { drain(); })) {}

  void on_command(std::function<void(const Command&)> handler) { handler_ = std::move(handler); }

  void push(Command command) {
    commands_.push_back(std::move(command));
    Loop::trigger(turn_);
  }

 private:
  void drain() {
    for (const Command& command : std::exchange(commands_, {})) {
      if (handler_) {
        handler_(command);
      }
    }
  }

  std::vector<Command> commands_;
  std::function<void(const Command&)> handler_;
  EventSource turn_;
};

}  // namespace irmeterd
