// Every scenario of the table in the daemon: its driver, a real line, and the program ir-meter-sim
// at the other end. The fault and its context while the faults last, a reading soon after they have
// ended, one line in the log for each change, and no work without end.
#include "tests/daemon/captured_log.hpp"
#include "tests/daemon/driver_fixture.hpp"
#include "tests/daemon/processor_time.hpp"
#include "tests/scenarios/scenario.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;
using irmeter::State;
using irmeter::testing::Scenario;
using irmeter::testing::Seen;

std::vector<Scenario> daemon_scenarios() {
  std::vector<Scenario> chosen;
  for (const Scenario& scenario : irmeter::testing::scenarios()) {
    if (scenario.in_the_daemon()) {
      chosen.push_back(scenario);
    }
  }
  return chosen;
}

class InTheDaemon : public DriverFixture, public ::testing::WithParamInterface<Scenario> {
 protected:
  static constexpr std::uint64_t polls_in_fault = 2;

  void SetUp() override {
    Simulator::Options faults;
    for (const std::string& fault : GetParam().daemon) {
      faults.insert(faults.end(), {"--fault", fault});
    }
    simulator_ = std::make_unique<Simulator>(
        loop_, GetParam().over_tcp ? Simulator::Place::tcp : Simulator::Place::pseudo_terminal,
        Simulator::quick(faults));
    simulator_->start();

    MeterConfig config = config_for(simulator_->device());
    // The first packet is in danger where the line was idle for a second.
    config.interval = GetParam().name.starts_with("First") ? 1100ms : 100ms;
    config.session = GetParam().kept ? SessionMode::keep : SessionMode::each;
    irmeter::MeterOptions options = MeterDriver::options_for(config);
    options.timing.hold_off = 1s;
    // What is waited for in vain is not waited for as long as a slow meter would deserve.
    if (GetParam().retries != Seen::must_not) {
      options.link.ack_timeout = 500ms;
    }
    if (GetParam().fault) {
      options.timing.first_ack_timeout = 200ms;
      options.link.response_timeout = 1s;
    }
    drive(config, GetParam().wrong_key ? wrong_key() : right_key(), options);
  }

  // Until the condition holds. The loop wakes up for its own work only, and that must be little.
  ::testing::AssertionResult run_until(const std::function<bool()>& condition) {
    const std::uint64_t polls_before = meter().counters.polls;
    const auto used_before = thread_time();
    const auto begun = Clock::now();
    std::size_t turns = 0;
    for (; !condition(); ++turns) {
      if (Clock::now() - begun > patience) {
        return ::testing::AssertionFailure()
               << "not in time; " << irmeter::info(meter().state()).name << ": " << meter().detail()
               << '\n'
               << simulator_->conversation();
      }
      loop_.run_once(1s);
    }
    EXPECT_LT(turns, 500 * (meter().counters.polls - polls_before + 1));
    EXPECT_LT(thread_time() - used_before, 200ms + (Clock::now() - begun) / 4);
    return ::testing::AssertionSuccess();
  }
  ::testing::AssertionResult run_polls(std::uint64_t more) {
    const std::uint64_t goal = meter().counters.polls + more;
    return run_until([&] { return meter().counters.polls >= goal; });
  }
  ::testing::AssertionResult run_until_state(State state) {
    return run_until([&] { return meter().state() == state; });
  }

  // What was shown from this poll on is this fault, with its context.
  void expect_fault_since(std::size_t poll) const {
    for (; poll < shown_.size(); ++poll) {
      const MeterSnapshot& snapshot = shown_[poll].second;
      const auto& failure = snapshot.failure;
      const auto fault = failure ? std::optional(failure->fault) : std::nullopt;
      ASSERT_EQ(fault, GetParam().fault) << "poll " << poll << ": " << snapshot.detail();
      if (failure) {
        EXPECT_NE(failure->context.find(GetParam().context), std::string::npos) << *failure;
      } else {
        EXPECT_EQ(snapshot.echo, GetParam().echoes == Seen::must);
      }
    }
  }
  // Whatever has happened: each value that was ever shown is the meter's.
  void expect_truth() const {
    const irmetersim::MeterValues truth = Simulator::fixed_values();
    for (const auto& [when, snapshot] : shown_) {
      EXPECT_TRUE(snapshot.reading || snapshot.state() != State::online);
      for (const auto& quantity : irmeter::quantities) {
        if (!irmeter::usual_quantities().test(static_cast<std::size_t>(quantity.id))) {
          continue;
        }
        if (snapshot.reading && quantity.source == irmeter::Source::bt23) {
          ASSERT_EQ(snapshot.reading->values.get(quantity.id), truth.summations[quantity.index]);
        }
        if (snapshot.reading && quantity.source == irmeter::Source::bt28) {
          ASSERT_EQ(snapshot.reading->values.get(quantity.id), truth.present[quantity.index]);
        }
      }
    }
  }

  CapturedLog log_text_;
  std::unique_ptr<Simulator> simulator_;
};

void expect_seen(Seen expected, std::uint64_t count, const char* what) {
  if (expected == Seen::must) {
    EXPECT_GT(count, 0U) << what;
  } else if (expected == Seen::must_not) {
    EXPECT_EQ(count, 0U) << what;
  }
}

TEST_P(InTheDaemon, IsGotOverOrNamedAndEndsSoon) {
  const Scenario& scenario = GetParam();
  const std::string state(irmeter::info(scenario.state()).name);
  std::size_t set_in = 0;
  if (scenario.sets_in > 1) {
    ASSERT_TRUE(run_until_state(scenario.state()));
    set_in = shown_.size() - 1;
  }
  ASSERT_TRUE(run_polls(polls_in_fault));
  expect_fault_since(set_in);
  expect_truth();
  const MeterCounters& counters = meter().counters;
  expect_seen(scenario.echoes, counters.echoes, "echoes");
  expect_seen(scenario.retries, counters.retries, "retries");
  expect_seen(scenario.crc_errors, counters.crc_errors, "CRC errors");
  EXPECT_EQ(log_text_.count("main: " + state + ". "), 1U) << log_text_.text();
  for (const std::string& fault : scenario.daemon) {
    EXPECT_GT(simulator_->struck(fault.substr(0, fault.find(':'))), 0U) << fault;
  }
  if (!scenario.recovers) {
    simulator_->end_faults();
    ASSERT_TRUE(run_polls(polls_in_fault));
    expect_fault_since(set_in);
    EXPECT_EQ(simulator_->requests("security"), 1U);
    return;
  }

  const std::size_t ended = shown_.size();
  simulator_->end_faults();
  const auto begun = Clock::now();
  ASSERT_TRUE(run_until([&] { return shown_.size() > ended && meter().state() == State::online; }));
  EXPECT_LT(Clock::now() - begun, 2s + scenario.longest_poll);
  if (!scenario.hold_off) {
    EXPECT_LE(shown_.size(), ended + 3) << "the poll under way, and hardly one more, may fail";
  }
  ASSERT_TRUE(run_polls(1));
  expect_truth();
  EXPECT_EQ(shown_.back().second.state(), State::online);
  EXPECT_FALSE(meter().echo);
  EXPECT_EQ(log_text_.count("main: " + state + ". "), 1U) << log_text_.text();
  EXPECT_TRUE(stops());
}

INSTANTIATE_TEST_SUITE_P(Scenario, InTheDaemon, ::testing::ValuesIn(daemon_scenarios()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace irmeterd
