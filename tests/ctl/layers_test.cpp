// Which layer a fault is in, whoever met it.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "lib/session/service.hpp"
#include "tests/support/pair.hpp"
#include "tools/ir-meterctl/check.hpp"

namespace irmeterctl {
namespace {

using irmeter::Fault;

std::vector<CheckLine> lines_for(const irmeter::Failure& failure, bool identified = true) {
  PollResult poll;
  poll.ended = true;
  poll.failure = failure;
  if (identified) {
    poll.identity.serial_number = "1";
  }
  return meter_layers("main", "/dev/ir-probe", poll);
}

std::string failed_layer(const std::vector<CheckLine>& lines) {
  const auto failed = std::ranges::find(lines, CheckResult::failed, &CheckLine::result);
  return failed == lines.end() ? "none" : std::string(name(failed->layer));
}

// How the first poll of a meter ends that acknowledges this request, and sends this packet or none.
irmeter::Failure failure_with(const std::string& request, std::optional<irmeter::Packet> answer) {
  irmeter::testing::SimulatedPair pair;
  pair.to_client.fault = [&](const irmeter::Bytes& bytes) {
    if (bytes.size() == 1 || pair.asked() != request) {
      return bytes;
    }
    return answer ? irmeter::encode(*answer) : irmeter::Bytes{};
  };
  pair.start();
  EXPECT_TRUE(pair.run_polls(1));
  return std::get<irmeter::Failure>(pair.polls.at(0).poll.result);
}

void expect_not_identified(const irmeter::Failure& failure, Fault fault,
                           const std::string& context) {
  EXPECT_EQ(failure.fault, fault);
  EXPECT_EQ(failure.context, context);
  EXPECT_EQ(failed_layer(lines_for(failure, false)), "identification") << failure;
}

TEST(MeterLayers, EveryFaultIsInOneLayerAndHasACure) {
  for (const irmeter::FaultInfo& info : irmeter::faults) {
    const auto lines = lines_for({info.id, {}});
    ASSERT_EQ(lines.size(), 10U) << info.name;
    const auto bad = std::ranges::find_if(
        lines, [](const CheckLine& line) { return line.result != CheckResult::ok; });
    ASSERT_NE(bad, lines.end()) << info.name;
    if (info.id == Fault::quiet) {
      EXPECT_EQ(bad->result, CheckResult::not_tried);
      EXPECT_EQ(bad->detail, "quiet hours");
    } else {
      EXPECT_EQ(bad->result, CheckResult::failed) << info.name;
      EXPECT_NE(bad->detail, "") << info.name;
      EXPECT_NE(bad->cure, "") << info.name;
    }
    EXPECT_TRUE(std::all_of(bad + 1, lines.end(), [](const CheckLine& line) {
      return line.result == CheckResult::not_tried;
    })) << info.name;
  }
}

TEST(MeterLayers, AFaultInTheSessionIsWhereItWasMet) {
  EXPECT_EQ(failed_layer(lines_for({Fault::no_response, "Logon"})), "identification");
  EXPECT_EQ(failed_layer(lines_for({Fault::unexpected, "Identification"})), "identification");
  EXPECT_EQ(failed_layer(lines_for({Fault::refused, "BT01: onp"})), "tables");
  EXPECT_EQ(failed_layer(lines_for({Fault::refused, "the meter does not offer reads"})), "tables");
  EXPECT_EQ(failed_layer(lines_for({Fault::no_response, "Security"})), "key");
  EXPECT_EQ(failed_layer(lines_for({Fault::busy, "BT21: bsy"})), "BT21");
  EXPECT_EQ(failed_layer(lines_for({Fault::session_lost, "BT23: isss"})), "BT23");
  EXPECT_EQ(failed_layer(lines_for({Fault::unexpected, "BT28: a wrong checksum"})), "BT28");
}

TEST(MeterLayers, AMeterThatOnlyAcknowledgesIsNotIdentified) {
  for (const auto& [request, step] :
       {std::pair{"identify", "Identification"}, {"negotiate", "Negotiate"}, {"log on", "Logon"}}) {
    expect_not_identified(failure_with(request, {}), Fault::no_response, step);
  }
}

TEST(MeterLayers, AMeterWhoseSessionDoesNotBeginIsNotIdentified) {
  const irmeter::Packet too_short{.payload = {0x00}};
  const irmeter::Packet without_the_first{.multi = true, .payload = {0x00}};
  for (const irmeter::Packet& answer : {too_short, without_the_first}) {
    expect_not_identified(failure_with("identify", answer), Fault::unexpected, "Identification");
  }
  expect_not_identified(failure_with("negotiate", irmeter::Packet{.payload = {0x01}}),
                        Fault::refused, "Negotiate: err (rejected)");
  const irmeter::Bytes small_packets{0x00, 0x00, 0x20, 0x02, 0x06};
  const irmeter::Bytes other_speed{0x00, 0x00, 0x40, 0x02, 0x07};
  for (const irmeter::Bytes& payload : {too_short.payload, small_packets, other_speed}) {
    expect_not_identified(failure_with("negotiate", irmeter::Packet{.payload = payload}),
                          Fault::unexpected,
                          "Negotiate: " + irmeter::parse_negotiated(payload).error().what);
  }
}

TEST(MeterLayers, WithoutAKeyTheDaemonHasAskedNothing) {
  const auto lines = lines_for({Fault::no_key, {}}, false);
  EXPECT_EQ(failed_layer(lines), "key");
  for (const CheckLine& line : lines) {
    const CheckResult expected = line.layer < Layer::echo   ? CheckResult::ok
                                 : line.layer == Layer::key ? CheckResult::failed
                                                            : CheckResult::not_tried;
    EXPECT_EQ(line.result, expected) << name(line.layer);
  }
}

TEST(MeterLayers, ADeviceThatAServiceOnNoBusHasIsInGoodHands) {
  const auto lines = lines_for({Fault::device_busy, "/dev/ttyUSB0: ir-meterd, PID 7"});
  EXPECT_EQ(failed_layer(lines), "none");
  EXPECT_EQ(lines[2].detail, "the service has it");
  EXPECT_EQ(lines[3].result, CheckResult::not_tried);
}

TEST(MeterLayers, NothingWasTriedBeforeTheFirstPoll) {
  const auto lines = meter_layers("main", "/dev/ir-probe", {});
  EXPECT_TRUE(std::ranges::all_of(
      lines, [](const CheckLine& line) { return line.result == CheckResult::not_tried; }));
}

TEST(MeterLayers, ShowWhatAReadingLacks) {
  PollResult poll;
  poll.ended = true;
  poll.withheld.set(static_cast<std::size_t>(irmeter::Quantity::voltage_l1));
  poll.given = {irmeter::Quantity::energy_import, irmeter::Quantity::power};
  const auto lines = meter_layers("main", "/dev/ir-probe", poll);
  EXPECT_EQ(lines[9].result, CheckResult::note);
  EXPECT_EQ(lines[8].detail, "energy_import");
  EXPECT_EQ(lines[9].detail,
            "the meter has none of the values. Held back, as they cannot be true: voltage_l1.");
}

}  // namespace
}  // namespace irmeterctl
