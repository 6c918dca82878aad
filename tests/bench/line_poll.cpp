#include "tests/bench/line_poll.hpp"

#include <ctime>
#include <stdexcept>

#include "lib/link/link.hpp"
#include "tests/support/failure.hpp"

namespace irmeterd {
namespace {

constexpr irmeter::LinkTiming timing;
// Between two polls: long enough for the meter to have everything that was sent.
constexpr std::chrono::milliseconds rest_between_polls{20};
constexpr std::chrono::seconds give_up_after{20};

irmeter::Instant clock_now() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return irmeter::Instant(std::chrono::seconds(now.tv_sec) +
                          std::chrono::microseconds(now.tv_nsec / 1000));
}

MeterConfig config_for(const std::string& device) {
  MeterConfig config;
  config.name = "bench";
  config.device = device;
  return config;
}

}  // namespace

std::chrono::duration<double> LinePoll::floor() const {
  return timing.air_time(bytes) + static_cast<std::int64_t>(turns) * timing.turn_around;
}

PollTimer::PollTimer(Loop& loop, const std::string& device, PollClient& client)
    : loop_(loop),
      client_(client),
      line_(loop, config_for(device),
            {[this] {
               client_.line_ready(loop_.now());
               ready_ = true;
             },
             [this](irmeter::ByteView bytes) { on_bytes(bytes); },
             [this](const irmeter::Failure& failure) { failure_ = to_text(failure); }}),
      protocol_timer_(loop.timer(
          [this] {
            client_.timeout(loop_.now());
            pump();
          },
          std::chrono::microseconds(1))),
      pause_timer_(loop.timer([this] { rested_ = true; }, std::chrono::microseconds(1))) {
  line_.open();
  turn_until(ready_);
}

LinePoll PollTimer::poll() {
  rested_ = over_ = false;
  Loop::arm(pause_timer_, loop_.now() + rest_between_polls);
  turn_until(rested_);
  poll_ = {};
  direction_ = Direction::none;
  const irmeter::Instant began = clock_now();
  client_.begin(began);
  pump();
  turn_until(over_);
  // What was written last is on the line for a character's time more.
  poll_.time = last_sent_ + timing.air_time(1) - began;
  return poll_;
}

void PollTimer::count(Direction direction, std::size_t bytes) {
  poll_.bytes += bytes;
  poll_.turns += direction_ != Direction::none && direction_ != direction ? 1U : 0U;
  direction_ = direction;
}

void PollTimer::on_bytes(irmeter::ByteView bytes) {
  count(Direction::to_client, bytes.size());
  client_.receive(bytes, loop_.now());
  pump();
}

void PollTimer::pump() {
  while (const auto bytes = client_.outgoing(loop_.now())) {
    line_.write(*bytes);
    count(Direction::to_meter, bytes->size());
    if (bytes->size() > irmeter::packet_overhead) {
      poll_.requests.emplace_back(bytes->begin() + 6, bytes->end() - 2);
    }
    last_sent_ = clock_now();
    over_ = over_ || client_.answered();
  }
  if (const auto deadline = client_.deadline()) {
    Loop::arm(protocol_timer_, *deadline);
  } else {
    Loop::disarm(protocol_timer_);
  }
  if (const std::size_t missing = client_.missing(); missing > 1) {
    line_.rest_until(loop_.now() + timing.air_time(missing));
  }
}

void PollTimer::turn_until(const bool& condition) {
  const irmeter::Instant limit = clock_now() + give_up_after;
  while (!condition) {
    if (failure_.empty()) {
      failure_ = clock_now() > limit ? "the poll does not end" : client_.failure();
    }
    if (!failure_.empty()) {
      throw std::runtime_error(failure_);
    }
    loop_.run_once(std::chrono::seconds(1));
  }
}

}  // namespace irmeterd
