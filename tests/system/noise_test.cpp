// Garbage on the line: no reading comes of it, and no work without end.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <set>

#include "tests/support/pseudo_terminal.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

using namespace std::chrono_literals;

// A probe in the sun: random bytes without a pause, and more of them for all that it receives.
class NoisyProbe {
 public:
  NoisyProbe(Loop& loop, const std::string& link, std::size_t bytes) : left_(bytes) {
    std::filesystem::create_symlink(line_.path(), link);
    source_ = loop.io(line_.fd(), EPOLLIN, [this](std::uint32_t) {
      std::array<char, 512> ignored{};
      listened_to_ = ::read(line_.fd(), ignored.data(), ignored.size()) > 0 || listened_to_;
      send();
    });
    // Some more each time the loop turns, as long as there is somebody to take it.
    turn_ = loop.before_sleep([this] {
      if (listened_to_) {
        send();
      }
    });
  }
  [[nodiscard]] bool exhausted() const { return left_ == 0; }

 private:
  void send() {
    std::array<char, 256> noise{};
    std::generate(noise.begin(), noise.end(), [this] { return static_cast<char>(random_()); });
    const ssize_t sent = ::write(line_.fd(), noise.data(), std::min(noise.size(), left_));
    left_ -= sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  std::size_t left_;
  std::mt19937 random_{20'000};
  bool listened_to_ = false;
  PseudoTerminal line_;
  EventSource source_;
  EventSource turn_;
};

class Noise : public Installation {};

TEST_F(Noise, IsNeverTakenForAReadingAndCostsLittle) {
  const std::string device = path("probe");
  auto probe = std::make_unique<NoisyProbe>(loop_, device, 200'000);
  configure(std::string(no_bus) + meter_table(device));
  start();
  const auto begun = std::chrono::steady_clock::now();
  std::set<std::string> statuses;
  ASSERT_TRUE(eventually(
      [&] {
        statuses.insert(notify_.status());
        return probe->exhausted() && statuses.size() > 2;
      },
      60s));
  EXPECT_TRUE(daemon_->running());
  EXPECT_LT(daemon_->processor_time(), (std::chrono::steady_clock::now() - begun) / 4);
  // Random bytes may look like an acknowledgement, hence the error; but never like an answer.
  for (const std::string& status : statuses) {
    EXPECT_TRUE(
        std::set<std::string>({"", "main starting", "main garbled", "main error"}).contains(status))
        << status;
  }
  EXPECT_FALSE(cached("main/BT23"));
  EXPECT_FALSE(cached("main/reading.json"));

  // The same daemon reads a meter that takes the place of the noise.
  Simulator simulator(loop_);
  simulator.start();
  std::filesystem::remove(device);
  std::filesystem::create_symlink(simulator.device(), device);
  probe.reset();
  EXPECT_TRUE(shows("main online"));
}

}  // namespace
}  // namespace irmeterd
