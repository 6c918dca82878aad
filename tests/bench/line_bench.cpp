// Polls at 9600 baud between the daemon's line and the program ir-meter-sim on a pseudo-terminal,
// against the time their bytes take. A ratio of 1 would be a line that never waits.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/meter/meter.hpp"
#include "tests/bench/line_poll.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/known_key.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/simulator.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmeterd {
namespace {

using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::Instant;
using SessionMode = irmeter::MeterOptions::SessionMode;

irmeter::Key key() {
  return *irmeter::Key::from_text(irmetersim::demo_key);
}

// The whole core, as the daemon has it. Polls when told to, not on a grid.
class MeterClient : public PollClient {
 public:
  explicit MeterClient(SessionMode mode) : mode_(mode), meter_(options(mode), key()) {}

  void line_ready(Instant now) override { meter_.line_ready(now); }
  void begin(Instant now) override {
    answered_ = false;
    if (std::exchange(started_, true)) {
      meter_.poll_now(now);
    } else {
      meter_.start(now);  // polls at once
    }
  }
  void receive(ByteView bytes, Instant now) override { meter_.receive(bytes, now); }
  void timeout(Instant now) override { meter_.timeout(now); }
  [[nodiscard]] std::optional<Instant> deadline() const override { return meter_.deadline(); }
  [[nodiscard]] std::size_t missing() const override { return meter_.missing(); }
  [[nodiscard]] bool answered() const override { return answered_; }
  [[nodiscard]] std::string failure() const override { return failure_; }

  [[nodiscard]] std::optional<Bytes> outgoing(Instant now) override {
    while (auto output = meter_.output()) {
      if (auto* transmit = std::get_if<irmeter::Transmit>(&*output)) {
        // Between Terminate and the next request there is one ACK, the last of the session.
        answered_ = answered_ || (terminated_ && transmit->bytes.size() == 1);
        terminated_ = transmit->bytes.size() > 1 && transmit->bytes[6] == terminate_;
        return std::move(transmit->bytes);
      }
      if (const auto* question = std::get_if<irmeter::KeyQuestion>(&*output)) {
        meter_.answer_key(key_.ask(*question), now);
      }
      if (const auto* fact = std::get_if<irmeter::KeyFact>(&*output)) {
        key_.learn(*fact);
      }
      if (const auto* poll = std::get_if<irmeter::PollEnded>(&*output)) {
        if (poll->reading() == nullptr) {
          failure_ = to_text(std::get<irmeter::Failure>(poll->result));
        }
        answered_ = mode_ == SessionMode::keep;
      }
    }
    return std::nullopt;
  }

 private:
  static irmeter::MeterOptions options(SessionMode mode) {
    irmeter::MeterOptions options;
    options.session = mode;
    options.interval = std::chrono::hours(1);
    return options;
  }

  const std::uint8_t terminate_ = irmeter::service_code::terminate;
  SessionMode mode_;
  irmeter::Meter meter_;
  irmeter::testing::KnownKey key_;
  bool started_ = false;
  bool terminated_ = false;
  bool answered_ = false;
  std::string failure_;
};

// The core's link with given requests: for compositions that the daemon does not poll.
class LinkClient : public PollClient {
 public:
  // opening: requests before the first poll.
  LinkClient(std::vector<Bytes> opening, std::vector<Bytes> poll)
      : requests_(std::move(opening)), poll_(std::move(poll)) {}

  void line_ready(Instant) override {}
  void begin(Instant now) override {
    requests_.insert(requests_.end(), poll_.begin(), poll_.end());
    send_next(now);
  }
  void receive(ByteView bytes, Instant now) override {
    link_.receive(bytes, now);
    advance(now);
  }
  void timeout(Instant now) override {
    link_.timeout(now);
    advance(now);
  }
  [[nodiscard]] std::optional<Instant> deadline() const override { return link_.deadline(); }
  [[nodiscard]] std::size_t missing() const override { return link_.missing(); }
  [[nodiscard]] bool answered() const override { return requests_.empty() && !link_.busy(); }
  [[nodiscard]] std::string failure() const override { return failure_; }

  [[nodiscard]] std::optional<Bytes> outgoing(Instant) override {
    auto next = link_.outgoing();
    return next ? std::optional(std::move(next->bytes)) : std::nullopt;
  }

