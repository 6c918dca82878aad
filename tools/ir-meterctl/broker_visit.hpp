// One visit to the MQTT broker from outside the daemon: whether it takes us, and what it keeps.
//
// It comes under a client id of its own, so that the daemon's connection stays.
#pragma once

#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/credentials.hpp"
#include "common/config/url.hpp"
#include "common/file_descriptor.hpp"
#include "common/loop.hpp"
#include "common/mqtt/look.hpp"
#include "common/mqtt/session.hpp"
#include "common/mqtt/topics.hpp"
#include "tools/ir-meterctl/output.hpp"
#include "tools/ir-meterctl/stored_secret.hpp"

namespace irmeterctl {

class BrokerVisit {
  using MqttEvent = irmeterd::MqttEvent;

 public:
  // root: where credentials are stored, as for find_credential(). password: instead of the stored
  // one; empty: none. Throws std::exception when the system gives no event loop.
  BrokerVisit(const irmeterd::MqttConfig& config, const std::string& root,
              const irmeterd::Secret& password = {})
      : root_(root),
        mailbox_(std::make_shared<irmeterd::Mailbox<MqttEvent>>()),
        mail_(loop_.io(mailbox_->fd(), EPOLLIN, [this](std::uint32_t) { take_mail(); })) {
    settings_.config = config;
    settings_.password = password;
    settings_.url = *irmeterd::parse_mqtt_url(config.url);
    settings_.client_id =
        config.client_id.empty() ? "ir-meterd-" + irmeterd::machine_name() : config.client_id;
    settings_.client_id += "-check";
    settings_.retry.connect_timeout = connect_limit;
    settings_.max_mail = SIZE_MAX;  // it is what was asked for
  }
  ~BrokerVisit() {
    if (!session_) {
      return;
    }
    const auto deadline = std::chrono::steady_clock::now() + end_limit;
    try {
      session_->disconnect(deadline);
    } catch (const std::exception&) {
      // It was not connected.
    }
    (void)irmeterd::MqttSession::end(std::move(session_), deadline);
  }
  BrokerVisit(const BrokerVisit&) = delete;
  BrokerVisit& operator=(const BrokerVisit&) = delete;

  // What is wrong, or nothing once the connection stands. Takes a minute at most.
  [[nodiscard]] std::optional<Advice> connect() {
    for (const auto step : {&BrokerVisit::look_at_tls_files, &BrokerVisit::read_password,
                            &BrokerVisit::read_client_key, &BrokerVisit::log_on}) {
      if (auto advice = (this->*step)()) {
        return advice;
      }
    }
    return std::nullopt;
  }

  // host:port, and whether it is with TLS.
  [[nodiscard]] std::string address() const {
    return settings_.url.broker.text() + (settings_.url.tls ? " with TLS" : "");
  }

  // What follows is only for after connect().

  // What the broker keeps under these topics, by topic. Takes some seconds where it lacks one.
  [[nodiscard]] std::map<std::string, std::string> kept(const std::vector<std::string>& topics) {
    try {
      for (const std::string& topic : topics) {
        session_->subscribe(topic, true);
      }
      (void)wait([&] { return kept_.size() == topics.size(); }, kept_limit);
    } catch (const std::exception&) {
      // The connection is gone again; what came counts.
    }
    return kept_;
  }

  // Whether the broker soon keeps this under a topic that kept() was asked for.
  [[nodiscard]] bool comes_to(const std::string& topic, std::string_view payload) {
    return wait([&] { return kept_[topic] == payload; }, kept_limit);
  }

  // The same for topics with wildcards, whatever there is: until nothing more has come for a while.
  [[nodiscard]] std::map<std::string, std::string> all_kept(
      const std::vector<std::string>& filters) {
    try {
      for (const std::string& filter : filters) {
        session_->subscribe(filter, true);
      }
      for (std::size_t before = 0; wait([&] { return kept_.size() > before; }, kept_limit);) {
        before = kept_.size();
      }
    } catch (const std::exception&) {
      // The connection is gone again; what came counts.
    }
    return kept_;
  }

  // Publishes nothing under these topics, and subscribes to them; those that did not come back.
  [[nodiscard]] std::set<std::string> not_delivered(std::set<std::string> topics) {
    try {
      for (const std::string& topic : topics) {
        session_->subscribe(topic, true);
        session_->publish({topic, "", 1, false});
      }
      (void)wait(
          [&] {
            std::erase_if(topics, [&](const std::string& topic) { return kept_.contains(topic); });
            return topics.empty() || failure_;
          },
          kept_limit);
    } catch (const std::exception&) {
      // The connection is gone.
    }
    return topics;
  }

  // What kept it from connecting; nothing where that was a secret or a file.
  [[nodiscard]] std::optional<irmeterd::MqttFault> fault() const {
    return failure_ ? std::optional(failure_->fault) : std::nullopt;
  }

  // What went wrong since, in words: a subscription was refused, or the connection ended.
  [[nodiscard]] std::optional<std::string> failure() const {
    return failure_ ? std::optional(text(*failure_, settings_.url.broker.text()) + "; " +
                                    std::string(text(failure_->fault).cure))
                    : std::nullopt;
  }

