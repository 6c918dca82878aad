#include "daemon/mqtt/connection.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "daemon/mqtt/random.hpp"

namespace irmeterd {
namespace {

// A connection that ends sooner does not count as a success.
constexpr std::chrono::seconds proven_after{10};

}  // namespace

MqttConnection::MqttConnection(Loop& loop, const Log& log, MqttSettings settings, Handlers handlers)
    : loop_(loop),
      log_(log),
      settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      mailbox_(std::make_shared<Mailbox<MqttEvent>>()),
      wait_(settings_.retry.first_wait),
      mail_(loop.io(mailbox_->fd(), EPOLLIN,
                    [this](std::uint32_t) {
                      for (const MqttEvent& event : mailbox_->take()) {
                        handle(event);
                      }
                    })),
      retry_(loop.timer([this] { attempt(); })) {
  attempt();
}

std::string MqttConnection::status() const {
  if (connected_) {
    return "MQTT connected";
  }
  return "MQTT: " + (reason_.empty() ? "connecting to " + settings_.url.broker.text() : reason_);
}

bool MqttConnection::publish(const MqttMessage& message) noexcept {
  if (!connected_) {
    return false;
  }
  try {
    session_->publish(message);
    return true;
  } catch (const std::exception& error) {
    log_.debug("MQTT: " + message.topic + " not sent: " + error.what());
    return false;
  }
}

void MqttConnection::subscribe(const std::string& topic) noexcept {
  if (!connected_) {
    return;
  }
  try {
    session_->subscribe(topic);
  } catch (const std::exception& error) {
    log_.warning("MQTT: cannot subscribe to " + topic + ": " + error.what());
  }
}

void MqttConnection::close() noexcept {
  if (!mail_) {
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + close_limit;
  mail_.reset();
  retry_.reset();
  reason_ = "stopped";
  const bool was_connected = std::exchange(connected_, false);
  try {
    if (was_connected) {
      session_->disconnect(deadline);
    }
  } catch (const std::exception& error) {
    log_.debug(std::string("MQTT: no orderly end: ") + error.what());
  }
  MqttSession::end(std::move(session_), deadline);
}

void MqttConnection::attempt() noexcept {
  try {
    // The new session is made before the old one goes: with its last client the library ends its
    // threads, and blocks for that. The old one is not waited for, as the new one may be resolving.
    auto old =
        std::exchange(session_, std::make_unique<MqttSession>(settings_, mailbox_, ++sessions_));
    if (old) {
      MqttSession::end(std::move(old), std::chrono::steady_clock::now());
    }
  } catch (const std::exception& error) {
    retry_later("cannot connect to " + settings_.url.broker.text() + ": " + error.what());
  }
}

void MqttConnection::handle(const MqttEvent& event) {
  if (event.session != sessions_) {
    return;
  }
  switch (event.kind) {
    case MqttEvent::Kind::connected:
      connected_ = true;
      connected_at_ = loop_.now();
      reason_.clear();
      log_.info("MQTT: connected to " + settings_.url.broker.text());
      handlers_.connected();
      handlers_.status();
      break;
    case MqttEvent::Kind::refused:
      retry_later(event.reason);
      break;
    case MqttEvent::Kind::lost:
      connected_ = false;
      lost();
      break;
    case MqttEvent::Kind::message:
      handlers_.message(event.message);
      break;
  }
}

void MqttConnection::lost() {
  std::string reason = "lost the connection to " + settings_.url.broker.text();
  if (loop_.now() - connected_at_ >= proven_after) {
    wait_ = settings_.retry.first_wait;
    short_connections_ = 0;
  } else if (++short_connections_ >= 3) {
    // Two clients of one id throw each other out, and each comes back.
    reason += " again soon after it was made; does another client use the id " +
              settings_.client_id + "?";
  }
  retry_later(reason);
}

void MqttConnection::retry_later(const std::string& reason) {
  if (reason != reason_) {
    log_.warning("MQTT: " + reason + "; trying again until it works");
    reason_ = reason;
    handlers_.status();
  }
  Loop::arm(retry_, loop_.now() + random_between(wait_ * 4 / 5, wait_ * 6 / 5));
  wait_ = std::min(wait_ * 2, settings_.retry.longest_wait);
}

}  // namespace irmeterd
