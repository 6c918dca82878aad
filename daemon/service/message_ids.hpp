// The identifiers of log lines that people search for: MESSAGE_ID in the journal.
//
// One for each state of a meter and one for each event below, random numbers of 128 bits that stay
// the same for ever. systemd/ir-meterd.catalog has an explanation with the cure for each, which
// journalctl shows with -x. Source: sd_journal_print(3), sd-id128(3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "lib/state.hpp"

namespace irmeterd {

// A meter has come into this state; no line is ever logged for the first one.
inline constexpr std::array<std::pair<irmeter::State, std::string_view>, irmeter::states.size()>
    state_messages{{
        {irmeter::State::starting, "c7e600858f574515b61c697c50e8e82b"},
        {irmeter::State::online, "5bcce26d42464e61bd0e6a2bed809ecc"},
        {irmeter::State::no_device, "61b462ec86ca473a8b90ad261358405e"},
        {irmeter::State::no_permission, "106e4ce3b01b4ee7a343d75dc32be120"},
        {irmeter::State::device_busy, "472f3c2276e040d9891b08b9f132b690"},
        {irmeter::State::silent, "7a289a7cc5ff441aa8b2693c6fd60f44"},
        {irmeter::State::echo, "a3cf12c06b244b83b1efc6a52cddfbf1"},
        {irmeter::State::garbled, "a7cc9eb5c7ff4d0f81a0145c66a52fb4"},
        {irmeter::State::no_key, "2a8172309dce43df892d7f58eea8b56a"},
        {irmeter::State::key_rejected, "961d7306b80742928dec3975569b0624"},
        {irmeter::State::locked_out, "863595fdbf2a4c58a343ed86f953f72e"},
        {irmeter::State::quiet, "384316f882234cc09fdaa08e8180d220"},
        {irmeter::State::error, "af7a0e44e867427d86a88db57a6597da"},
    }};

enum class Event : std::uint8_t {
  ready,                  // the daemon has started
  configuration_loaded,   // again
  configuration_refused,  // one of its mistakes
  bus_found,
  bus_lost,
  broker_found,
  broker_lost,
  value_accepted,  // a level that could not be true at first
  flag_set,        // of a meter's status
  flag_cleared,
  event_logged,  // in the meter's own log
  stuck,         // a part of the daemon, which the watchdog will end
};

inline constexpr std::array<std::pair<Event, std::string_view>, 12> event_messages{{
    {Event::ready, "3033c3a75ff641cf83e18e8611f5b62f"},
    {Event::configuration_loaded, "cf940de139a541b2b42709b30aea2b0c"},
    {Event::configuration_refused, "08610a5dbe8e4f2ca0d45fec1be73739"},
    {Event::bus_found, "6b108bc10f094637900990ac42d35bf8"},
    {Event::bus_lost, "61b47e757c744f1f93488ecb07386120"},
    {Event::broker_found, "048bf25069cd451c8559e330d97fb85e"},
    {Event::broker_lost, "2fc8adffac8f4ffcbf491aaa433d403c"},
    {Event::value_accepted, "361385db43ba4e499784e2668ff414cb"},
    {Event::flag_set, "3760fec25bfc42c692d615bec518b0c3"},
    {Event::flag_cleared, "0f927bc30e2440588b841ad3bfbae0b3"},
    {Event::event_logged, "a1cbe4c31e7b494591c1c395a29740b0"},
    {Event::stuck, "aa4c0a47a6c14cf1912fdc0f8de57654"},
}};

// The field for a line of the log.
[[nodiscard]] inline std::pair<std::string_view, std::string> message_id(irmeter::State state) {
  return {"MESSAGE_ID", std::string(state_messages[static_cast<std::size_t>(state)].second)};
}
[[nodiscard]] inline std::pair<std::string_view, std::string> message_id(Event event) {
  return {"MESSAGE_ID", std::string(event_messages[static_cast<std::size_t>(event)].second)};
}

}  // namespace irmeterd
