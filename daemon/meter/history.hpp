// Reads of the load profile of one meter, one after the other: those that somebody asks for, and
// the newest interval each time one has been closed.
//
// What is read is read in pauses between polls. Tables that the meter does not give, or that make
// no sense, are not asked for by themselves for a day.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "lib/bytes.hpp"
#include "lib/fault.hpp"
#include "lib/meter/history.hpp"
#include "lib/meter/pauses.hpp"
#include "lib/time.hpp"

namespace irmeterd {

class HistoryReads {
 public:
  using Answer = std::function<void(const irmeter::TableAnswer&)>;
  using Result = std::variant<std::vector<irmeter::HistoryInterval>, irmeter::Failure>;
  using Handler = std::function<void(const Result&)>;
  struct Calls {
    // Reads part of a table and calls back once; where it is not to be read at once, behind the
    // next poll.
    std::function<void(const irmeter::TableRead& what, bool at_once, Answer answer)> read;
    std::function<irmeter::Instant()> now;
    std::function<std::uint8_t()> register_unit;  // as in irmeter::Reading
    std::function<void(const irmeter::HistoryInterval&)> newest;
    std::function<void(irmeter::TableLeftOut)> left_out;
  };
  // first: how long after the first poll the newest interval is read; nothing: never.
  HistoryReads(Calls calls, std::optional<irmeter::Duration> first)
      : calls_(std::move(calls)), first_(first) {}

  // The intervals that end behind `from` and no later than `to`. The handler is called once.
  void read(irmeter::MeterTime from, irmeter::MeterTime to, Handler handler);
  // The meter was read: what is due may be asked for.
  void polled();
  // Another meter, or what was left out is to be asked for again.
  void begin_anew();

 private:
  // As in irmeter::TableAnswer.
  using Blamed = std::optional<irmeter::TableId>;
  using End = std::function<void(const Result&, Blamed)>;
  struct Job {
    irmeter::HistoryReader reader;
    bool at_once;
    End end;
    std::size_t missing = 0;  // answers
  };

  void add(irmeter::HistoryReader reader, bool at_once, End end);
  void ask(const std::shared_ptr<Job>& job);
  void take(const std::shared_ptr<Job>& job, const irmeter::TableAnswer& answer);
  void end(const Result& result, Blamed blamed = {});
  void take_newest(const Result& result, Blamed blamed);
  void take_failure(const irmeter::Failure& failure, Blamed blamed);
  void wait(irmeter::Duration time) { due_ = calls_.now() + time; }

  Calls calls_;
  std::optional<irmeter::Duration> first_;
  std::vector<std::shared_ptr<Job>> jobs_;  // the first one is under way
  std::optional<irmeter::Instant> due_;     // the newest interval
  bool reads_newest_ = false;
  std::optional<irmeter::MeterTime> newest_;  // the end of it
  unsigned failures_ = 0;                     // in a row
};

}  // namespace irmeterd
