#include "daemon/sinks/mqtt/connection.hpp"

#include <sys/epoll.h>

#include <exception>
#include <utility>

#include "daemon/service/message_ids.hpp"

namespace irmeterd {
namespace {

// A connection that ends sooner does not count as a success.
constexpr std::chrono::seconds proven_after{10};

// For the watchdog. An attempt takes as long as the resolver and the connect time-out, and then a
// minute passes.
constexpr std::chrono::minutes longest_attempt{10};
// A broker that answers pings and takes nothing for so long is asked for another connection.
constexpr std::chrono::minutes longest_jam{1};

bool is_gone(const std::future<void>& future) {
  return !future.valid() || future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

MqttConnection::MqttConnection(Loop& loop, const Log& log, MqttSettings settings,
                               std::chrono::milliseconds settle, Handlers handlers)
    : loop_(loop),
      log_(log),
      settings_(std::move(settings)),
      settle_(settle),
      handlers_(std::move(handlers)),
      mailbox_(std::make_shared<Mailbox<MqttEvent>>()),
      wait_(settings_.retry.first_wait, settings_.retry.longest_wait, 20),
      last_attempt_(loop.now()),
      mail_(loop.io(mailbox_->fd(), EPOLLIN,
                    [this](std::uint32_t) {
                      for (const MqttEvent& event : mailbox_->take()) {
                        handle(event);
                      }
                    })),
      retry_(loop.timer([this] { attempt(); })),
      settled_(loop.timer([this] {
        settling_ = false;
        flush();
      })),
      due_(loop.deferred([this] { flush(); })),
      table_([this] {
        if (due_) {
          Loop::trigger(due_);
        }
      }) {
  attempt();
}

std::string MqttConnection::status() const {
  if (connected_) {
    return "MQTT connected";
  }
  return "MQTT: " + (reason_.empty() ? "connecting to " + settings_.url.broker.text() : reason_);
}

// After a discovery message the rest waits: until Home Assistant has subscribed to what it names,
// it would miss whatever is not retained.
void MqttConnection::flush() {
  const auto send = [this](const MqttMessage& message) { return publish(message); };
  if (table_.send(MqttTable::Rank::discovery, send) > 0) {
    settle();
  }
  if (!settling_) {
    table_.send(MqttTable::Rank::daemon, send);
  }
}

void MqttConnection::settle() {
  settling_ = true;
  Loop::arm(settled_, loop_.now() + settle_);
}

// False when the message was not taken: not connected, or too much is waiting already.
bool MqttConnection::publish(const MqttMessage& message) noexcept {
  if (!connected_) {
    return false;
  }
  try {
    session_->publish(message);
    refused_since_.reset();
    return true;
  } catch (const std::exception& error) {
    log_.debug("MQTT: " + message.topic + " not sent: " + error.what());
    refused_since_ = refused_since_.value_or(loop_.now());
    if (loop_.now() - *refused_since_ > longest_jam) {
      connected_ = false;
      retry_later(settings_.url.broker.text() + " takes no messages any more");
    }
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
  table_.send(MqttTable::Rank::daemon,
              [this](const MqttMessage& message) { return publish(message); });
  mail_.reset();
  retry_.reset();
  settled_.reset();
  due_.reset();
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

// The library's events need no step of their own: one that stays in the mailbox is an attempt that
// does not end, or a loss after which nothing published is taken, and another attempt follows.
std::vector<Step> MqttConnection::steps() const {
  std::vector<Step> steps;
  if (!connected_) {
    steps.push_back({"the connection to the MQTT broker", last_attempt_, longest_attempt});
  }
  for (const Leaving& session : leaving_) {
    if (!is_gone(session.gone)) {
      steps.push_back({"the end of an MQTT connection", session.since, longest_attempt});
    }
  }
  return steps;
}

void MqttConnection::attempt() noexcept {
  last_attempt_ = loop_.now();
  try {
    std::erase_if(leaving_, [](const Leaving& session) { return is_gone(session.gone); });
    // The new session is made before the old one goes: with its last client the library ends its
    // threads, and blocks for that. The old one is not waited for, as the new one may be resolving.
    auto old =
        std::exchange(session_, std::make_unique<MqttSession>(settings_, mailbox_, ++sessions_));
    if (old) {
      leaving_.push_back(
          {loop_.now(), MqttSession::end(std::move(old), std::chrono::steady_clock::now())});
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
      refused_since_.reset();
      reason_.clear();
      log_.info("MQTT: connected to " + settings_.url.broker.text(),
                {message_id(Event::broker_found)});
      settle();  // what an earlier run has left comes first, and is answered before anything is
                 // live
      handlers_.connected();
      table_.renew();
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
    wait_.reset();
    short_connections_ = 0;
  } else if (++short_connections_ >= 3) {
    // Two clients of one id throw each other out, and each comes back.
    reason += " again soon after it was made; does another client use the id " +
              settings_.client_id + "?";
  }
  retry_later(reason);
}

void MqttConnection::retry_later(const std::string& reason) {
  last_attempt_ = loop_.now();
  if (reason != reason_) {
    log_.warning("MQTT: " + reason + "; trying again until it works",
                 {message_id(Event::broker_lost)});
    reason_ = reason;
    handlers_.status();
  }
  Loop::arm(retry_, loop_.now() + wait_.next());
}

}  // namespace irmeterd
