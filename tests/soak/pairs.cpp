// Tries pairs of faults on all processors, for a night: see tests/soak/night.
#include <getopt.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/soak/pair_of_faults.hpp"

namespace irmeter::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t chunk = 500;  // runs in a row of one thread
constexpr std::chrono::seconds between_lines{10};

volatile std::sig_atomic_t interrupted = 0;

struct Options {
  double minutes = 480;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::uint64_t from = 0;
  std::optional<std::uint64_t> only;
  KeyTrust trust = KeyTrust::proven;
};

std::string describe(const PairsOfFaults::Pair& faults) {
  return faults[0].text() + ", " + faults[1].text();
}

class Night {
 public:
  explicit Night(const Options& options)
      : options_(options), pairs_(options.trust), next_(options.from) {}

  // The exit status.
  int run() {
    std::vector<std::thread> threads;
    for (unsigned job = 0; job < options_.jobs; ++job) {
      threads.emplace_back([this] { work(); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    say_progress(Clock::now());
    const std::uint64_t reached = std::min<std::uint64_t>(next_, pairs_.size());
    if (reached < pairs_.size()) {
      std::cout << "To go on: --from " << reached << '\n';
    }
    return failures_ == 0 ? 0 : 1;
  }

  int run_one(std::uint64_t number) const {
    const auto faults = pairs_.at(number);
    const Aftermath aftermath = pairs_.run(faults);
    std::cout << describe(faults) << ": "
              << (aftermath.failure.empty() ? "right" : aftermath.failure) << ", "
              << aftermath.lost_polls << " polls without a reading, the longest took "
              << static_cast<double>(aftermath.longest.count()) / 1e6 << " s\n";
    return aftermath.failure.empty() ? 0 : 1;
  }

 private:
  void work() {
    const auto end = began_ + std::chrono::duration<double>(60 * options_.minutes);
    while (interrupted == 0 && Clock::now() < end) {
      const std::uint64_t begin = next_.fetch_add(chunk);
      if (begin >= pairs_.size()) {
        return;
      }
      const std::uint64_t behind = std::min(begin + chunk, pairs_.size());
      for (std::uint64_t number = begin; number < behind; ++number) {
        take(number);
      }
      done_ += behind - begin;
      say_progress_now_and_then();
    }
  }

  void take(std::uint64_t number) {
    const auto faults = pairs_.at(number);
    const Aftermath aftermath = pairs_.run(faults);
    ++lost_polls_[std::min<std::size_t>(aftermath.lost_polls, lost_polls_.size() - 1)];
    if (!aftermath.failure.empty()) {
      ++failures_;
      const std::lock_guard lock(output_);
      std::cout << "FAILURE: " << describe(faults) << ": " << aftermath.failure << " (--only "
                << number << (options_.trust == KeyTrust::proven ? "" : " --new-key") << ")"
                << std::endl;
    }
  }

  void say_progress_now_and_then() {
    const std::unique_lock lock(output_, std::try_to_lock);
    const auto now = Clock::now();
    if (lock && now >= next_line_) {
      next_line_ = now + between_lines;
      say_progress(now);
    }
  }

  void say_progress(Clock::time_point now) const {
    const std::uint64_t done = done_;
    const double seconds = std::chrono::duration<double>(now - began_).count();
    std::cout << done << " runs, to " << std::min<std::uint64_t>(next_, pairs_.size()) << " of "
              << pairs_.size() << ", "
              << static_cast<std::uint64_t>(static_cast<double>(done) / seconds)
              << " per second; lost no poll " << lost_polls_[0] << ", one " << lost_polls_[1]
              << ", two " << lost_polls_[2] << "; failures " << failures_ << std::endl;
  }

  Options options_;
  PairsOfFaults pairs_;
  Clock::time_point began_ = Clock::now();
  std::atomic<std::uint64_t> next_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::array<std::atomic<std::uint64_t>, 4> lost_polls_{};
  std::mutex output_;
  Clock::time_point next_line_ = began_ + between_lines;
};

// Nothing: bad usage.
std::optional<Options> parse(int argc, char** argv) {
  enum Code : int { minutes = 1, jobs, from, only, new_key };
  constexpr option known[] = {
      {"minutes", required_argument, nullptr, minutes}, {"jobs", required_argument, nullptr, jobs},
      {"from", required_argument, nullptr, from},       {"only", required_argument, nullptr, only},
      {"new-key", no_argument, nullptr, new_key},       {nullptr, 0, nullptr, 0}};
  Options options;
  for (int code = 0; (code = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    switch (code) {
      case minutes:
        options.minutes = std::strtod(optarg, nullptr);
        break;
      case jobs:
        options.jobs = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
        break;
      case from:
        options.from = std::strtoull(optarg, nullptr, 10);
        break;
      case only:
        options.only = std::strtoull(optarg, nullptr, 10);
        break;
      case new_key:
        options.trust = KeyTrust::untried;
        break;
      default:
        return std::nullopt;
    }
  }
  return optind == argc && options.jobs > 0 ? std::optional(options) : std::nullopt;
}

}  // namespace
}  // namespace irmeter::testing

int main(int argc, char** argv) {
  using namespace irmeter::testing;
  const auto options = parse(argc, argv);
  if (!options) {
    return 64;
  }
  for (const int number : {SIGINT, SIGTERM}) {
    std::signal(number, [](int) { interrupted = 1; });
  }
  Night night(*options);
  return options->only ? night.run_one(*options->only) : night.run();
}
