// The only way from the sinks back to the meters: commands as values, consumed in the loop's next
// turn. Whoever pushes learns of the outcome from the snapshots, like everybody else; only the
// bytes of a table and the intervals of a load profile go to the one who asked.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/loop.hpp"
#include "lib/bytes.hpp"
#include "lib/fault.hpp"
#include "lib/meter/history.hpp"
#include "lib/session/service.hpp"

namespace irmeterd {

struct Command {
  enum class Kind {
    read_now,      // poll at once
    retry_key,     // allow one more attempt with a rejected key
    retry_tables,  // ask again for tables that the meter does not give
    read_table,
    read_history,
  };
  using Answer = std::function<void(const std::variant<irmeter::Bytes, irmeter::Failure>&)>;

  using HistoryAnswer = std::function<void(
      const std::variant<std::vector<irmeter::HistoryInterval>, irmeter::Failure>&)>;

  Kind kind;
  std::string meter;           // its name in the configuration
  irmeter::TableRead table{};  // of read_table
  Answer answer{};             // likewise; called once, unless the meter goes before
  // Of read_history: the intervals that end behind `from` and no later than `to`; likewise.
  irmeter::MeterTime from{};
  irmeter::MeterTime to{};
  HistoryAnswer history{};
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
