// Why there is no connection to the MQTT broker: kinds with a context, and the one table of what
// people are told about them, in the log, the status of the service, and by ir-meterctl check.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace irmeterd {

enum class MqttFault : std::uint8_t {
  no_secret,      // context: the credential that is not there
  unusable_file,  // context: its path, and what is wrong with it
  impossible,     // the system or the library refuses even to try; context: why
  name_unknown,   // context: what the resolver says
  not_reached,    // context: what the system says
  tls_untrusted,  // context: what the TLS library says; so with the next ones
  tls_name,
  tls_expired,
  tls_none,
  tls_failed,
  tls_own_files,
  no_answer,
  closed,
  not_mqtt,  // context: what is spoken instead, where it is known
  refused,   // context: the reason code, in words
  unfit,     // likewise, where the broker cannot do what is needed
  lost,      // context: the reason the broker gave, where it gave one
  lost_often,
  jammed,
};
inline constexpr std::size_t mqtt_fault_count = 19;

struct MqttFailure {
  MqttFault fault;
  std::string context{};

  friend bool operator==(const MqttFailure&, const MqttFailure&) = default;
};

struct MqttFaultText {
  MqttFault id;
  std::string_view what;  // after the broker's address and a colon
  std::string_view cure;
};

inline constexpr std::array<MqttFaultText, mqtt_fault_count> mqtt_fault_texts{{
    {MqttFault::no_secret, "not tried, a credential is not stored",
     "store a password with 'sudo ir-meterctl set-password', or a client key in a file of that "
     "name in /etc/credstore, owned by root and with mode 0600, and restart ir-meterd"},
    {MqttFault::unusable_file, "not tried, a file that it needs cannot be used",
     "put that file right, and run 'sudo systemctl reload ir-meterd'"},
    {MqttFault::impossible, "cannot be tried",
     "see the settings of [mqtt], and what is in parentheses"},
    {MqttFault::name_unknown, "name unknown",
     "see that url names the broker, and that names are resolved"},
    {MqttFault::not_reached, "not reached",
     "see that the broker runs and listens there, and that url names it"},
    {MqttFault::tls_untrusted, "TLS failed, its certificate is not trusted",
     "see that ca_file holds the authority that signed it"},
    {MqttFault::tls_name, "TLS failed, its certificate is for another name",
     "write the name that the certificate has into url, or have the broker given another one"},
    {MqttFault::tls_expired, "TLS failed, its certificate is out of date",
     "renew the certificate, and see that the clock of this machine is right"},
    {MqttFault::tls_none, "TLS failed, no TLS there",
     "see that the port is the one for TLS, or write mqtt:// in url"},
    {MqttFault::tls_failed, "TLS failed",
     "see the broker's log, and whether it asks for a certificate (cert_file)"},
    {MqttFault::tls_own_files, "TLS failed, ca_file, cert_file or the client key does not fit",
     "see that they are in PEM and that certificate and key belong together"},
    {MqttFault::no_answer, "no answer", "see that it is an MQTT broker, and its log"},
    {MqttFault::closed, "closed without an answer",
     "see the broker's log, and whether the port is one for MQTT and for TLS or not"},
    {MqttFault::not_mqtt, "answers, but not in MQTT", "see that url has the port of the broker"},
    {MqttFault::refused, "refused",
     "see username, password and client_id in the configuration and in the broker's, and the "
     "broker's log"},
    {MqttFault::unfit, "cannot do what ir-meterd needs",
     "have the broker keep retained messages and take QoS 1, as in mosquitto with "
     "retain_available true and max_qos 1"},
    {MqttFault::lost, "connection lost", "see the broker's log"},
    {MqttFault::lost_often, "connection lost again and again soon after it was made",
     "see whether another client has the same client_id, and the broker's log"},
    {MqttFault::jammed, "takes no messages any more", "see the broker's log"},
}};
static_assert(std::ranges::is_sorted(mqtt_fault_texts, {}, &MqttFaultText::id),
              "the order of MqttFault");

[[nodiscard]] constexpr const MqttFaultText& text(MqttFault fault) {
  return mqtt_fault_texts[static_cast<std::size_t>(fault)];
}

// "localhost:1883: not reached (Connection refused)"
[[nodiscard]] inline std::string text(const MqttFailure& failure, const std::string& broker) {
  return broker + ": " + std::string(text(failure.fault).what) +
         (failure.context.empty() ? "" : " (" + failure.context + ")");
}

}  // namespace irmeterd
