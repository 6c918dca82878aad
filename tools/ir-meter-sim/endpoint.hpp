// Where a client finds the simulated meter: a pseudo-terminal or a TCP port on this machine.
//
// Both move raw bytes and never block. Like on a real line, what nobody listens to is lost.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/link/packet.hpp"

namespace irmetersim {

class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  virtual ~Endpoint() = default;

  // What a client is to open: a path, or tcp://host:port.
  [[nodiscard]] virtual std::string address() const = 0;
  // The descriptor to wait for input on; it may change with every read().
  [[nodiscard]] virtual int descriptor() const = 0;
  // What the client has sent; empty if nothing, also when a client has just come or gone.
  [[nodiscard]] virtual irmeter::Bytes read() = 0;
  virtual void write(irmeter::ByteView bytes) = 0;

  // Nobody finds it any more, and who had it open loses it, as when it is unplugged.
  virtual void hang_up() = 0;
  // It can be found again at the same address: another pseudo-terminal, the same port. Throws
  // std::system_error.
  virtual void come_back() = 0;
  // The connection is broken off with RST; a pseudo-terminal has none.
  virtual void reset_connection() {}
};

// A pseudo-terminal with a symbolic link to it. A link that is there already is replaced, anything
// else is not touched. Throws std::system_error.
[[nodiscard]] std::unique_ptr<Endpoint> open_pty(const std::string& link);

// Listens on 127.0.0.1, on any free port for 0, and serves one client at a time; the next one waits
// until it has gone. Throws std::system_error.
[[nodiscard]] std::unique_ptr<Endpoint> open_tcp(std::uint16_t port);

}  // namespace irmetersim
