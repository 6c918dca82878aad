// One poll over a real line, timed, and its bytes counted.
//
// The line is the daemon's and is driven as the daemon drives it: the protocol core behind
// irmeterd::Line on the daemon's loop. What the poll could not have been faster than follows from
// the bytes and turns that were counted on the line, and from nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/line/line.hpp"
#include "common/loop.hpp"
#include "lib/link/packet.hpp"
#include "lib/time.hpp"

namespace irmeterd {

// The protocol's side of a poll: what to poll, and with how much of the core.
class PollClient {
 public:
  virtual ~PollClient() = default;
  virtual void line_ready(irmeter::Instant now) = 0;
  virtual void begin(irmeter::Instant now) = 0;
  virtual void receive(irmeter::ByteView bytes, irmeter::Instant now) = 0;
  virtual void timeout(irmeter::Instant now) = 0;
  [[nodiscard]] virtual std::optional<irmeter::Instant> deadline() const = 0;
  [[nodiscard]] virtual std::size_t missing() const = 0;
  [[nodiscard]] virtual std::optional<irmeter::Bytes> outgoing(irmeter::Instant now) = 0;
  // The last answer is in; an ACK is all that may still follow.
  [[nodiscard]] virtual bool answered() const = 0;
  // Why there will be no answer; empty as long as there may be one.
  [[nodiscard]] virtual std::string failure() const = 0;
};

struct LinePoll {
  std::chrono::duration<double> time{};  // from the first byte to the end of the last ACK
  std::size_t bytes = 0;                 // both ways
  std::size_t turns = 0;                 // how often the other side took its turn to send
  std::vector<irmeter::Bytes> requests;  // their payloads

  // Ten bit times for each byte, and the shortest pause C12.18 allows wherever the direction of
  // the half-duplex line changes.
  [[nodiscard]] std::chrono::duration<double> floor() const;
};

class PollTimer {
 public:
  PollTimer(Loop& loop, const std::string& device, PollClient& client);

  // Polls once the line has been at rest. Throws std::runtime_error when the poll does not end.
  [[nodiscard]] LinePoll poll();

 private:
  enum class Direction { none, to_meter, to_client };
  void count(Direction direction, std::size_t bytes);
  void on_bytes(irmeter::ByteView bytes);
  void pump();
  void turn_until(const bool& condition);

  Loop& loop_;
  PollClient& client_;
  Line line_;
  EventSource protocol_timer_;
  EventSource pause_timer_;
  LinePoll poll_;
  Direction direction_ = Direction::none;
  irmeter::Instant last_sent_{};
  bool ready_ = false;
  bool rested_ = false;
  bool over_ = false;
  std::string failure_;
};

}  // namespace irmeterd
