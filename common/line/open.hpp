// Opening the byte stream to a probe: a serial port, a pseudo-terminal, or a serial server.
//
// Each opener yields a non-blocking descriptor that carries raw bytes at 9600 8N1; reading, writing
// and noticing the loss of the line are the same for all of them and live in Line.
#pragma once

#include <netdb.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/background.hpp"
#include "common/config/config.hpp"
#include "common/config/url.hpp"
#include "common/file_descriptor.hpp"
#include "common/loop.hpp"
#include "lib/fault.hpp"

namespace irmeterd {

// A failure is no_device, no_permission, device_busy, unusable_device or no_server.
using OpenedLine = std::variant<FileDescriptor, irmeter::Failure>;

// A path, after links were followed: a pseudo-terminal, or else a serial port.
[[nodiscard]] OpenedLine open_path(const MeterConfig& meter);

// A serial port through libserialport: 9600 8N1, no flow control, RTS and DTR as configured, for
// this process alone. canonical_path has no links in it.
[[nodiscard]] OpenedLine open_serial_port(const std::string& canonical_path,
                                          const MeterConfig& meter);

// What an errno of opening or using a device means for its user. canonical_path is where the links
// in device led, once they could be followed.
[[nodiscard]] irmeter::Failure line_failure(int error, const std::string& device,
                                            const std::string& canonical_path = {});
// An open line that has come to its end: unplugged, or closed by the server.
[[nodiscard]] irmeter::Failure line_ended(const std::string& device);

// How often a server was sent the oldest bytes that it has not acknowledged; 0 if it has
// acknowledged all of them.
[[nodiscard]] unsigned times_unacknowledged(int socket);

// A connection to a serial server in the making; destroying it gives up. Name look-up and
// connecting both happen beside the loop.
class TcpConnect {
 public:
  using Done = std::function<void(OpenedLine)>;

  // device is a checked tcp:// URL. done is called once, from the loop.
  TcpConnect(Loop& loop, const std::string& device, Done done);
  TcpConnect(const TcpConnect&) = delete;
  TcpConnect& operator=(const TcpConnect&) = delete;

 private:
  struct Found {
    int error = 0;  // of getaddrinfo(3)
    std::unique_ptr<addrinfo, void (*)(addrinfo*)> first{nullptr, nullptr};
  };
  static Found look_up(const Endpoint& server);
  void on_looked_up(Found found);
  void connect_next();
  void on_connected();
  void on_time_limit();
  void finish(OpenedLine result);

  Loop& loop_;
  std::string device_;
  Done done_;
  std::optional<Background<Found>> look_up_;
  std::string no_look_up_;  // why there is none
  Found found_;
  const addrinfo* address_ = nullptr;  // of those found, the one that is tried
  int last_error_ = 0;
  FileDescriptor socket_;
  EventSource watch_;
  EventSource time_limit_;
};

}  // namespace irmeterd
