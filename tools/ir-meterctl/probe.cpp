#include "tools/ir-meterctl/check.hpp"

#include <csignal>
#include <utility>

#include "common/keys/key_record.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "daemon/meter/driver.hpp"
#include "daemon/store.hpp"

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

}  // namespace irmeterctl
