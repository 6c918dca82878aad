// A reader and a meter on one line, in virtual time.
//
// Two queues of bytes take the time that bytes need at 9600 baud; step() goes to the next moment at
// which anything happens, so hours pass in milliseconds. What goes wrong on the line is a function
// put into one of the queues. Nothing here sleeps or looks at a clock.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lib/meter/meter.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/known_key.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmeter::testing {

// The meter's end of the line.
class MeterEnd {
 public:
  virtual ~MeterEnd() = default;
  virtual void receive(ByteView bytes, Instant now) = 0;
  virtual void timeout(Instant now) = 0;
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;
  [[nodiscard]] virtual Bytes transmit() = 0;
};

// One direction of the line.
class Wire {
 public:
  // What is sent together (a packet, an ACK) passes through here; what comes out goes on the line.
  using Fault = std::function<Bytes(Bytes)>;

  Fault fault;
  unsigned baud = 9600;
  bool in_one_piece = false;  // bytes sent together arrive together, when the last one does
  Duration extra_per_byte{};  // a pause in front of each
  struct Hold {
    std::uint64_t position;  // of a byte, counted from the start: a pause in front of it
    Duration time;
  };
  std::vector<Hold> holds;

  std::uint64_t bytes = 0;  // that were sent, before any fault
  std::vector<Bytes> sent;  // what was sent together, before any fault
  bool keeps_what_was_sent = true;

  void push(Bytes what, Instant now);
  [[nodiscard]] std::optional<Instant> due() const;
  [[nodiscard]] Bytes take(Instant now);

 private:
  struct Arriving {
    std::uint8_t byte;
    Instant due;
  };
  std::deque<Arriving> arriving_;
  Instant free_{};
};

struct PollRecord {
  Instant ended;
  PollEnded poll;
};

class Pair {
 public:
  Pair(const MeterOptions& options, const std::optional<Key>& key, MeterEnd& meter,
       std::vector<KeyFact> known = {});
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  Pair(Pair&&) = delete;
  Pair& operator=(Pair&&) = delete;
  virtual ~Pair() = default;

  // The reader with a line, from now on.
  void start();
  // To the next moment something happens, until `limit` at most. Throws std::runtime_error when
  // time has stood still for too many steps: a livelock.
  virtual void step(Instant limit);
  void run_for(Duration time);
  // Until the condition holds; false if that takes longer.
  bool run_until(const std::function<bool()>& condition, Duration within);
  // Until so many polls have ended in all.
  bool run_polls(std::size_t count, Duration within = std::chrono::minutes(10));
  // The reader is told to do something at this moment.
  void tell(const std::function<void(Meter&, Instant)>& what);

  Meter client;
  MeterEnd& meter;
  Wire to_meter;
  Wire to_client;
  Instant now{std::chrono::hours(1)};
  bool asleep = false;  // the reader: it neither hears nor does anything until it is woken up
  KnownKey record;      // of the reader's key

  std::vector<PollRecord> polls;
  std::vector<Identity> identities;
  Values remembered;  // of each meter that is identified, in answer to that
  struct Slow {
    std::vector<DetailsRead> details;
    std::vector<TableBytes> tables;
    std::vector<LogEntry> log;
    std::vector<TableLeftOut> left_out;
    std::vector<TableAnswer> answers;
  } slow;  // what the pauses have brought
  bool stopped = false;
  bool secret_seen_in_clear = false;  // a Security packet without its mark, or a mark elsewhere
  std::uint64_t wake_ups = 0;         // inputs the reader was given

  // Polls that ended with a reading.
  [[nodiscard]] std::size_t readings() const;
  // The payloads of all requests the reader has sent, repetitions included.
  [[nodiscard]] std::vector<Bytes> requests() const;
  // The name of the latest one.
  [[nodiscard]] std::string asked() const;

 private:
  void take_outputs();

  unsigned standstill_ = 0;
};

// The simulated meter as the end of the line.
class SimulatedEnd : public MeterEnd {
 public:
  explicit SimulatedEnd(const irmetersim::MeterSettings& settings) : meter(settings) {}
  void receive(ByteView bytes, Instant now) override { meter.receive(bytes, now); }
  void timeout(Instant now) override { meter.timeout(now); }
  [[nodiscard]] std::optional<Instant> deadline() const override { return meter.deadline(); }
  [[nodiscard]] Bytes transmit() override { return meter.transmit(); }

  irmetersim::SimulatedMeter meter;
};

// Nobody at the end of the line.
class SilentEnd : public MeterEnd {
 public:
  void receive(ByteView, Instant) override {}
  void timeout(Instant) override {}
  [[nodiscard]] std::optional<Instant> deadline() const override { return {}; }
  [[nodiscard]] Bytes transmit() override { return {}; }
};

// Everything a test of reader and simulated meter starts with.
struct Bench {
  MeterOptions options;
  irmetersim::MeterSettings settings;
  std::string key = irmetersim::demo_key;  // empty: none
  std::vector<KeyFact> known;              // of this key

  // The meter has accepted the key before.
  void prove_key() { known = {{irmetersim::MeterSettings().nameplate.serial, KeyTrust::proven}}; }
};

class SimulatedPair : public Pair {
 public:
  explicit SimulatedPair(const Bench& bench = {});

  [[nodiscard]] irmetersim::SimulatedMeter& sim() { return end_->meter; }
  // Requests sent again do not count twice.
  [[nodiscard]] std::string services() const;

 private:
  SimulatedPair(const Bench& bench, std::unique_ptr<SimulatedEnd> end);
  std::unique_ptr<SimulatedEnd> end_;
};

// Values a household could have, all different so that no mix-up goes unseen; they depend on n, and
// the registers rise with it.
[[nodiscard]] irmetersim::MeterValues distinct_values(std::int32_t n = 0);

// What a reading of these values has to be, from a meter of this kind.
[[nodiscard]] Reading truth(const irmetersim::MeterValues& values,
                            const irmetersim::Profile& profile);

// A response packet turned into a refusal; the rest of a longer response disappears, and ACKs pass.
[[nodiscard]] Bytes refused(const Bytes& sent, std::uint8_t code);

// "identify", "negotiate", "log on", "BT23 0+8", ...
[[nodiscard]] std::string name_of(ByteView request);

// Bytes flipped, lost and invented at these rates per byte.
struct FaultRates {
  double flip = 0;
  double drop = 0;
  double insert = 0;
};
[[nodiscard]] Wire::Fault random_faults(const FaultRates& rates, std::uint64_t seed);

}  // namespace irmeter::testing
