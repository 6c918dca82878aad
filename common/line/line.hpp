// The byte stream to one probe, whatever carries it.
//
// Opens on demand, hands on what arrives, and says when the line is gone; then its descriptor is
// closed at once, so that a USB converter can come back under its old name. Never retries by
// itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "common/line/open.hpp"
#include "common/line/server_talk.hpp"
#include "lib/bytes.hpp"

namespace irmeterd {

class Line {
 public:
  struct Handlers {
    std::function<void()> ready;                          // bytes may be written
    std::function<void(irmeter::ByteView)> bytes;         // at least one, of the probe's
    std::function<void(const irmeter::Failure&)> failed;  // could not be opened, or was lost
  };

  // The handlers are called from the loop or from within open() and write(), and may call back.
  Line(Loop& loop, const MeterConfig& meter, Handlers handlers);

  void open();
  void close();
  [[nodiscard]] bool is_open() const { return ready_; }
  [[nodiscard]] bool is_opening() const { return !ready_ && (connect_ || fd_); }

  // Why nothing answers, where a server has told; nothing where it has not.
  [[nodiscard]] std::optional<irmeter::Failure> why_silent() const { return talk_.why_silent(); }

  // Takes all bytes: what the line does not accept at once follows by itself.
  void write(irmeter::ByteView bytes);

  // Does not look at what arrives before then: a packet whose length is known costs one wake-up
  // instead of one for each byte.
  void rest_until(irmeter::Instant then);

 private:
  void on_opened(OpenedLine opened);
  void on_warm();
  void on_rested();
  void on_event(std::uint32_t events);
  void on_bytes(irmeter::ByteView bytes);
  void flush();
  void watch();
  void on_check();
  void lost(int error);
  void fail(const irmeter::Failure& failure);

  Loop& loop_;
  MeterConfig meter_;
  Handlers handlers_;
  bool ready_ = false;
  FileDescriptor fd_;
  EventSource watch_;
  EventSource wake_;  // the end of the warm-up, or of the rest
  bool resting_ = false;
  EventSource check_;  // whether a server, if it is one, acknowledges what was sent
  bool checking_ = false;
  std::unique_ptr<TcpConnect> connect_;
  ServerTalk talk_;
  irmeter::Bytes unsent_;
};

}  // namespace irmeterd
