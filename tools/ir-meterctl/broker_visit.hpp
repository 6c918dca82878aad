// One visit to the MQTT broker from outside the daemon: whether it takes us, and what it keeps.
//
// Comes under a client id of its own, so that the daemon's connection stays, and publishes nothing.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/config.hpp"
#include "common/file_descriptor.hpp"
#include "common/loop.hpp"
#include "common/mqtt/session.hpp"
#include "tools/ir-meterctl/advice.hpp"

namespace irmeterctl {

class BrokerVisit {
 public:
  // root: where credentials are stored, as for find_credential(). Throws std::exception when the
  // system gives no event loop.
  BrokerVisit(const irmeterd::MqttConfig& config, const std::string& root);
  ~BrokerVisit();
  BrokerVisit(const BrokerVisit&) = delete;
  BrokerVisit& operator=(const BrokerVisit&) = delete;

  // What is wrong, or nothing once the connection stands. Takes half a minute at most.
  [[nodiscard]] std::optional<Advice> connect();

  // host:port, and whether it is with TLS.
  [[nodiscard]] std::string address() const;

  // What the broker keeps under these topics, by topic; only after connect(). Takes some seconds
  // where it lacks one.
  [[nodiscard]] std::map<std::string, std::string> kept(const std::vector<std::string>& topics);

 private:
  std::optional<Advice> look_at_tls_files();
  std::optional<Advice> read_password();
  std::optional<Advice> read_client_key();
  std::optional<Advice> reach();
  std::optional<Advice> log_on();
  void take_mail();
  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds limit);

  irmeterd::MqttSettings settings_;
  std::string root_;
  irmeterd::Loop loop_;
  irmeterd::MqttMailbox mailbox_;
  irmeterd::EventSource mail_;
  irmeterd::FileDescriptor client_key_;
  std::unique_ptr<irmeterd::MqttSession> session_;
  std::optional<irmeterd::MqttEvent> outcome_;  // of the attempt to connect
  std::map<std::string, std::string> kept_;
};

}  // namespace irmeterctl
