// What people are told about a meter: a meaning for each state, a cause and a cure for each fault,
// and the one sentence that is made of them.
//
// Everything before carries data (lib/fault.hpp). Words are looked up here where somebody reads
// them: StateDetail on D-Bus, state_detail on MQTT, the log, ir-meterctl, the manual.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "lib/fault.hpp"
#include "lib/meter/reading.hpp"
#include "lib/state.hpp"

namespace irmeterd {

struct StateText {
  irmeter::State id;
  std::string_view meaning;  // a sentence
};

inline constexpr std::array<StateText, irmeter::states.size()> state_texts{{
    {irmeter::State::starting, "No poll has ended yet."},
    {irmeter::State::online, "The latest poll succeeded."},
    {irmeter::State::no_device, "There is nothing at the configured path."},
    {irmeter::State::no_permission, "The device may not be opened."},
    {irmeter::State::device_busy, "Another process has the device."},
    {irmeter::State::silent, "No byte answers."},
    {irmeter::State::echo, "Only the probe's own light comes back."},
    {irmeter::State::garbled, "Bytes arrive, but no valid packet."},
    {irmeter::State::no_key, "There is no key to read the meter with."},
    {irmeter::State::key_rejected, "The meter does not accept the key."},
    {irmeter::State::locked_out, "The meter refuses sessions for a while."},
    {irmeter::State::quiet, "Configured quiet hours."},
    {irmeter::State::error, "Anything else, named in the detail."},
}};
static_assert(std::ranges::equal(state_texts, irmeter::states, {}, &StateText::id,
                                 &irmeter::StateInfo::id),
              "the order of lib/state.hpp");

// Two clauses: together a sentence, the context of the failure between them.
struct FaultText {
  irmeter::Fault id;
  std::string_view cause;
  std::string_view cure;  // what to do, or what comes next
};

inline constexpr std::array<FaultText, irmeter::fault_count> fault_texts{{
    {irmeter::Fault::no_device, "There is no device at the configured path",
     "plug in the probe, or configure the path that ir-meterctl ports shows"},
    {irmeter::Fault::no_permission, "The service may not open the device",
     "give the device to a group the service is in"},
    {irmeter::Fault::device_busy, "Another process has the device",
     "stop the other program that reads the meter, which sudo ir-meterctl check names"},
    {irmeter::Fault::unusable_device, "The device does not work as a serial port",
     "configure the one the probe is connected to"},
    {irmeter::Fault::no_server, "The serial server is out of reach",
     "see that it runs and that nobody else uses it"},
    {irmeter::Fault::other_service, "What answers there is no serial server",
     "configure the host and port of the serial server that the probe is connected to"},
    {irmeter::Fault::telnet, "The serial server speaks telnet, which changes what the meter sends",
     "configure its port for raw TCP, without telnet and RFC 2217"},
    {irmeter::Fault::silent, "The meter does not answer",
     "turn the probe by 180 degrees, seat it on the meter's optical port, check the settings rts "
     "and dtr, wait five minutes in case the meter refuses sessions, and see with sudo ir-meterctl "
     "check whether another program uses the device"},
    {irmeter::Fault::echo, "Only the probe's own light comes back",
     "put an opaque strip (foam) between its two diodes, and turn the probe by 180 degrees"},
    {irmeter::Fault::garbled, "Bytes arrive, but no valid packet",
     "seat the probe on the meter's optical port and shield it from other light"},
    {irmeter::Fault::damaged, "The meter answers, but its answers arrive damaged",
     "seat the probe firmly on the meter's optical port and shield it from other light"},
    {irmeter::Fault::no_response, "The meter stopped answering in the middle of a session",
     "seat the probe firmly on the meter's optical port"},
    {irmeter::Fault::overdue,
     "The poll was not over after 15 seconds, because bytes arrive too slowly or without a pause",
     "see that nothing but the meter sends on the line, and that a serial server passes bytes on "
     "at once"},
    {irmeter::Fault::session_lost, "The meter ended the session", "the next poll opens a new one"},
    {irmeter::Fault::unexpected, "The meter's answer does not fit the request",
     "shield the probe from other light, and if it stays so, report it with what the log says at "
     "level trace"},
    {irmeter::Fault::busy, "The meter is busy with something else", "the next poll asks again"},
    {irmeter::Fault::refused, "The meter refused a request",
     "if it stays so, report it with the model of the meter and what stands here in parentheses"},
    {irmeter::Fault::locked_out, "The meter refuses sessions for a while",
     "leave it alone for five minutes, and see that nothing else uses its optical port"},
    {irmeter::Fault::no_key, "No key is stored yet",
     "run 'sudo ir-meterctl set-key' and type in the 20-character read-only key (RK) of the "
     "optical port"},
    {irmeter::Fault::key_rejected, "The meter does not accept the key",
     "ask the grid company for the read-only key (RK) of the optical port, not the MEP key (MBK); "
     "no further attempt is made with this one until 'sudo ir-meterctl retry-key' asks for it"},
    {irmeter::Fault::key_unanswered,
     "The meter did not say whether it accepts the key, and a wrong one raises an alarm at the "
     "grid company each time",
     "if the key is right, have it tried once more with 'sudo ir-meterctl retry-key'"},
    {irmeter::Fault::key_unremembered,
     "The key was not sent, because a wrong one raises an alarm at the grid company and what "
     "becomes of it could not be written down",
     "see that /var/lib/ir-meterd can be written, and that the file keys in it is in order and has "
     "room"},
    {irmeter::Fault::quiet, "Configured quiet hours", "polling goes on when they are over"},
}};
static_assert(std::ranges::equal(fault_texts, irmeter::faults, {}, &FaultText::id,
                                 &irmeter::FaultInfo::id),
              "the order of lib/fault.hpp");

// Of a poll that succeeded although the probe hears itself.
inline constexpr FaultText echo_remark{irmeter::Fault::echo, "The probe also hears its own light",
                                       "put an opaque strip (foam) between its two diodes"};

// Of a poll that succeeded although BT21 and BT20 are refused.
inline constexpr FaultText places_remark{
    irmeter::Fault::refused,
    "The meter does not say where its values lie (BT21, BT20), so they are read where a meter "
    "without demands has them",
    "compare them with what its display shows"};

[[nodiscard]] constexpr std::string_view meaning(irmeter::State state) {
  return state_texts[static_cast<std::size_t>(state)].meaning;
}
[[nodiscard]] constexpr const FaultText& text(irmeter::Fault fault) {
  return fault_texts[static_cast<std::size_t>(fault)];
}

// The cause as a clause, with the context in parentheses; and what to do.
[[nodiscard]] std::string cause_of(const irmeter::Failure& failure);
[[nodiscard]] std::string cure_of(const irmeter::Failure& failure);
// One sentence that a person can act on: cause, context and cure.
[[nodiscard]] std::string sentence_of(const irmeter::Failure& failure);
// The same of a poll that brought a reading. echo: the probe heard itself.
[[nodiscard]] std::string sentence_of_reading(bool echo, const irmeter::Reading& reading,
                                              const irmeter::QuantitySet& withheld);
// What is withheld, as a sentence; empty when nothing is.
[[nodiscard]] std::string withheld_text(const irmeter::QuantitySet& withheld);

}  // namespace irmeterd
