// What was handed to a broker and is not answered yet, and what the broker does not take.
//
// A broker answers in order. MQTT 5 says what it rejects; in MQTT 3.1.1 it just closes the
// connection, so what is sent after that goes out one by one, until it is known which request the
// broker does not get past. That one is set aside. Whatever is not taken is remembered with the
// reason, to be named once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "lib/time.hpp"

namespace irmeterd {

// What the broker is asked to take: a message, or a subscription.
struct MqttRequest {
  std::string topic;
  bool subscription = false;

  friend bool operator==(const MqttRequest&, const MqttRequest&) = default;
  friend bool operator<(const MqttRequest& a, const MqttRequest& b) {
    return std::tie(a.topic, a.subscription) < std::tie(b.topic, b.subscription);
  }
};

class MqttDelivery {
 public:
  enum class Turn { now, later, never };
  // Whether this may be handed over.
  [[nodiscard]] Turn turn(const MqttRequest& request) const;
  void handed_over(MqttRequest request, irmeter::Instant now);
  // Only what is answered is known to be taken, and said to be taken again.
  [[nodiscard]] bool wants_answer(const MqttRequest& request) const;

  // The broker has answered this request, and with it all that came before.
  void answered(const MqttRequest& request);
  // It is taken. True if it was left out before.
  [[nodiscard]] bool taken(const MqttRequest& request) { return left_out_.erase(request) > 0; }
  // It is not taken. True if that was not known, or the reason is another.
  [[nodiscard]] bool leave_out(const MqttRequest& request, const std::string& why);
  // What is left out, in short: "TOPIC and 2 more". Empty if nothing is.
  [[nodiscard]] std::string left_out() const;

  // Nothing is sent any more on these topics.
  void forget(const std::function<bool(std::string_view topic)>& is_one);

  // A connection is made.
  void connected() { unanswered_.clear(); }
  // It has ended. What it has ended at twice is set aside, and returned.
  [[nodiscard]] std::optional<MqttRequest> lost(irmeter::Instant now);
  // It takes nothing more. What it does not answer is set aside, and returned.
  [[nodiscard]] std::optional<MqttRequest> jammed();
  // It stands for long, or there is no time to wait for answers.
  void all_at_once();
  // Nothing is handed over before all else is answered.
  [[nodiscard]] bool one_by_one() const { return one_by_one_; }

 private:
  struct Sent {
    MqttRequest request;
    irmeter::Instant since;
  };

  std::deque<Sent> unanswered_;  // in the order they were sent
  bool one_by_one_ = false;
  std::optional<MqttRequest> suspect_;           // the connection ended when it had been sent
  std::set<MqttRequest> set_aside_;              // the connection ends whenever they are sent
  std::map<MqttRequest, std::string> left_out_;  // and why; as they were reported
};

}  // namespace irmeterd