 private:
  void send_next(Instant now) {
    const Bytes request = std::move(requests_.front());
    requests_.erase(requests_.begin());
    link_.send(request, now, {});
  }
  void advance(Instant now) {
    const auto outcome = link_.outcome();
    if (!outcome) {
      return;
    }
    const auto* response = std::get_if<Bytes>(&*outcome);
    if (response == nullptr || response->front() != 0) {
      failure_ = "a request failed";
    } else if (!requests_.empty()) {
      send_next(now);
    }
  }

  irmeter::Link link_;
  std::vector<Bytes> requests_;
  std::vector<Bytes> poll_;
  std::string failure_;
};

using MakeClient = std::function<std::unique_ptr<PollClient>()>;

// new_client: for every poll, which is then the first one on its line.
void measure(benchmark::State& state, const MakeClient& make, const char* ident, bool new_client) {
  std::vector<double> seconds;
  std::vector<double> ratios;
  LinePoll poll;
  try {
    Loop loop;
    Simulator meter(loop, Simulator::Place::pseudo_terminal,
                    {"--baud", "9600", "--think", "0", "--ident", ident});
    meter.start();
    std::unique_ptr<PollClient> client = make();
    auto line = std::make_unique<PollTimer>(loop, meter.device(), *client);
    if (!new_client) {
      (void)line->poll();
    }
    for (auto _ : state) {
      if (new_client) {
        line.reset();
        client = make();
        line = std::make_unique<PollTimer>(loop, meter.device(), *client);
      }
      poll = line->poll();
      seconds.push_back(poll.time.count());
      ratios.push_back(poll.time / poll.floor());
      state.SetIterationTime(seconds.back());
    }
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
    return;
  }
  std::ranges::sort(seconds);
  std::ranges::sort(ratios);
  state.counters["bytes"] = static_cast<double>(poll.bytes);
  state.counters["turns"] = static_cast<double>(poll.turns);
  state.counters["floor_ms"] = poll.floor().count() * 1e3;
  state.counters["best_ms"] = seconds.front() * 1e3;
  state.counters["median_ms"] = seconds[seconds.size() / 2] * 1e3;
  state.counters["worst_ms"] = seconds.back() * 1e3;
  std::string composition;
  for (const Bytes& request : poll.requests) {
    composition += (composition.empty() ? "" : ", ") + irmeter::testing::name_of(request);
  }
  state.SetLabel(composition);
  state.counters["ratio"] = ratios[ratios.size() / 2];
}

void add(const char* name, const MakeClient& make, const char* ident = "short",
         bool new_client = false) {
  benchmark::RegisterBenchmark(
      name, [=](benchmark::State& state) { measure(state, make, ident, new_client); })
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond)
      ->Iterations(20);
}

void add_polls_of_daemon() {
  const MakeClient each = [] { return std::make_unique<MeterClient>(SessionMode::each); };
  add("full_session", each);
  add("kept_session", [] { return std::make_unique<MeterClient>(SessionMode::keep); });
  // Reads BT00 and ET03 as well.
  add("first_session", each, "short", true);
}

// The shortest session for BT23 and ten values of BT28, by the link alone: what the protocol's time
// on the wire is usually stated for.
void add_polls_of_ten_values() {
  namespace request = irmeter::request;
  namespace code = irmeter::service_code;
  const std::vector<Bytes> log_on{Bytes{code::identification},
                                  request::logon(request::user_id, request::user_name),
                                  request::security(key())};
  const std::vector<Bytes> values{request::read({irmeter::bt23, 0, 8}),
                                  request::read({irmeter::bt28, 0, 40})};
  std::vector<Bytes> session = log_on;
  session.insert(session.end(), values.begin(), values.end());
  session.insert(session.end(), {Bytes{code::logoff}, Bytes{code::terminate}});
  const MakeClient each = [=] {
    return std::make_unique<LinkClient>(std::vector<Bytes>{}, session);
  };
  const MakeClient keep = [=] { return std::make_unique<LinkClient>(log_on, values); };
  add("ten_values_full_session", each, "long");
  add("ten_values_kept_session", keep, "long");
}

}  // namespace
}  // namespace irmeterd

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return EXIT_FAILURE;
  }
  irmeterd::add_polls_of_daemon();
  irmeterd::add_polls_of_ten_values();
  benchmark::RunSpecifiedBenchmarks();
  return EXIT_SUCCESS;
}
