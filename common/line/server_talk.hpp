// What a serial server says of its own, beside what comes from the probe behind it.
//
// A server that passes raw bytes says nothing, or text before the first byte of the probe, such as
// a banner. That text is no light. Telnet and services of another kind give themselves away; one
// that only says what no serial server would, and then nothing, is known where nothing else
// answers.
#pragma once

#include <optional>
#include <string>

#include "lib/bytes.hpp"
#include "lib/fault.hpp"
#include "lib/link/scanner.hpp"

namespace irmeterd {

class ServerTalk {
 public:
  struct Heard {
    irmeter::Bytes light;                     // what is not the server's own
    std::optional<irmeter::Failure> failure;  // telnet or other_service
  };

  // device: for the context of a failure.
  explicit ServerTalk(std::string device) : device_(std::move(device)) {}

  void connected();  // a new connection
  void sent() { ++requests_; }
  [[nodiscard]] Heard received(irmeter::ByteView bytes);
  // Of a server behind which nothing answers: other_service, if it has said something that has
  // nothing to do with a serial port.
  [[nodiscard]] std::optional<irmeter::Failure> why_silent() const;
  // Its text, if there was one: ", which says \"...\"".
  [[nodiscard]] std::string quotation() const;

 private:
  [[nodiscard]] Heard introduction(irmeter::ByteView bytes);
  [[nodiscard]] bool is_another_service() const;
  [[nodiscard]] std::string lower_text() const;
  [[nodiscard]] bool doubles_ff(irmeter::ByteView bytes);

  std::string device_;
  bool introducing_ = true;  // nothing but text has come
  unsigned requests_ = 0;    // that were sent
  unsigned answered_ = 0;    // the latest one behind which text came
  unsigned answers_ = 0;     // requests behind which text came
  std::string text_;         // its beginning
  irmeter::Bytes command_;   // of telnet, as far as it has come
  // Packets as they come in, and as they are once two FF in a row are one.
  irmeter::PacketScanner plain_;
  irmeter::PacketScanner undoubled_;
  bool last_was_ff_ = false;
  unsigned doubled_ = 0;  // packets in a row that are whole only that way
};

}  // namespace irmeterd
