// The daemon in real time with everything going wrong at once: faults of two meters and their
// lines, a broker and a bus that come and go, a process that is stopped and reloaded. Everything it
// shows is the truth, it ends in order, and it holds no more than in the beginning.
//
// IRMETER_SOAK_MINUTES in the environment says for how long; tests/soak/run does that.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>

#include "tests/soak/house.hpp"
#include "tests/soak/process_figures.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What a sanitizer needs is not the daemon's: it keeps freed memory for a while, and it is slow.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t most_growth_kib = 262'144;
constexpr double most_processor_share = 0.5;
#else
constexpr std::size_t most_growth_kib = 2'048;
constexpr double most_processor_share = 0.03;
#endif

milliseconds time_to_take() {
  constexpr double usual = 0.75;
  const char* const wanted = std::getenv("IRMETER_SOAK_MINUTES");
  return milliseconds(
      std::llround(60'000 * (wanted == nullptr ? usual : std::strtod(wanted, nullptr))));
}

class Soak : public Installation {
 protected:
  static constexpr const char* all_well =
      "barn online; main online; on the system bus; MQTT connected";

  Soak() {
    bus_.start();
    // What a reader recovers from by itself, and values that it must not believe; the first ones
    // are true, so that there is something to compare these with.
    const Simulator::Options faults{"random:rate=1", "register-jump:after=9,rate=2,seed=2",
                                    "voltage:after=9,rate=2,seed=3", "power:after=9,rate=2,seed=4"};
    add_house("main", Simulator::Place::pseudo_terminal, faults, {"unplug:every=1871"});
    add_house("barn", Simulator::Place::tcp, faults,
              {"rst:every=2311", "unplug:every=3001", "stall:every=4007,pause=4"});
    configure(table_of(*houses_[0], "interval = \"1s\"\n") +
              table_of(*houses_[1], "interval = \"2s\"\nsession = \"each\"\n") +
              mqtt_table(broker_.url()));
    connect_to_bus();
    connect_to_broker();
  }

  void add_house(const std::string& name, Simulator::Place place, Simulator::Options faults,
                 const Simulator::Options& faults_of_line) {
    faults.insert(faults.end(), faults_of_line.begin(), faults_of_line.end());
    const auto number = static_cast<unsigned>(houses_.size() + 1);
    houses_.push_back(std::make_unique<House>(loop_, name, place, number, faults, path("run")));
  }

  static std::string table_of(House& house, const std::string& more) {
    return "[[meter]]\nname = \"" + house.name() + "\"\ndevice = \"" + house.simulator().device() +
           "\"\n" + more;
  }

  void connect_to_bus() {
    for (const auto& house : houses_) {
      house->bus().connect(bus_.address());
    }
  }
  void leave_bus() {
    for (const auto& house : houses_) {
      house->bus().disconnect();
    }
  }
  void connect_to_broker() {
    watcher_ = std::make_unique<MqttWatcher>(loop_, broker_);
    known_messages_ = 0;
  }
  void leave_broker() {
    look();
    watcher_.reset();
  }

  void look() {
    static const std::vector<MqttWatcher::Seen> nothing;
    const auto& messages = watcher_ ? watcher_->seen() : nothing;
    for (const auto& house : houses_) {
      house->look(messages, std::min(known_messages_, messages.size()));
    }
    known_messages_ = messages.size();
  }
  // Looks at everything until the condition holds.
  bool look_until(const std::function<bool()>& condition, milliseconds deadline) {
    return wait_until(
        loop_,
        [&] {
          look();
          return condition();
        },
        deadline);
  }
  void look_for(milliseconds time) {
    look_until([] { return false; }, time);
  }

  // Something goes wrong around the daemon, and is over when this returns.
  void disturb() {
    const auto for_a_while = [this] { look_for(milliseconds(random_() % 5'000)); };
    switch (random_() % 6) {
      case 0:
        leave_broker();
        broker_.stop();
        for_a_while();
        broker_.start();
        connect_to_broker();
        break;
      case 1:
        leave_bus();
        bus_.kill();
        for_a_while();
        bus_.start();
        connect_to_bus();
        break;
      case 2:
        broker_.freeze();
        for_a_while();
        broker_.thaw();
        break;
      case 3:
        daemon_->signal(SIGHUP);
        break;
      case 4:
        daemon_->signal(SIGSTOP);
        for_a_while();
        daemon_->signal(SIGCONT);
        break;
      default:
        broker_.publish("ir-meterd/meter/" + houses_.front()->id() + "/command", "read_now");
        break;
    }
    ++disturbances_;
  }

  // A file of the cache is open only while it is written.
  [[nodiscard]] bool holds_file(const ProcessFigures& figures) const {
    return std::ranges::any_of(figures.descriptors, [&](const auto& descriptor) {
      return descriptor.first.starts_with(path("run"));
    });
  }

  // Until the daemon has everything it needs and holds nothing more than that.
  ProcessFigures at_rest(const std::optional<ProcessFigures>& usual) {
    ProcessFigures figures;
    EXPECT_TRUE(look_until(
        [&] {
          figures = figures_of(daemon_->pid());
          return notify_.status() == all_well && !holds_file(figures) &&
                 (!usual ||
                  (figures.descriptors == usual->descriptors && figures.threads <= usual->threads));
        },
        90s))
        << notify_.status() << "\n"
        << figures.text() << (usual ? "\ninstead of\n" + usual->text() : "") << "\n"
        << daemon_->errors();
    return figures;
  }

  Mosquitto broker_;
  std::unique_ptr<MqttWatcher> watcher_;
  std::size_t known_messages_ = 0;
  std::vector<std::unique_ptr<House>> houses_;
  std::mt19937 random_{1};
  unsigned disturbances_ = 0;
};

TEST_F(Soak, ShowsNothingButTheTruthAndHoldsNoMoreThanInTheBeginning) {
  start();
  const auto began = steady_clock::now();
  const auto took = [&] { return steady_clock::now() - began; };
  (void)at_rest({});
  look_for(2s);  // until who has made the connections has gone
  const ProcessFigures first = at_rest({});
  ProcessFigures warm = first;
  ProcessFigures latest = first;
  while (took() < time_to_take() && !HasFailure()) {
    look_for(milliseconds(1'000 + random_() % 6'000));
    disturb();
    if (disturbances_ % 4 == 0) {
      latest = at_rest(first);
      warm = took() < time_to_take() / 3 ? latest : warm;
    }
  }
  for (const auto& house : houses_) {
    house->simulator().end_faults();
  }
  latest = at_rest(first);
  const std::chrono::duration<double> processor_time = daemon_->processor_time();
  const std::chrono::duration<double> time = took();
  daemon_->signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !daemon_->running(); }));
  EXPECT_EQ(daemon_->exit_status(), 0);

  for (const auto& house : houses_) {
    const House::Verdict verdict = house->judge();
    for (const std::string& lie : verdict.lies) {
      ADD_FAILURE() << house->name() << ": " << lie;
    }
    for (const auto& [where, count] : verdict.seen) {
      std::cout << house->name() << ", " << where << ": " << count << " readings compared\n";
    }
    EXPECT_EQ(verdict.seen.size(), 7U) << "somewhere nothing was seen of " << house->name();
  }
  EXPECT_LE(latest.anonymous_kib, warm.anonymous_kib + most_growth_kib);
  EXPECT_LT(processor_time, time * most_processor_share);
  EXPECT_LT(logged("\n"), 100 + static_cast<std::size_t>(time / 1s));
  EXPECT_EQ(logged("so it is believed"), 0U);
  std::cout << "Processor time: " << processor_time.count() << " s of " << time.count()
            << " s; lines in the log: " << logged("\n")
            << "; disturbances beside the faults: " << disturbances_
            << "\nIn the beginning: " << first.text() << "\nAfter a third:    " << warm.text()
            << "\nIn the end:       " << latest.text() << "\n";
  if (HasFailure()) {
    std::cout << daemon_->errors();
  }
}

}  // namespace
}  // namespace irmeterd
