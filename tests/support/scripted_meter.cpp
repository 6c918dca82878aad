#include "tests/support/scripted_meter.hpp"

namespace irmeter::testing {

void ScriptedMeter::receive(ByteView bytes, Instant now) {
  for (const std::uint8_t byte : bytes) {
    const bool expected = line_ < script_.size() && script_[line_].sender == Sender::client &&
                          script_[line_].bytes[position_] == byte;
    if (!expected) {
      if (deviation_.empty()) {
        deviation_ =
            "line " + std::to_string(line_ + 1) + ", byte " + std::to_string(position_ + 1) +
            ": got " + to_hex(ByteView(&byte, 1)) +
            (line_ < script_.size() ? " where the script has " + to_hex(script_[line_].bytes)
                                    : " behind the end of the script");
      }
      return;
    }
    if (++position_ == script_[line_].bytes.size()) {
      position_ = 0;
      ++line_;
      go_on(now);
    }
  }
}

void ScriptedMeter::timeout(Instant now) {
  if (due_ && *due_ <= now) {
    due_.reset();
    out_.insert(out_.end(), script_[line_].bytes.begin(), script_[line_].bytes.end());
    ++line_;
    go_on(now);
  }
}

void ScriptedMeter::go_on(Instant now) {
  if (line_ < script_.size() && script_[line_].sender == Sender::meter) {
    due_ = now + script_[line_].pause;
  }
}

}  // namespace irmeter::testing
