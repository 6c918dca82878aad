#include "daemon/sinks/mqtt/delivery.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace irmeterd {
namespace {

// A broker that does not like what it is sent closes within this time.
constexpr std::chrono::seconds closes_within{5};

}  // namespace

MqttDelivery::Turn MqttDelivery::turn(const MqttRequest& request) const {
  if (set_aside_.contains(request)) {
    return Turn::never;
  }
  return one_by_one_ && !unanswered_.empty() ? Turn::later : Turn::now;
}

void MqttDelivery::handed_over(MqttRequest request, irmeter::Instant now) {
  unanswered_.push_back({std::move(request), now});
}

bool MqttDelivery::wants_answer(const MqttRequest& request) const {
  return one_by_one_ || left_out_.contains(request);
}

void MqttDelivery::answered(const MqttRequest& request) {
  const auto sent = std::ranges::find(unanswered_, request, &Sent::request);
  if (sent != unanswered_.end()) {
    unanswered_.erase(unanswered_.begin(), std::next(sent));
  }
}

bool MqttDelivery::leave_out(const MqttRequest& request, const std::string& why) {
  return std::exchange(left_out_[request], why) != why;
}

std::string MqttDelivery::left_out() const {
  if (left_out_.empty()) {
    return {};
  }
  const std::size_t others = left_out_.size() - 1;
  return left_out_.begin()->first.topic +
         (others > 0 ? " and " + std::to_string(others) + " more" : "");
}

void MqttDelivery::forget(const std::function<bool(std::string_view topic)>& is_one) {
  std::erase_if(left_out_, [&](const auto& entry) { return is_one(entry.first.topic); });
}

// What the broker did not get past is the first that is unanswered. Once may be chance.
std::optional<MqttRequest> MqttDelivery::lost(irmeter::Instant now) {
  one_by_one_ = !unanswered_.empty() && now - unanswered_.front().since < closes_within;
  if (!one_by_one_) {
    suspect_.reset();
    set_aside_.clear();
    return {};
  }
  const MqttRequest& request = unanswered_.front().request;
  if (std::exchange(suspect_, request) != request) {
    return {};
  }
  set_aside_.insert(request);
  return request;
}

std::optional<MqttRequest> MqttDelivery::jammed() {
  if (!one_by_one_ || unanswered_.empty()) {
    return {};
  }
  set_aside_.insert(unanswered_.front().request);
  return unanswered_.front().request;
}

void MqttDelivery::all_at_once() {
  one_by_one_ = false;
  suspect_.reset();
}

}  // namespace irmeterd
