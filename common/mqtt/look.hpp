// A look at a broker before a session is begun: whether one is there, and which version of MQTT it
// speaks.
//
// The library tells neither why it does not connect nor what a broker that knows only MQTT 3.1.1
// answers: paho 1.3.12 reads memory that it has not written where one refuses version 5. The look
// gives no user name, no password and no client id, only what TLS needs.
#pragma once

#include "common/mqtt/session.hpp"

namespace irmeterd {

// Begins to look and returns at once. Exactly one `speaks` or `failed` follows, after twice the
// connect time-out at most where names are resolved at once. Throws std::system_error where no
// thread is to be had.
void look_at_broker(const MqttSettings& settings, MqttMailbox mailbox, unsigned number);

}  // namespace irmeterd
