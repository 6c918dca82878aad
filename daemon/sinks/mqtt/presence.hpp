// Who is there, as the broker is told: the daemon, and each meter that has been identified.
//
// The broker itself says that a daemon is gone that ends without a word; that is the will. What it
// cannot say is that the meters are gone with it. For this it keeps a list of those online, and the
// daemon's next run takes back what nobody vouches for any more. A meter that is not read here any
// more is offline, and its diagnostics say nothing.
//
// Of two configured meters that are one and the same, the first keeps the topics, unless only the
// other one is read. Where heads were exchanged it looks like this for a moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/log.hpp"
#include "common/mqtt/session.hpp"
#include "common/mqtt/topics.hpp"
#include "daemon/sinks/mqtt/table.hpp"
#include "daemon/store.hpp"

namespace irmeterd {

// The list, as the broker keeps it: a retained `online` outlives a daemon that is killed or loses
// its power. The one started after it finds here which meters that was.
//
// What a list holds at most; ids beyond are left out.
inline constexpr std::size_t max_listed_meters = 64;
inline constexpr std::size_t max_listed_id = 48;  // characters
static_assert(max_listed_meters * (max_listed_id + 3) + 1 <= MqttEvent::max_payload);

// A JSON array of ids. Without a meter it is empty, and the broker forgets the topic.
[[nodiscard]] std::string meter_list(const std::set<std::string>& ids);

// Accepts exactly what meter_list() writes; anything else names no meter at all.
[[nodiscard]] std::set<std::string> parse_meter_list(std::string_view text);

class MqttPresence final : public Sink {
 public:
  // An id that another meter has.
  struct Refused {
    // Assumed by what is remembered; then it was read, and is that meter; then a warning was given.
    enum class Stage : std::uint8_t { assumed, read, warned };
    std::string id;
    Stage stage = Stage::assumed;
  };
  struct Meter {
    std::string id;  // that it is published under; empty: not identified, or refused
    std::optional<Refused> refused;
    bool online = false;
    std::uint64_t polls = 0;    // that had ended when it was shown last
    bool contradicted = false;  // somebody else has called it offline meanwhile
  };
  struct Handlers {
    std::function<void(const std::string& id)> found;  // a meter has this id from now on
    std::function<void(const std::string& id)> gone;   // and not any more
  };

  // The daemon is online from now on.
  MqttPresence(MqttTable& table, const MqttTopics& topics, const Log& log, Handlers handlers);

  [[nodiscard]] static MqttMessage will(const MqttTopics& topics);

  void meter_added(const MeterSnapshot& meter) noexcept override { show(meter); }
  void meter_changed(const MeterSnapshot&, const MeterSnapshot& after) noexcept override {
    show(after);
  }
  void meter_removed(const MeterSnapshot& meter) noexcept override;

  [[nodiscard]] const std::map<std::string, Meter>& meters() const { return meters_; }  // by name
  [[nodiscard]] const std::string& id(const std::string& name) const { return meters_.at(name).id; }

  // The list an earlier run has left: whichever is not ours by now is offline until it is
  // identified.
  void take_back(std::string_view list);

  // Somebody says something of the availability of this id. It is put right with the meter's next
  // poll, so that two who disagree do not keep the broker busy.
  void contradict(std::string_view id, std::string_view payload);
  // Likewise of the daemon's, with the next poll of any meter.
  void contradict_daemon(std::string_view payload);

  // Daemon and meters are offline.
  void leave();

 private:
  void show(const MeterSnapshot& snapshot);
  void identify(Meter& meter, const std::string& id, bool is_read);
  void release(Meter& meter);
  void look_for_doubles(const std::string& id);
  void set(Meter& meter, bool online);
  void give_up(const std::string& id);
  void set_list();
  [[nodiscard]] Meter* holder(const std::string& id);

  MqttTable& table_;
  const MqttTopics& topics_;
  const Log& log_;
  Handlers handlers_;
  std::map<std::string, Meter> meters_;
  bool contradicted_ = false;  // somebody else has called the daemon offline meanwhile
};

}  // namespace irmeterd
