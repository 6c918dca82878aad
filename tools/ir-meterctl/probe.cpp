#include "tools/ir-meterctl/check.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/fault_texts.hpp"
#include "common/keys/key_record.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/driver.hpp"
#include "daemon/store.hpp"
#include "tools/ir-meterctl/tables.hpp"

namespace irmeterctl {
namespace {

// Calls back when the first poll has ended.
class FirstPoll final : public irmeterd::Sink {
 public:
  explicit FirstPoll(std::function<void()> ended) : ended_(std::move(ended)) {}
  void meter_added(const irmeterd::MeterSnapshot&) noexcept override {}
  void meter_changed(const irmeterd::MeterSnapshot& before,
                     const irmeterd::MeterSnapshot& after) noexcept override {
    if (before.counters.polls == 0 && after.counters.polls > 0) {
      ended_();
    }
  }
  void meter_removed(const irmeterd::MeterSnapshot&) noexcept override {}

 private:
  std::function<void()> ended_;
};

PollResult result_of(const irmeterd::MeterSnapshot& meter, int signal) {
  PollResult result;
  result.ended = meter.counters.polls > 0;
  result.failure = meter.failure;
  result.identity = meter.identity;
  result.echo = meter.echo;
  result.withheld = meter.withheld;
  result.signal = signal;
  result.values = meter.reading ? meter.reading->values : irmeter::Values{};
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    if (meter.reading && meter.reading->values.get(quantity.id)) {
      result.given.push_back(quantity.id);
    }
  }
  return result;
}

}  // namespace

PollResult probe(const irmeterd::MeterConfig& meter, const std::optional<irmeter::Key>& key,
                 const std::string& state_directory) {
  irmeterd::Loop loop;
  // What becomes of the meter is told by the check, what becomes of the record only by the log.
  const irmeterd::Log quiet(irmeterd::LogLevel::error);
  const irmeterd::Log log(irmeterd::LogLevel::warning);
  irmeterd::KeyRecord record(state_directory, log);
  irmeterd::Store store;
  irmeter::MeterOptions options = irmeterd::MeterDriver::options_for(meter);
  options.session = irmeterd::SessionMode::each;
  options.ask_without_key = true;
  options.pace.slow_interval.reset();

  irmeterd::MeterDriver driver(loop, quiet, store, record, meter, {key, {}}, options);
  PollResult result;
  int signal = 0;
  auto stop = loop.deferred([&] {
    result = result_of(store.meters().at(meter.name), signal);
    driver.stop([&loop] { loop.exit(0); });
  });
  FirstPoll first_poll([&stop] { irmeterd::Loop::trigger(stop); });
  // What the meter makes of a key it is shown has to be seen, so the first signal lets the poll
  // end.
  const auto on_signal = [&](int number) {
    if (std::exchange(signal, number) != 0) {
      irmeterd::Loop::trigger(stop);
    }
  };
  const auto interrupt = loop.signal(SIGINT, [&] { on_signal(SIGINT); });
  const auto terminate = loop.signal(SIGTERM, [&] { on_signal(SIGTERM); });
  store.add_sink(first_poll);
  driver.start();
  loop.run();
  store.remove_sink(first_poll);
  return result;
}

int with_probe(const irmeterd::MeterConfig& meter, const std::optional<irmeter::Key>& key,
               const std::string& state_directory,
               const std::function<int(const TableReader& read)>& use) {
  irmeterd::Loop loop;
  const irmeterd::Log log(irmeterd::LogLevel::error);
  irmeterd::KeyRecord record(state_directory, log);
  irmeterd::Store store;
  irmeter::MeterOptions options = irmeterd::MeterDriver::options_for(meter);
  // The next poll is not to end the session before all is read.
  options.session = irmeterd::SessionMode::keep;
  options.interval = std::chrono::minutes(5);
  options.pace.slow_interval.reset();
  if (!key) {
    // The rows before the key are those of tables that are open to all.
    options.ask_without_key = true;
    options.plan = options.plan.first(static_cast<std::size_t>(
        std::ranges::find_if(options.plan, irmeter::is_key) - options.plan.begin()));
  }
  irmeterd::MeterDriver driver(loop, log, store, record, meter, {key, {}}, options);
  bool interrupted = false;
  const auto interrupt = loop.signal(SIGINT, [&] { interrupted = true; });
  const auto terminate = loop.signal(SIGTERM, [&] { interrupted = true; });
  const auto wait_for = [&loop](const auto& condition) {
    while (!condition()) {
      loop.run_once(std::chrono::seconds(1));
    }
  };
  driver.start();
  wait_for([&] { return store.meters().at(meter.name).counters.polls > 0; });

  const int status = use([&](const irmeter::TableRead& what) -> TableResult {
    const irmeterd::MeterSnapshot& snapshot = store.meters().at(meter.name);
    if (interrupted) {
      return std::string("interrupted");
    }
    if (snapshot.failure) {
      return snapshot.detail();
    }
    std::optional<TableResult> result;
    driver.read_table(what, [&result](const auto& answer) {
      if (const auto* failure = std::get_if<irmeter::Failure>(&answer.result)) {
        result = irmeterd::sentence_of(*failure);
      } else {
        result = std::get<irmeter::Bytes>(answer.result);
      }
    });
    wait_for([&] { return result.has_value(); });
    return *std::move(result);
  });

  bool stopped = false;
  driver.stop([&stopped] { stopped = true; });
  wait_for([&] { return stopped; });
  return interrupted ? 128 + SIGINT : status;
}

}  // namespace irmeterctl
