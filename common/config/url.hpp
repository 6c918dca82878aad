// The addresses of the configuration: tcp://host:port of a serial server, and mqtt:// or mqtts://
// of a broker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result.hpp"

namespace irmeterd {

struct Endpoint {
  std::string host;  // name or address, IPv6 without its brackets
  std::uint16_t port = 0;

  // host:port as URLs have it, IPv6 in brackets.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct MqttUrl {
  Endpoint broker;
  bool tls = false;  // mqtts://

  friend bool operator==(const MqttUrl&, const MqttUrl&) = default;
};

// Whether a device is on the network: tcp://, rather than a path.
[[nodiscard]] bool is_tcp_url(std::string_view device);

// The errors read on from "it": "has no port". They never quote the text, for somebody may have put
// a password into it.
[[nodiscard]] irmeter::Result<Endpoint> parse_tcp_url(std::string_view url);
// Without a port it is 1883, or 8883 with TLS.
[[nodiscard]] irmeter::Result<MqttUrl> parse_mqtt_url(std::string_view url);

}  // namespace irmeterd
