// The words that people are told: where they are made, and here alone.
#include "common/fault_texts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "common/bus_names.hpp"
#include "daemon/snapshot.hpp"

namespace irmeterd {
namespace {

using irmeter::Failure;
using irmeter::Fault;
using irmeter::State;

void expect_in_order(std::string_view whole, std::initializer_list<std::string_view> pieces) {
  std::size_t at = 0;
  for (const std::string_view piece : pieces) {
    at = whole.find(piece, at);
    ASSERT_NE(at, std::string_view::npos) << piece << " is missing in: " << whole;
  }
}

TEST(FaultTexts, AreTwoClausesThatMakeASentence) {
  for (const FaultText& fault : fault_texts) {
    for (const std::string_view clause : {fault.cause, fault.cure}) {
      EXPECT_FALSE(clause.empty()) << fault.cause;
      EXPECT_NE(clause.back(), '.') << clause;
    }
  }
  for (const StateText& state : state_texts) {
    EXPECT_EQ(state.meaning.back(), '.') << state.meaning;
  }
}

TEST(FaultTexts, NameTheKeyThatIsNeeded) {
  EXPECT_NE(text(Fault::no_key).cure.find("read-only key (RK)"), std::string_view::npos);
  expect_in_order(text(Fault::key_rejected).cure,
                  {"read-only key (RK)", "optical port", "not the MEP key (MBK)"});
}

TEST(FaultTexts, NameTheCommandsForTheKey) {
  EXPECT_EQ(sentence_of({Fault::no_key, "meter-key"}),
            "No key is stored yet: run 'sudo ir-meterctl set-key' and type in the 20-character "
            "read-only key (RK) of the optical port.");
  EXPECT_TRUE(sentence_of({Fault::no_key, "meter-key-garage"})
                  .ends_with("; then load it (meter-key-garage) with the drop-in that this command "
                             "shows."));
  EXPECT_EQ(sentence_of({Fault::no_key, "/etc/ir-meterd/key"}),
            "No key is stored yet: write the 20-character read-only key (RK) of the optical port "
            "into /etc/ir-meterd/key, and run 'sudo systemctl reload ir-meterd'.");
  for (const Fault fault : {Fault::key_rejected, Fault::key_unanswered}) {
    EXPECT_NE(text(fault).cure.find("'sudo ir-meterctl retry-key'"), std::string_view::npos);
  }
}

TEST(FaultTexts, NameTheCuresInTheirOrder) {
  expect_in_order(text(Fault::silent).cure, {"180 degrees", "optical port", "rts", "dtr",
                                             "five minutes", "sudo ir-meterctl check"});
  expect_in_order(text(Fault::echo).cure, {"foam", "180 degrees"});
  expect_in_order(text(Fault::garbled).cure, {"optical port", "light"});
  expect_in_order(text(Fault::locked_out).cure, {"five minutes"});
  expect_in_order(echo_remark.cure, {"foam"});
}

TEST(FaultTexts, HaveTheContextBetweenCauseAndCure) {
  EXPECT_EQ(sentence_of({Fault::device_busy, "/dev/ttyUSB0: minicom, PID 7"}),
            "Another process has the device (/dev/ttyUSB0: minicom, PID 7): stop the other program "
            "that reads the meter, which sudo ir-meterctl check names.");
  EXPECT_EQ(sentence_of({Fault::quiet, ""}),
            "Configured quiet hours: polling goes on when they are over.");
}

TEST(StateDetail, IsMadeOfWhatTheSnapshotHas) {
  MeterSnapshot meter;
  EXPECT_EQ(meter.state(), State::starting);
  EXPECT_EQ(meter.detail(), "No poll has ended yet.");
  meter.counters.polls = 1;
  EXPECT_EQ(meter.state(), State::online);
  EXPECT_EQ(meter.detail(), "The latest poll succeeded.");
  meter.echo = true;
  EXPECT_EQ(meter.detail(),
            "The latest poll succeeded. The probe also hears its own light: put an opaque strip "
            "(foam) between its two diodes.");
  meter.echo = false;
  meter.reading = irmeter::Reading{.values = {}, .places_assumed = true};
  EXPECT_EQ(meter.detail(),
            "The latest poll succeeded. The meter does not say where its values lie (BT21, BT20), "
            "so they are read where a meter without demands has them: compare them with what its "
            "display shows.");
  meter.echo = true;
  meter.reading.reset();
  meter.withheld.set(static_cast<std::size_t>(irmeter::Quantity::energy_import));
  meter.withheld.set(static_cast<std::size_t>(irmeter::Quantity::power));
  EXPECT_TRUE(meter.detail().ends_with(
      "two diodes. Held back, as they cannot be true: energy_import, power."))
      << meter.detail();
  meter.failure = Failure{Fault::busy, "BT23"};
  EXPECT_EQ(meter.state(), State::error);
  EXPECT_EQ(meter.detail(), sentence_of(*meter.failure));
}

TEST(ErrorNames, AreTheStatesInCamelCase) {
  EXPECT_EQ(error_name(State::no_device), "org.irmeterd.IrMeter1.Error.NoDevice");
  EXPECT_EQ(error_name(State::silent), "org.irmeterd.IrMeter1.Error.Silent");
}

}  // namespace
}  // namespace irmeterd
