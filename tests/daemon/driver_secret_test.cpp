// The key is for the meter alone, at every log level and whatever the probe does.
#include <sys/epoll.h>
#include <unistd.h>

#include <array>

#include "tests/daemon/captured_log.hpp"
#include "tests/daemon/driver_fixture.hpp"
#include "tests/support/pseudo_terminal.hpp"

namespace irmeterd {
namespace {

using irmeter::State;

// A meter behind a probe that also receives its own light: everything the reader sends comes back
// before the meter's answer does.
class EchoingProbe {
 public:
  EchoingProbe(Loop& loop, const irmetersim::MeterSettings& settings)
      : loop_(loop), meter_(settings) {
    source_ = loop_.io(line_.fd(), EPOLLIN, [this](std::uint32_t) { on_bytes(); });
    timer_ = loop_.timer([this] {
      meter_.timeout(loop_.now());
      answer();
    });
  }

  [[nodiscard]] const std::string& device() const { return line_.path(); }

 private:
  void on_bytes() {
    std::array<std::uint8_t, 512> buffer{};
    const ssize_t count = ::read(line_.fd(), buffer.data(), buffer.size());
    if (count > 0) {
      const auto bytes = irmeter::ByteView(buffer).first(static_cast<std::size_t>(count));
      send(bytes);
      meter_.receive(bytes, loop_.now());
      answer();
    }
  }
  void answer() {
    send(meter_.transmit());
    if (const auto deadline = meter_.deadline()) {
      Loop::arm(timer_, *deadline);
    }
  }
  void send(irmeter::ByteView bytes) {
    [[maybe_unused]] const ssize_t sent = ::write(line_.fd(), bytes.data(), bytes.size());
  }

  Loop& loop_;
  irmetersim::SimulatedMeter meter_;
  PseudoTerminal line_;
  EventSource source_;
  EventSource timer_;
};

class DriverSecret : public DriverFixture {
 protected:
  DriverSecret() { log_.set_level(LogLevel::trace); }

  // No three characters of it in a row, as text or as the trace prints bytes.
  static void expect_no_key(const std::string& log) {
    EXPECT_NE(log.find("C> Security"), std::string::npos) << log;
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string hex;
    for (const char c : key) {
      hex += {' ', digits[static_cast<unsigned>(c) >> 4U], digits[static_cast<unsigned>(c) & 0xFU]};
    }
    for (std::size_t i = 0; i + 3 <= key.size(); ++i) {
      EXPECT_EQ(log.find(key.substr(i, 3)), std::string::npos) << log;
      EXPECT_EQ(log.find(hex.substr(3 * i, 9)), std::string::npos) << log;
    }
  }

  // Nothing else on the line looks like any part of it.
  static constexpr std::string_view key = "Zq7#Xv9!Kw3$Yj5%Bn1&";
  static MeterKey meter_key() { return {*irmeter::Key::from_text(key), {}}; }
};

TEST_F(DriverSecret, IsNotInTheTrace) {
  const CapturedLog log;
  Simulator simulator(loop_, Simulator::Place::pseudo_terminal,
                      Simulator::quick({"--key", std::string(key)}));
  simulator.start();
  drive(config_for(simulator.device()), meter_key());
  ASSERT_TRUE(becomes(State::online));
  expect_no_key(log.text());
}

TEST_F(DriverSecret, IsNotInTheTraceWhenTheProbeEchoesIt) {
  const CapturedLog log;
  irmetersim::MeterSettings settings;
  settings.key = key;
  EchoingProbe probe(loop_, settings);
  drive(config_for(probe.device()), meter_key());
  ASSERT_TRUE(becomes(State::online)) << log.text();
  EXPECT_GT(meter().counters.echoes, 0U);
  expect_no_key(log.text());
}

}  // namespace
}  // namespace irmeterd
