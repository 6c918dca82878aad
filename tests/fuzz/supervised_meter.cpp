#include "tests/fuzz/supervised_meter.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "tests/fuzz/input.hpp"

namespace fuzz {
namespace {

// Identification, Terminate, full and partial read, Logon, Security, Logoff, Negotiate.
constexpr std::array<std::uint8_t, 8> reading_services{0x20, 0x21, 0x30, 0x3F,
                                                       0x50, 0x51, 0x52, 0x61};
constexpr std::uint8_t terminate = 0x21;
constexpr std::uint8_t log_off = 0x52;
// More than anything has a reason to do without time passing.
constexpr unsigned most_at_once = 16;
// What is under way when quiet begins ends after this, whatever the meter does.
constexpr std::chrono::minutes time_to_become_quiet{5};

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

SupervisedMeter::SupervisedMeter(const irmeter::MeterOptions& options,
                                 const std::optional<irmeter::Key>& key)
    : options_(options),
      key_(key),
      key_watch_(key),
      telling_(std::getenv("FUZZ_TRACE") != nullptr) {
  restart();
}

SupervisedMeter::~SupervisedMeter() {
  check_trace(trace_.rest());
}

void SupervisedMeter::restart() {
  if (stop_by_) {
    return;
  }
  tell("start");
  const bool line = std::exchange(line_, false);
  key_watch_.on_restart();
  quiet_since_.reset();
  now_ += std::chrono::seconds(1);
  sent_now_ = 0;
  meter_.emplace(options_, key_);
  meter_->start(now_);
  settle();
  if (line) {
    line_ready();
  }
}

void SupervisedMeter::receive(ByteView bytes) {
  if (line_ && !stopped_) {
    const bool late = request_packet_ != key_packet_;
    check_trace(trace_.meter(bytes));
    meter_->receive(bytes, now_);
    settle();
    if (late) {
      key_packet_.clear();  // light is not later than the answer to the next request
    }
  }
}

void SupervisedMeter::line_ready() {
  if (!std::exchange(line_, true) && !stopped_) {
    meter_->line_ready(now_);
    settle();
  }
}

void SupervisedMeter::line_lost() {
  if (std::exchange(line_, false) && !stopped_) {
    tell("line lost");
    meter_->line_lost();
    settle();
  }
}

void SupervisedMeter::poll_now() {
  if (!stopped_) {
    meter_->poll_now(now_);
    settle();
  }
}

void SupervisedMeter::retry_key() {
  if (!stopped_) {
    tell("retry key");
    key_watch_.on_retry();
    meter_->retry_key(now_);
    settle();
  }
}

void SupervisedMeter::set_quiet(bool quiet) {
  if (!stop_by_) {
    tell(quiet ? "quiet" : "not quiet");
    if (!quiet) {
      quiet_since_.reset();
    } else if (!quiet_since_) {
      quiet_since_ = now_;
      new_requests_ = 0;
    }
    meter_->set_quiet(quiet, now_);
    settle();
  }
}

void SupervisedMeter::stop() {
  if (!stop_by_) {
    tell("stop");
    stop_by_ = now_ + options_.stop_within;
    meter_->stop(now_);
    settle();
  }
}

void SupervisedMeter::wake() {
  meter_->timeout(now_);
  settle();
}

void SupervisedMeter::wait(Duration time, unsigned most_deadlines) {
  const Instant until = now_ + time;
  while (most_deadlines-- > 0 && meet_deadline(until)) {
  }
  if (meter_->deadline() && *meter_->deadline() <= until) {
    sleep(until - now_);
  } else {
    pass_until(until);
  }
}

void SupervisedMeter::sleep(Duration time) {
  if (quiet_since_) {
    *quiet_since_ += time;  // what was under way still is
  }
  pass_until(now_ + time);
}

void SupervisedMeter::wait_for_request(unsigned most_deadlines) {
  const std::size_t before = requests_;
  while (most_deadlines-- > 0 && requests_ == before && meet_deadline(Instant::max())) {
  }
}

bool SupervisedMeter::meet_deadline(Instant limit) {
  const auto deadline = meter_->deadline();
  if (!deadline || *deadline > limit) {
    return false;
  }
  pass_until(*deadline);
  return true;
}

void SupervisedMeter::pass_until(Instant at) {
  if (at > now_) {
    now_ = at;
    sent_now_ = 0;
  }
  settle();
}

// Does what a driver does that is in time: takes all output and meets every deadline.
void SupervisedMeter::settle() {
  drain();
  for (unsigned turns = 0; meter_->deadline() && *meter_->deadline() <= now_; ++turns) {
    require(turns < most_at_once, "a deadline does not stay in the past");
    meter_->timeout(now_);
    drain();
  }
  require(!stop_by_ || stopped_ || now_ < *stop_by_, "a stop ends in time");
  require(meter_->missing() <= irmeter::default_packet_size,
          "no packet lacks more than it can have");
}

void SupervisedMeter::drain() {
  while (const auto output = meter_->output()) {
    std::visit([this](const auto& value) { this->on(value); }, *output);
  }
}

// To be remembered before anything that comes after it.
void SupervisedMeter::on(const irmeter::KeyQuestion& output) {
  meter_->answer_key(key_watch_.on_question(output), now_);
}

void SupervisedMeter::on(const irmeter::KeyFact& output) {
  tell("the key at " + output.serial_number + ": " +
       std::to_string(static_cast<int>(output.trust)));
  key_watch_.on_fact(output);
}

void SupervisedMeter::on(const irmeter::Transmit& output) {
  require(!stopped_, "nothing is sent after a stop");
  require(line_, "nothing is sent without a line");
  require(++sent_now_ <= most_at_once, "no burst is sent");
  check_trace(trace_.client(output.bytes));
  if (output.bytes.size() == 1) {
    const std::uint8_t byte = output.bytes[0];
    require(byte == irmeter::ack_byte || byte == irmeter::nak_byte, "a single byte is ACK or NAK");
  } else {
    on_request(output.bytes, output.secret);
  }
}

void SupervisedMeter::on(const irmeter::DetailsRead&) {}

void SupervisedMeter::on(const irmeter::LogNews&) {}

void SupervisedMeter::on(const irmeter::TableBytes& output) {
  require(output.what.count == 0 || output.bytes.size() == output.what.count,
          "a table is as long as it was asked for");
  require(output.answered >= output.asked, "an answer follows its question");
}

void SupervisedMeter::on(const irmeter::TableLeftOut& output) {
  require(!output.failure.context.empty(), "the table that is left out is named");
}

void SupervisedMeter::on(const irmeter::TableAnswer& output) {
  const auto* const bytes = std::get_if<irmeter::Bytes>(&output.result);
  require(bytes == nullptr || output.what.count == 0 || bytes->size() == output.what.count,
          "an answer is as long as it was asked for");
}

void SupervisedMeter::on_request(ByteView packet, bool secret) {
  constexpr std::size_t header = irmeter::packet_overhead - 2;
  require(packet.size() > irmeter::packet_overhead && packet.size() <= irmeter::default_packet_size,
          "a request is a packet of default size");
  const unsigned crc = irmeter::crc16_x25(packet.first(packet.size() - 2));
  require(packet[0] == irmeter::start_of_packet && packet[1] == 0 && (packet[2] & 0xDFU) == 0 &&
              packet[3] == 0 && packet[4] == 0 &&
              packet[5] + irmeter::packet_overhead == packet.size(),
          "a request has the header of a single packet");
  require(packet[packet.size() - 2] == (crc & 0xFFU) && packet.back() == crc >> 8U,
          "a request has the right CRC");
  const ByteView payload = packet.subspan(header, packet[5]);
  require(std::find(reading_services.begin(), reading_services.end(), payload[0]) !=
              reading_services.end(),
          "only services that cannot write are asked for");
  key_watch_.on_request(packet, payload[0], secret);
  if (quiet_since_) {
    const bool leaving = payload[0] == terminate || payload[0] == log_off;
    const bool repeated =
        std::equal(payload.begin(), payload.end(), request_.begin(), request_.end());
    new_requests_ += leaving || repeated ? 0 : 1;
    require(new_requests_ <= 1, "no more than what was under way is asked for in quiet hours");
    require(now_ < *quiet_since_ + time_to_become_quiet, "nothing is sent in quiet hours");
  }
  request_packet_.assign(packet.begin(), packet.end());
  request_.assign(payload.begin(), payload.end());
  if (secret) {
    key_packet_ = request_packet_;
  }
  ++requests_;
}

void SupervisedMeter::tell(std::string_view what) const {
  if (telling_) {
    std::fprintf(stderr, "%13.6f %.*s\n",
                 static_cast<double>(now_.time_since_epoch().count()) / 1e6,
                 static_cast<int>(what.size()), what.data());
  }
}

void SupervisedMeter::check_trace(const irmeter::Trace::Lines& lines) const {
  for (const std::string& line : lines) {
    tell(line);
    require(plain(line), "a line of a trace is plain text");
    key_watch_.check_text(line);
  }
}

void SupervisedMeter::on(const irmeter::Identified& output) {
  const irmeter::Identity& identity = output.identity;
  for (const std::string& text :
       {identity.manufacturer, identity.model, identity.hardware_version, identity.firmware_version,
        identity.serial_number, identity.utility_serial_number}) {
    require(plain(text), "an identity is plain text");
  }
  key_watch_.on_identified(identity.serial_number);
}

void SupervisedMeter::on(const irmeter::PollEnded& output) {
  ++polls_ended_;
  require(output.duration >= Duration::zero(), "a poll does not end before its start");
  reading_.reset();
  if (const auto* failure = std::get_if<irmeter::Failure>(&output.result)) {
    tell(std::string(info(failure->fault).name) + " " + failure->context);
    require(plain(failure->context), "the context of a failure is plain text");
    key_watch_.check_text(failure->context);
    return;
  }
  tell("a reading");
  reading_ = *output.reading();
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    require(!output.withheld.test(static_cast<std::size_t>(quantity.id)) ||
                !reading_->values.get(quantity.id) || irmeter::is_register(quantity.id),
            "a present value that is held back is not published");
  }
}

void SupervisedMeter::on(const irmeter::Stopped&) {
  require(stop_by_ && !stopped_, "a stop ends once");
  stopped_ = true;
}

}  // namespace fuzz
