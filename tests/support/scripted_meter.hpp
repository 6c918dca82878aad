// A meter that plays its part of a transcript, and insists on the client's.
#pragma once

#include <string>

#include "tests/support/pair.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {

class ScriptedMeter : public MeterEnd {
 public:
  explicit ScriptedMeter(Transcript script) : script_(std::move(script)) {}

  void receive(ByteView bytes, Instant now) override;
  void timeout(Instant now) override;
  [[nodiscard]] std::optional<Instant> deadline() const override { return due_; }
  [[nodiscard]] Bytes transmit() override { return std::exchange(out_, {}); }

  // The whole script was played.
  [[nodiscard]] bool finished() const { return line_ == script_.size(); }
  // What the client sent instead of its lines; empty while it kept to them.
  [[nodiscard]] const std::string& deviation() const { return deviation_; }

 private:
  void go_on(Instant now);

  Transcript script_;
  std::size_t line_ = 0;
  std::size_t position_ = 0;  // in the client's line that is under way
  std::optional<Instant> due_;
  Bytes out_;
  std::string deviation_;
};

}  // namespace irmeter::testing
