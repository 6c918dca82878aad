// The services of a session as a table: what each step is called, which one follows, and what it
// means when the meter refuses it or does not answer.
//
// A session opens, makes reads and closes; what is read, and when, is decided above it.
// Source: ANSI C12.18-2006, application layer; annex on the state diagram.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace irmeter {

enum class Step : std::uint8_t {
  idle,
  end_old_session,  // the meter still has one open
  identify,
  negotiate,
  log_on,
  show_key,
  read,
  keep_alive,
  log_off,
  terminate,
};

enum class OnRefusal : std::uint8_t {
  fail,              // the session
  go_on,             // with the next step
  not_supported,     // likewise where the meter lacks the service, else fail
  terminate_before,  // once: an old session may be in the way; then as sessions_refused
  sessions_refused,  // the meter takes none at present
  report,            // whoever asked decides
  end,               // the session is gone, and nobody is waiting for it
};

enum class OnLoss : std::uint8_t {
  diagnose,  // nothing of the meter was heard yet: the line tells why
  fail,      // the session
  go_on,     // with the next step
  report,    // whoever asked decides
  end,       // the session is gone, and nobody is waiting for it
};

struct StepRow {
  Step step;
  std::string_view name;  // in the context of a failure
  Step next;
  OnRefusal refusal;
  OnLoss loss;
};

inline constexpr std::array<StepRow, 10> step_rows{{
    {Step::idle, "idle", Step::idle, OnRefusal::end, OnLoss::end},
    {Step::end_old_session, "Terminate", Step::identify, OnRefusal::go_on, OnLoss::go_on},
    {Step::identify, "Identification", Step::negotiate, OnRefusal::terminate_before,
     OnLoss::diagnose},
    {Step::negotiate, "Negotiate", Step::log_on, OnRefusal::not_supported, OnLoss::fail},
    {Step::log_on, "Logon", Step::idle, OnRefusal::sessions_refused, OnLoss::fail},
    {Step::show_key, "Security", Step::idle, OnRefusal::report, OnLoss::report},
    {Step::read, "read", Step::idle, OnRefusal::report, OnLoss::report},
    {Step::keep_alive, "keep-alive", Step::idle, OnRefusal::end, OnLoss::end},
    {Step::log_off, "Logoff", Step::terminate, OnRefusal::go_on, OnLoss::go_on},
    {Step::terminate, "Terminate", Step::idle, OnRefusal::end, OnLoss::end},
}};

[[nodiscard]] constexpr const StepRow& row(Step step) {
  return step_rows[static_cast<std::size_t>(step)];
}

static_assert(std::ranges::all_of(step_rows,
                                  [](const StepRow& each) { return &row(each.step) == &each; }),
              "row() looks steps up by their place");

}  // namespace irmeter
