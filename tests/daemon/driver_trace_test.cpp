// The trace of a driver says what happened: its lines are a conversation that can be replayed.
#include <sstream>

#include "tests/daemon/captured_log.hpp"
#include "tests/daemon/driver_fixture.hpp"
#include "tests/support/replay.hpp"
#include "tests/support/scripted_meter.hpp"

namespace irmeterd {
namespace {

using irmeter::State;
using irmeter::testing::Transcript;

class DriverTrace : public DriverFixture {
 protected:
  DriverTrace() { log_.set_level(LogLevel::trace); }

  // One poll, and the log-off behind it.
  void read_once(Simulator& simulator) {
    simulator.start();
    MeterConfig config = config_for(simulator.device());
    config.interval = std::chrono::hours(1);
    drive(config);
    ASSERT_TRUE(becomes(State::online));
    ASSERT_TRUE(stops());
  }

  // Without what is read behind the poll.
  static Transcript poll_of(Transcript all) {
    const std::vector<std::uint8_t> of_bt22{0x3F, 0x00, 0x16};  // which no poll asks for
    const auto is_of_pauses = [&](const irmeter::testing::TranscriptLine& line) {
      return !std::ranges::search(line.bytes, of_bt22).empty();
    };
    all.erase(std::ranges::find_if(all, is_of_pauses), all.end());
    return all;
  }

  // What a poll reads; the trace has the reads behind it, too.
  static irmeter::Reading usual_values(irmeter::Reading reading) {
    const irmeter::QuantitySet usual = irmeter::usual_quantities();
    for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
      if (!usual.test(static_cast<std::size_t>(quantity.id))) {
        reading.values.set(quantity.id, std::nullopt);
      }
    }
    return reading;
  }

  static Transcript conversation(const CapturedLog& log) {
    std::istringstream all(log.text());
    std::stringstream traced;
    for (std::string line; std::getline(all, line);) {
      if (line.starts_with("trace: main ")) {
        traced << line << '\n';
      }
    }
    return irmeter::testing::read_transcript(traced, "trace");
  }
};

TEST_F(DriverTrace, DecodesToTheReadingThatWasPublished) {
  const CapturedLog log;
  Simulator simulator(loop_);
  ASSERT_NO_FATAL_FAILURE(read_once(simulator));
  const auto replayed = irmeter::testing::replay(conversation(log));
  EXPECT_EQ(replayed.identity, meter().identity);
  EXPECT_EQ(usual_values(replayed.reading), *meter().reading);
}

TEST_F(DriverTrace, OfNewerMetersDecodesToTheReadingThatWasPublished) {
  const CapturedLog log;
  Simulator simulator(loop_, Simulator::Place::tcp, Simulator::quick({"--profile", "new"}));
  ASSERT_NO_FATAL_FAILURE(read_once(simulator));
  const auto replayed = irmeter::testing::replay(conversation(log));
  EXPECT_EQ(replayed.identity, meter().identity);
  EXPECT_EQ(usual_values(replayed.reading).values, meter().reading->values);
}

TEST_F(DriverTrace, IsAScriptThatAReaderKeepsTo) {
  const CapturedLog log;
  Simulator simulator(loop_);
  ASSERT_NO_FATAL_FAILURE(read_once(simulator));

  irmeter::testing::ScriptedMeter script(poll_of(conversation(log)));
  irmeter::MeterOptions options;
  options.interval = std::chrono::hours(1);
  irmeter::testing::Pair pair(options, *irmeter::Key::from_text(irmeter::testing::transcript_key),
                              script);
  pair.start();
  EXPECT_TRUE(pair.run_until([&] { return script.finished(); }, std::chrono::minutes(1)))
      << script.deviation() << log.text();
  EXPECT_EQ(script.deviation(), "");
  ASSERT_EQ(pair.polls.size(), 1U);
  ASSERT_NE(pair.polls[0].poll.reading(), nullptr);
  EXPECT_EQ(*pair.polls[0].poll.reading(), *meter().reading);
}

TEST_F(DriverTrace, IsOnlyThereWhenItIsAskedFor) {
  log_.set_level(LogLevel::debug);
  const CapturedLog log;
  Simulator simulator(loop_);
  ASSERT_NO_FATAL_FAILURE(read_once(simulator));
  EXPECT_EQ(log.count(" C> ") + log.count(" M> "), 0U) << log.text();
}

}  // namespace
}  // namespace irmeterd
