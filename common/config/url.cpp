#include "common/config/url.hpp"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace irmeterd {
namespace {

using irmeter::Error;
using irmeter::Result;

constexpr std::string_view tcp_scheme = "tcp://";
constexpr std::string_view mqtt_scheme = "mqtt://";
constexpr std::string_view mqtts_scheme = "mqtts://";
constexpr std::size_t max_host_name = 253;  // RFC 1035

bool is_host_name(std::string_view host) {
  return host.size() <= max_host_name && std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

bool is_interface_name(std::string_view name) {
  return !name.empty() && name.size() < IF_NAMESIZE &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// With or without a zone: fe80::1%eth0.
bool is_ipv6(std::string_view host) {
  const std::size_t percent = std::min(host.find('%'), host.size());
  if (percent < host.size() && !is_interface_name(host.substr(percent + 1))) {
    return false;
  }
  const std::string address(host.substr(0, percent));
  in6_addr parsed{};
  // inet_pton() would stop at a NUL.
  return address.find('\0') == std::string::npos &&
         inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, port);
  if (problem != std::errc{} || rest != end || port == 0) {
    return std::nullopt;
  }
  return port;
}

// host, host:port or [IPv6]:port, and at most a slash behind it. Port 0: it must be in the text.
Result<Endpoint> parse_authority(std::string_view text, std::uint16_t default_port) {
  if (text.find('@') != std::string_view::npos) {
    return Error{"has a user or password in it, where only a host and a port belong"};
  }
  if (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  if (text.find_first_of("/?#") != std::string_view::npos) {
    return Error{"has more than a host and a port in it"};
  }
  Endpoint endpoint;
  std::string_view port;  // with its colon
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    endpoint.host = text.substr(1, close == std::string_view::npos ? close : close - 1);
    port = close == std::string_view::npos ? "" : text.substr(close + 1);
    if (close == std::string_view::npos || !is_ipv6(endpoint.host)) {
      return Error{"has no IPv6 address in its brackets"};
    }
  } else {
    if (std::count(text.begin(), text.end(), ':') > 1) {
      return Error{"has an IPv6 address without brackets, such as [::1], or a colon too many"};
    }
    const std::size_t colon = std::min(text.find(':'), text.size());
    endpoint.host = text.substr(0, colon);
    port = text.substr(colon);
    if (endpoint.host.empty()) {
      return Error{"has no host"};
    }
    if (!is_host_name(endpoint.host)) {
      return Error{"has a host that is neither a host name nor an address"};
    }
  }
  if (port.empty()) {
    if (default_port == 0) {
      return Error{"has no port"};
    }
    endpoint.port = default_port;
    return endpoint;
  }
  const auto number = port.starts_with(':') ? parse_port(port.substr(1)) : std::nullopt;
  if (!number) {
    return Error{"has a port that is not a number from 1 to 65535"};
  }
  endpoint.port = *number;
  return endpoint;
}

}  // namespace

std::string Endpoint::text() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_tcp_url(std::string_view device) {
  return device.starts_with(tcp_scheme);
}

Result<Endpoint> parse_tcp_url(std::string_view url) {
  if (!is_tcp_url(url)) {
    return Error{"does not begin with tcp://"};
  }
  return parse_authority(url.substr(tcp_scheme.size()), 0);
}

Result<MqttUrl> parse_mqtt_url(std::string_view url) {
  const bool tls = url.starts_with(mqtts_scheme);
  if (!tls && !url.starts_with(mqtt_scheme)) {
    return Error{"does not begin with mqtt:// or mqtts://"};
  }
  const auto broker = parse_authority(url.substr((tls ? mqtts_scheme : mqtt_scheme).size()),
                                      tls ? std::uint16_t{8883} : std::uint16_t{1883});
  if (!broker) {
    return broker.error();
  }
  if (broker->host.find('%') != std::string::npos) {
    return Error{"has an address with a zone (%), which does not work for MQTT"};
  }
  return MqttUrl{*broker, tls};
}

}  // namespace irmeterd
