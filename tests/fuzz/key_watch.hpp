// Watches over the key: it is in the Security service and nowhere else, and no meter is shown it
// again that has not proven it, over restarts too, unless it did not look, once, or somebody asks.
// Each wrong key raises an alarm.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/link/packet.hpp"
#include "lib/session/key.hpp"
#include "tests/support/known_key.hpp"

namespace fuzz {

class KeyWatch {
 public:
  // The key must be one that cannot come over the line by chance. Without one nothing can be wrong.
  explicit KeyWatch(const std::optional<irmeter::Key>& key);

  void on_restart() { asked_for_ = false; }
  void on_retry() { asked_for_ = true; }
  void on_identified(const std::string& serial_number) { serial_number_ = serial_number; }
  [[nodiscard]] irmeter::KeyPermission on_question(const irmeter::KeyQuestion& question);
  void on_fact(const irmeter::KeyFact& fact);
  void on_request(irmeter::ByteView packet, std::uint8_t service, bool secret);
  // Text for people: a line of a trace, the detail of a failure.
  void check_text(std::string_view text) const;

 private:
  void on_shown();

  std::optional<irmeter::Key> key_;
  std::vector<std::string> pieces_;  // as a text might show them
  irmeter::testing::KnownKey record_;
  std::map<std::string, unsigned> shown_;  // how often to a meter since it has proven the key
  std::set<std::string> put_off_;          // meters that once did not look at it
  std::string serial_number_;
  bool shown_in_session_ = false;
  bool asked_for_ = false;  // once more
};

}  // namespace fuzz
