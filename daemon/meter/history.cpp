#include "daemon/meter/history.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace irmeterd {
namespace {

using irmeter::Failure;
using irmeter::Fault;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t most_jobs = 8;
// The meter has closed an interval by then, if its clock goes right.
constexpr seconds after_the_end{15};
constexpr minutes again_after{5};
constexpr std::chrono::hours left_out_for{24};

}  // namespace

void HistoryReads::read(irmeter::MeterTime from, irmeter::MeterTime to, Handler handler) {
  add(irmeter::HistoryReader(from, to, calls_.register_unit()), true,
      [handler = std::move(handler)](const Result& result, Blamed) { handler(result); });
}

void HistoryReads::polled() {
  if (!first_ || reads_newest_) {
    return;
  }
  if (!due_) {
    wait(*first_);
  }
  if (calls_.now() >= *due_) {
    reads_newest_ = true;
    add(irmeter::HistoryReader(calls_.register_unit()), false,
        [this](const Result& result, Blamed blamed) { take_newest(result, blamed); });
  }
}

void HistoryReads::begin_anew() {
  due_.reset();
  newest_.reset();
  failures_ = 0;
}

void HistoryReads::add(irmeter::HistoryReader reader, bool at_once, End end) {
  if (jobs_.size() == most_jobs) {
    end(Failure{Fault::busy, irmeter::table_name(irmeter::bt64)}, irmeter::bt64);
    return;
  }
  jobs_.push_back(std::make_shared<Job>(Job{std::move(reader), at_once, std::move(end)}));
  if (jobs_.size() == 1) {
    ask(jobs_.front());
  }
}

// The answer may come before the call has returned, and end the job.
void HistoryReads::ask(const std::shared_ptr<Job>& job) {
  const std::vector<irmeter::TableRead> reads = job->reader.reads();
  if (reads.empty()) {
    end(job->reader.intervals());
    return;
  }
  job->missing = reads.size();
  for (const irmeter::TableRead& read : reads) {
    if (jobs_.empty() || jobs_.front() != job) {
      return;
    }
    calls_.read(read, job->at_once, [this, job](const auto& answer) { take(job, answer); });
  }
}

void HistoryReads::take(const std::shared_ptr<Job>& job, const irmeter::TableAnswer& answer) {
  if (jobs_.empty() || jobs_.front() != job) {
    return;  // a read before this one has failed
  }
  if (const auto* const failure = std::get_if<Failure>(&answer.result)) {
    end(*failure, answer.blamed);
  } else if (auto nonsense = job->reader.take(std::get<irmeter::Bytes>(answer.result))) {
    end(*std::move(nonsense), answer.what.table);
  } else if (--job->missing == 0) {
    ask(job);
  }
}

void HistoryReads::end(const Result& result, Blamed blamed) {
  const auto job = std::move(jobs_.front());
  const bool alone = jobs_.size() == 1;
  jobs_.erase(jobs_.begin());
  job->end(result, blamed);
  if (!alone) {
    ask(jobs_.front());
  }
}

void HistoryReads::take_newest(const Result& result, Blamed blamed) {
  reads_newest_ = false;
  if (const auto* const failure = std::get_if<Failure>(&result)) {
    take_failure(*failure, blamed);
    return;
  }
  failures_ = 0;
  const auto& intervals = std::get<std::vector<irmeter::HistoryInterval>>(result);
  if (intervals.empty()) {
    wait(again_after);
    return;
  }
  const irmeter::HistoryInterval& interval = intervals.back();
  if (std::exchange(newest_, interval.end) == interval.end) {
    wait(std::clamp<irmeter::Duration>(interval.length / 4, after_the_end, again_after));
    return;
  }
  const auto next = interval.end + interval.length + after_the_end;
  const auto left = std::chrono::ceil<seconds>(next - std::chrono::system_clock::now());
  wait(std::clamp<irmeter::Duration>(left, minutes(1), interval.length));
  calls_.newest(interval);
}

// What was there before, or costs no more than the meter's time, has another chance. Where the
// whole meter could not be read, the tables are not to blame.
void HistoryReads::take_failure(const Failure& failure, Blamed blamed) {
  if (!blamed) {
    return;
  }
  ++failures_;
  const bool patient = failure.fault == Fault::busy || failure.fault == Fault::overdue;
  const bool first = failures_ == 1 && (newest_ || failure.fault == Fault::no_response);
  if (patient || first) {
    wait(again_after);
  } else {
    wait(left_out_for);
    calls_.left_out({*blamed, failure});
  }
}

}  // namespace irmeterd