  // Has the broker keep nothing under these topics, which all_kept() has brought; those that it
  // still keeps.
  [[nodiscard]] std::set<std::string> remove(std::set<std::string> topics) {
    try {
      for (const std::string& topic : topics) {
        session_->publish({topic, "", 1, true});
      }
      // What is published comes back by the subscription.
      (void)wait(
          [&] {
            std::erase_if(topics,
                          [&](const std::string& topic) { return kept_.at(topic).empty(); });
            return topics.empty();
          },
          connect_limit);
    } catch (const std::exception&) {
      // The connection is gone.
    }
    return topics;
  }

 private:
  static constexpr std::chrono::seconds connect_limit{10};
  // What a broker keeps comes with the answer to the subscription.
  static constexpr std::chrono::seconds kept_limit{3};
  static constexpr std::chrono::milliseconds end_limit{450};

  static Advice missing(const std::string& what, const StoredSecret& stored, std::string cure) {
    if (stored.problem) {
      return *stored.problem;
    }
    return {what + (stored.place.empty() ? " is not stored" : " in " + stored.place + " is empty"),
            std::move(cure)};
  }

  std::optional<Advice> look_at_tls_files() {
    irmeterd::Config tls_only;
    tls_only.mqtt = settings_.config;
    tls_only.mqtt->password_credential.clear();
    tls_only.mqtt->password_file.clear();
    tls_only.mqtt->client_key_credential.clear();
    const auto problems = irmeterd::load_secrets(tls_only, {}).mqtt_problems;
    if (!problems.empty()) {
      return Advice{problems.front().text(), "see that the file is there and may be read"};
    }
    return std::nullopt;
  }

  std::optional<Advice> read_password() {
    const irmeterd::MqttConfig& config = settings_.config;
    if (!settings_.password.empty() ||
        (config.password_credential.empty() && config.password_file.empty())) {
      return std::nullopt;
    }
    StoredSecret password = config.password_file.empty()
                                ? find_credential(config.password_credential, root_)
                                : read_secret_file(config.password_file);
    if (password.text.empty()) {
      return missing("the MQTT password", password,
                     config.password_file.empty() ? "run 'sudo ir-meterctl set-password'"
                                                  : "write it there, alone, on one line");
    }
    settings_.password = password.text;
    return std::nullopt;
  }

  // The library wants a file; this one is in memory and of this process alone.
  std::optional<Advice> read_client_key() {
    const std::string& name = settings_.config.client_key_credential;
    if (name.empty()) {
      return std::nullopt;
    }
    const StoredSecret key = find_credential(name, root_);
    if (key.text.empty()) {
      return missing("the MQTT client key", key,
                     "write it into /etc/credstore/" + name +
                         ", owned by root and with mode 0600, and restart the service");
    }
    client_key_ = irmeterd::FileDescriptor(memfd_create("client-key", MFD_CLOEXEC));
    const std::string_view text = key.text.reveal();
    if (write(client_key_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return Advice{"no memory for the MQTT client key", "end other programs"};
    }
    settings_.config.client_key_file = "/proc/self/fd/" + std::to_string(client_key_.get());
    return std::nullopt;
  }

  // A look, and with what it finds a session.
  std::optional<Advice> log_on() {
    try {
      irmeterd::look_at_broker(settings_, mailbox_, 0);
      (void)wait([this] { return version_ || failure_; }, 3 * connect_limit);
      if (version_) {
        session_ = std::make_unique<irmeterd::MqttSession>(settings_, *version_, mailbox_, 1);
        (void)wait([this] { return connected_ || failure_; }, 2 * connect_limit);
      }
    } catch (const std::exception& error) {
      failure_ = {irmeterd::MqttFault::impossible, error.what()};
    }
    if (connected_) {
      return std::nullopt;
    }
    const irmeterd::MqttFailure failure =
        failure_.value_or(irmeterd::MqttFailure{irmeterd::MqttFault::no_answer});
    return Advice{text(failure, settings_.url.broker.text()),
                  std::string(text(failure.fault).cure)};
  }

  void take_mail() {
    for (MqttEvent& event : mailbox_->take()) {
      if (event.kind == MqttEvent::Kind::message) {
        keep(event.message);
      } else if (event.kind == MqttEvent::Kind::speaks) {
        version_ = event.version;
      } else if (event.kind == MqttEvent::Kind::connected) {
        connected_ = true;
      } else if (event.failure) {
        failure_ = failure_.value_or(*event.failure);  // the first tells most
      }
    }
  }

  // What the broker keeps changes with what is published there meanwhile. An empty message says
  // that it keeps nothing, and another about a topic under which it kept nothing need not be kept.
  void keep(const irmeterd::MqttMessage& message) {
    if (message.retained || message.payload.empty() || kept_.contains(message.topic)) {
      kept_[message.topic] = message.payload;
    }
  }

  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    const irmeter::Instant end = loop_.now() + limit;
    while (!condition() && loop_.now() < end) {
      loop_.run_once(std::chrono::milliseconds(100));
    }
    return condition();
  }

  irmeterd::MqttSettings settings_;
  std::string root_;
  irmeterd::Loop loop_;
  irmeterd::MqttMailbox mailbox_;
  irmeterd::EventSource mail_;
  irmeterd::FileDescriptor client_key_;
  std::unique_ptr<irmeterd::MqttSession> session_;
  std::optional<irmeterd::MqttVersion> version_;
  std::optional<irmeterd::MqttFailure> failure_;  // the first one
  bool connected_ = false;
  std::map<std::string, std::string> kept_;
};

}  // namespace irmeterctl
