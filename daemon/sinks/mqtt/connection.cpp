#include "daemon/sinks/mqtt/connection.hpp"

#include <malloc.h>
#include <sys/epoll.h>

#include <exception>
#include <utility>

#include "common/mqtt/look.hpp"
#include "daemon/service/message_ids.hpp"

namespace irmeterd {
namespace {

// A connection that ends sooner does not count as a success.
constexpr std::chrono::seconds proven_after{10};
// So many of those in a row are one state, which ends with a connection that stays.
constexpr unsigned often = 3;
// What a packet has beside topic and payload, at most.
constexpr std::size_t packet_overhead = 16;

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
                               const MqttTiming& timing, Handlers handlers)
    : loop_(loop),
      log_(log),
      settings_(std::move(settings)),
      settle_(timing.settle),
      close_limit_(timing.close),
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
      proven_(loop.timer([this] {
        short_connections_ = 0;
        delivery_.all_at_once();
        if (failure_) {
          steady();
        }
        due_ = true;
        malloc_trim(0);  // what was sent on connecting is long, and is not needed again
      })),
      turn_end_(loop.before_sleep([this] { flush_what_is_due(); })),
      table_([this] { due_ = true; }) {
  attempt();
}

std::string MqttConnection::status() const {
  const std::string broker = settings_.url.broker.text();
  if (failure_) {
    return "MQTT: " + text(*failure_, broker);
  }
  if (!connected_) {
    return "MQTT: connecting to " + broker;
  }
  const std::string left_out = delivery_.left_out();
  return left_out.empty() ? "MQTT connected" : "MQTT connected, without " + left_out;
}

// At the end of each turn of the loop. Sending may make more due: that a topic was refused is
// published, too.
void MqttConnection::flush_what_is_due() {
  while (std::exchange(due_, false)) {
    flush();
  }
}

// After a discovery message the rest waits: until Home Assistant has subscribed to what it names,
// it would miss whatever is not retained.
void MqttConnection::flush() {
  send_subscriptions();
  if (!connected_ || !subscriptions_.empty()) {
    return;
  }
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

void MqttConnection::subscribe(const std::string& topic, bool kept) {
  if (connected_) {
    subscriptions_.push_back({topic, kept});
    send_subscriptions();
  }
}

void MqttConnection::forget(const std::function<bool(std::string_view topic)>& is_one) {
  delivery_.forget(is_one);
  handlers_.status();
}

void MqttConnection::send_subscriptions() noexcept {
  while (!subscriptions_.empty() && send(subscriptions_.front())) {
    subscriptions_.pop_front();
  }
}

bool MqttConnection::publish(const MqttMessage& message) noexcept {
  const MqttRequest request{message.topic, false};
  if (connected_ && message.topic.size() + message.payload.size() + packet_overhead > max_packet_) {
    leave_out(request, "more than its limit of " + std::to_string(max_packet_) + " bytes");
    return true;
  }
  return send(request, [&] {
    MqttMessage acknowledged = message;
    acknowledged.qos = delivery_.wants_answer(request) ? 1 : message.qos;
    session_->publish(acknowledged);
  });
}

bool MqttConnection::send(const Subscription& subscription) noexcept {
  return send({subscription.topic, true},
              [&] { session_->subscribe(subscription.topic, subscription.kept); });
}

// False when it was not taken: not connected, or too much is waiting already.
bool MqttConnection::send(MqttRequest request, const std::function<void()>& hand_over) noexcept {
  if (!connected_) {
    return false;
  }
  const MqttDelivery::Turn turn = delivery_.turn(request);
  if (turn == MqttDelivery::Turn::never) {
    return true;
  }
  const irmeter::Instant now = loop_.now();
  try {
    if (turn == MqttDelivery::Turn::now) {
      hand_over();
      delivery_.handed_over(std::move(request), now);
      refused_since_.reset();
      return true;
    }
  } catch (const std::exception& error) {
    log_.debug("MQTT: " + request.topic + " not sent: " + error.what());
  }
  refused_since_ = refused_since_.value_or(now);
  if (now - *refused_since_ > longest_jam) {
    if (const auto request_in_the_way = delivery_.jammed()) {
      leave_out(*request_in_the_way, "it does not answer");
    }
    connected_ = false;
    retry_later({MqttFault::jammed});
  }
  return false;
}

void MqttConnection::close() noexcept {
  if (!mail_) {
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + close_limit_;
  delivery_.all_at_once();  // there is no time to wait for each answer
  table_.send(MqttTable::Rank::daemon,
              [this](const MqttMessage& message) { return publish(message); });
  mail_.reset();
  retry_.reset();
  settled_.reset();
  proven_.reset();
  turn_end_.reset();
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
  if (!connected_ && !settings_.lacking) {
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
  if (settings_.lacking) {
    report(*settings_.lacking);
    return;
  }
  try {
    std::erase_if(leaving_, [](const Leaving& session) { return is_gone(session.gone); });
    if (!version_) {
      look_at_broker(settings_, mailbox_, ++sessions_);
      return;
    }
    // The new session is made before the old one goes: with its last client the library ends its
    // threads, and blocks for that. The old one is not waited for, as the new one may be resolving.
    auto old = std::exchange(
        session_, std::make_unique<MqttSession>(settings_, *version_, mailbox_, ++sessions_));
    if (old) {
      leaving_.push_back(
          {loop_.now(), MqttSession::end(std::move(old), std::chrono::steady_clock::now())});
    }
  } catch (const std::exception& error) {
    retry_later({MqttFault::impossible, error.what()});
  }
}

void MqttConnection::handle(const MqttEvent& event) {
  if (event.session != sessions_) {
    return;
  }
  switch (event.kind) {
    case MqttEvent::Kind::speaks:
      version_ = event.version;
      if (unexplained_) {
        retry_later(*std::exchange(unexplained_, std::nullopt));
      } else {
        attempt();
      }
      break;
    case MqttEvent::Kind::connected:
      on_connected(event);
      break;
    case MqttEvent::Kind::failed:
      on_failed(*event.failure);
      break;
    case MqttEvent::Kind::lost:
      if (std::exchange(connected_, false)) {
        on_lost(*event.failure);
      }
      break;
    case MqttEvent::Kind::message:
      handlers_.message(event.message);
      break;
    case MqttEvent::Kind::accepted:
    case MqttEvent::Kind::rejected:
      on_answer(event);
      break;
  }
}

void MqttConnection::on_connected(const MqttEvent& event) {
  connected_ = true;
  connected_at_ = loop_.now();
  unexplained_.reset();
  refused_since_.reset();
  max_packet_ = event.max_packet;
  subscriptions_.clear();
  delivery_.connected();
  Loop::arm(proven_, connected_at_ + proven_after);
  settle();  // what an earlier run has left comes first, and is answered before anything is live
  handlers_.connected();
  table_.renew();
  if (short_connections_ < often) {
    steady();
  }
}

// A session does not tell why nobody answered; a look does. A broker may close on a look because it
// gives no name, so a session is tried then; only what that one was refused for is said of it.
void MqttConnection::on_failed(const MqttFailure& failure) {
  const bool by_look = !version_;
  if (failure.fault == MqttFault::closed && !unexplained_) {
    version_ = by_look ? std::optional(MqttVersion::v3_1_1) : std::nullopt;
    unexplained_ = failure;
    attempt();
    return;
  }
  const auto before = std::exchange(unexplained_, std::nullopt);
  const bool refused = failure.fault == MqttFault::refused || failure.fault == MqttFault::unfit;
  if (before || refused) {
    version_.reset();  // it was a guess, or another broker stands there now
  }
  retry_later(before && !by_look && !refused ? *before : failure);
}

void MqttConnection::on_lost(const MqttFailure& failure) {
  Loop::disarm(proven_);
  if (loop_.now() - connected_at_ >= proven_after) {
    wait_.reset();
    short_connections_ = 0;
  } else {
    ++short_connections_;
  }
  if (const auto request = delivery_.lost(loop_.now())) {
    leave_out(*request, "it closes the connection then");
  }
  if (short_connections_ >= often && !delivery_.one_by_one()) {
    // Two clients of one id throw each other out, and each comes back.
    retry_later({MqttFault::lost_often, "as client " + settings_.client_id});
  } else {
    retry_later(failure);
  }
}

void MqttConnection::on_answer(const MqttEvent& event) {
  const MqttRequest request{event.message.topic, event.subscription};
  delivery_.answered(request);
  if (event.kind == MqttEvent::Kind::rejected) {
    leave_out(request, event.failure->context);
  } else if (delivery_.taken(request)) {
    log_.info("MQTT: " + settings_.url.broker.text() + " takes " + request.topic + " again");
    handlers_.status();
  }
  if (delivery_.one_by_one()) {
    due_ = true;
  }
}

void MqttConnection::leave_out(const MqttRequest& request, const std::string& why) {
  if (delivery_.leave_out(request, why)) {
    log_.warning("MQTT: " + settings_.url.broker.text() + " does not take " +
                 (request.subscription ? "the subscription to " : "") + request.topic + " (" + why +
                 "); all else goes out");
    handlers_.status();
  }
}

// The connection stands, as far as can be told by now.
void MqttConnection::steady() {
  failure_.reset();
  log_.info("MQTT: connected to " + settings_.url.broker.text() +
                (version_ == MqttVersion::v5 ? "" : ", with MQTT 3.1.1"),
            {message_id(Event::broker_found)});
  handlers_.status();
}

void MqttConnection::report(const MqttFailure& failure) {
  if (failure_ != failure) {
    failure_ = failure;
    log_.warning("MQTT: " + text(failure, settings_.url.broker.text()) + "; " +
                     std::string(text(failure.fault).cure),
                 {message_id(Event::broker_lost)});
    handlers_.status();
  }
}

void MqttConnection::retry_later(const MqttFailure& failure) {
  last_attempt_ = loop_.now();
  report(failure);
  Loop::arm(retry_, loop_.now() + wait_.next());
}

}  // namespace irmeterd
