// What goes wrong in the meter itself: it is busy, forgets sessions, ends them, locks its port, or
// answers with numbers that do not add up.
//
// Stands in front of the meter's session: requests pass handle(), which asks the session or answers
// instead of it.
#pragma once

#include <optional>

#include "tools/ir-meter-sim/faults.hpp"
#include "tools/ir-meter-sim/meter_link.hpp"
#include "tools/ir-meter-sim/meter_session.hpp"

namespace irmetersim {

class SessionFaults {
 public:
  // Both must outlive this object.
  SessionFaults(Faults& faults, MeterSession& session) : faults_(faults), session_(session) {}

  // The response; nothing: the meter behaves as if it had not heard the request.
  [[nodiscard]] std::optional<Bytes> handle(ByteView request, Instant now);

  // The toggles in the present session.
  [[nodiscard]] ToggleRule toggle_rule() const { return toggle_rule_; }

 private:
  [[nodiscard]] bool refuses(ByteView request, Instant now);
  [[nodiscard]] std::optional<Bytes> instead_of_read(ByteView request, Instant now);
  void end_long_session(Instant now);
  void count_wrong_keys(bool key_was_good, Instant now);
  void falsify(Bytes& response, std::uint16_t table, Instant now);

  Faults& faults_;
  MeterSession& session_;
  ToggleRule toggle_rule_ = ToggleRule::own;
  std::optional<Instant> opened_at_;      // when the client logged on
  std::optional<Instant> refused_until_;  // until then there is no session
  bool refused_with_err_ = false;         // otherwise in silence
  bool waits_for_identification_ = false;
  std::int64_t wrong_keys_ = 0;  // in a row
};

}  // namespace irmetersim
