// The rule of the key, by exhaustion: after Security, every sequence of up to four things that may
// come of it, with the disk of the record out of order during every interval of the sequence.
//
// Sequences share what they have in common: their tree is walked, and the world is copied where it
// branches. Where the reader asks nothing that an answer could be given to, all answers come to the
// same, and one stands for them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/link/packet.hpp"
#include "lib/meter/meter.hpp"
#include "lib/session/service.hpp"
#include "tests/support/transcript.hpp"

namespace irmeter::testing {
namespace {

using std::chrono::milliseconds;

// What one answer of the meter is, and what happens beside its answers.
enum class Kind { code, silence, damaged, echo, works, line_lost, killed, other_meter };
struct Event {
  Kind kind;
  std::uint8_t code = 0;
};
bool is_answer(const Event& event) {
  return event.kind < Kind::line_lost;
}

std::vector<Event> all_events() {
  std::vector<Event> events{{Kind::silence}, {Kind::damaged}, {Kind::echo}, {Kind::works}};
  for (std::uint8_t code = 0; code <= static_cast<std::uint8_t>(ResponseCode::isss); ++code) {
    events.push_back({Kind::code, code});
  }
  events.push_back({Kind::code, 0x1C});  // one that the standard lacks
  events.insert(events.end(), {{Kind::line_lost}, {Kind::killed}, {Kind::other_meter}});
  return events;
}

// Full and read-only are one: what is there can be read, and nothing written.
enum class Disk { there, read_only, gone };

// The daemon's record of one key, at two meters: what the file says, and what the process knows.
struct Record {
  using Trusts = std::array<KeyTrust, 2>;
  Trusts file{};
  Trusts known{};
  std::array<bool, 2> news{};
  Disk disk = Disk::there;
  bool used = false;

  void load() {
    used = true;
    for (std::size_t meter = 0; meter < known.size(); ++meter) {
      known[meter] = news[meter] || disk == Disk::gone ? known[meter] : file[meter];
    }
  }
  bool save() {
    if (disk == Disk::there) {
      file = known;
      news = {};
    }
    return disk == Disk::there;
  }
  KeyPermission ask(std::size_t meter, bool retry) {
    load();
    const auto permission = permission_for(known[meter], retry);
    if (is_attempt(permission)) {
      const Trusts before = known;
      known[meter] = KeyTrust::unanswered;
      if (!save()) {
        known = before;
        return KeyPermission::unrecorded;
      }
    } else if (news[0] || news[1]) {
      (void)save();
    }
    return permission;
  }
  void learn(std::size_t meter, KeyTrust trust) {
    load();
    known[meter] = trust;
    news[meter] = true;
    (void)save();
  }
  void die() {
    known = {};
    news = {};
  }
};

Key the_key() {
  return *Key::from_text("ABCDEFABCDEFABCDEF00");
}
// Reads the nameplate, and with the key the dimensions and the registers: enough for the rule.
Meter new_process() {
  static const std::vector<PlanRow> rows = [] {
    std::vector<PlanRow> needed;
    std::ranges::copy_if(nes_polls(), std::back_inserter(needed), [](const PlanRow& row) {
      return row.when != PlanRow::When::once && row.values != bt28;
    });
    return needed;
  }();
  MeterOptions options;
  options.plan = rows;
  options.session = MeterOptions::SessionMode::each;
  return {options, the_key()};
}

// A reader, its record, and a meter that waits for an event where it is shown the key, or asked
// for what needs it.
class World {
 public:
  World() { start(); }

  Record record;

  // Until the meter waits for an event; false where that takes more than two polls.
  bool run() {
    for (const unsigned goal = polls_ + 2; asked_.empty() && polls_ < goal;) {
      step();
    }
    return !asked_.empty();
  }
  // False where nothing was asked that the event could have been the answer to. An answer is given
  // for as long as the same is asked in the same poll.
  bool apply(const Event& event) {
    if (is_answer(event)) {
      if (!run()) {
        return false;
      }
      answer_ = event;
      struck_ = std::exchange(asked_, {});
      give();
      for (const unsigned poll = polls_; asked_.empty() && polls_ == poll;) {
        step();
      }
      answer_.reset();
      return true;
    }
    asked_.clear();
    reply_.reset();
    if (event.kind == Kind::line_lost) {
      client_.line_lost();
      client_.line_ready(now_);
    } else if (event.kind == Kind::killed) {
      record.die();
      // What could not be written down is lost: that a meter has proven the key, or no more takes
      // it.
      for (std::size_t meter = 0; meter < proven_.size(); ++meter) {
        const bool stays = record.file[meter] == KeyTrust::proven;
        allowed_[meter] = proven_[meter] && !stays ? shown_[meter] : allowed_[meter];
        proven_[meter] = stays;
      }
      client_ = new_process();
      start();
    } else {
      meter_ = 1 - meter_;
      in_session_ = false;
    }
    take_outputs();
    return run();
  }
  // From now on the same answer, whatever is asked.
  void always(const Event& event) {
    answer_ = event;
    always_ = true;
    if (!asked_.empty()) {
      struck_ = std::exchange(asked_, {});
      give();
    }
  }
  void run_polls(unsigned count) {
    for (const unsigned goal = polls_ + count; polls_ < goal;) {
      step();
    }
  }
  void retry_key() {
    ++allowed_[meter_];
    client_.retry_key(now_);
    take_outputs();
  }

  // No meter was shown the key more often than the rule allows.
  [[nodiscard]] bool rule_holds() const { return rule_holds_; }
  // Of the latest poll; nothing after a reading.
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }

 private:
  static bool is_security(ByteView request) { return request[0] == service_code::security; }
  static bool needs_key(ByteView request) {
    return request[0] == service_code::read_by_offset && request[2] != bt01;
  }

  void start() {
    client_.line_ready(now_);
    client_.start(now_);
    take_outputs();
  }
  void step() {
    const auto due = earlier(client_.deadline(), reply_ ? std::optional(reply_at_) : std::nullopt);
    now_ = std::max(now_, *due);
    if (reply_ && now_ >= reply_at_) {
      client_.receive(*std::exchange(reply_, std::nullopt), now_);
    } else {
      client_.timeout(now_);
    }
    take_outputs();
  }
  void take_outputs() {
    while (auto output = client_.output()) {
      if (const auto* transmit = std::get_if<Transmit>(&*output)) {
        on_sent(transmit->bytes);
      } else if (const auto* question = std::get_if<KeyQuestion>(&*output)) {
        client_.answer_key(record.ask(index_of(question->serial_number), question->retry), now_);
      } else if (const auto* fact = std::get_if<KeyFact>(&*output)) {
        record.learn(index_of(fact->serial_number), fact->trust);
      } else if (const auto* poll = std::get_if<PollEnded>(&*output)) {
        ++polls_;
        const auto* const failure = std::get_if<Failure>(&poll->result);
        fault_ = failure != nullptr ? std::optional(failure->fault) : std::nullopt;
      }
    }
  }
  static std::size_t index_of(const std::string& serial_number) {
    return serial_number.ends_with('8') ? 0 : 1;
  }

  void on_sent(const Bytes& bytes) {
    if (bytes.size() <= packet_overhead) {
      return;
    }
    packet_ = bytes;
    Bytes request(bytes.begin() + packet_header_size, bytes.end() - 2);
    in_session_ = in_session_ || request[0] == service_code::identification;
    if (!in_session_) {
      return;
    }
    if (is_security(request)) {
      ++shown_[meter_];
      rule_holds_ = rule_holds_ && (proven_[meter_] || shown_[meter_] <= allowed_[meter_]);
    }
    if (!is_security(request) && !needs_key(request)) {
      reply(response_to(request));
    } else if (answer_ && (always_ || answer_->kind == Kind::works || request == struck_)) {
      struck_ = std::move(request);
      give();
    } else {
      asked_ = std::move(request);
    }
  }

  // Answers what is struck.
  void give() {
    switch (answer_->kind) {
      case Kind::silence:
        break;
      case Kind::echo:
        reply(packet_);
        break;
      case Kind::damaged: {
        Bytes bytes = response_to(struck_);
        bytes.back() ^= 1U;
        reply(bytes);
        break;
      }
      case Kind::code:
        if (is_security(struck_) && answer_->code != 0) {
          on_refused_key();
        }
        reply(response({answer_->code}));
        break;
      default:
        proven_[meter_] = proven_[meter_] || needs_key(struck_);
        reply(response_to(struck_));
    }
  }
  // The rule, said a second time.
  void on_refused_key() {
    if (fault_of_refusal(answer_->code) == Fault::refused) {
      proven_[meter_] = false;
      allowed_[meter_] = shown_[meter_];
    } else if (shown_[meter_] == 1) {
      allowed_[meter_] = 2;
    }
  }

  void reply(const Bytes& bytes) {
    reply_ = bytes;
    reply_at_ = now_ + milliseconds(40);
  }
  Bytes response(const Bytes& payload) {
    toggle_ = !toggle_;
    Bytes bytes{ack_byte};
    const Bytes packet = encode({.toggle = toggle_, .payload = payload});
    bytes.insert(bytes.end(), packet.begin(), packet.end());
    return bytes;
  }
  Bytes table(const Bytes& data) {
    Bytes payload{0, 0, static_cast<std::uint8_t>(data.size())};
    payload.insert(payload.end(), data.begin(), data.end());
    payload.push_back(table_checksum(data));
    return response(payload);
  }
  Bytes response_to(ByteView request) {
    static const Bytes nameplate =
        from_hex("45 4C 4F 4E 38 33 33 33 34 34 33 49 31 55 31 55 00 00 00 00 12 34 56 78");
    static const Bytes dimensions = from_hex("03 0C 00 0F 00 00 00 04 00 0A");
    if (needs_key(request)) {
      return table(request[2] == bt21 ? dimensions : Bytes(request[7], 0));
    }
    switch (request[0]) {
      case service_code::identification:
        return response({0, 0, 2, 0, 0});
      case service_code::negotiate_one_speed:
        return response({0, 0, 64, 2, 6});
      case service_code::read_by_offset: {
        Bytes data = nameplate;
        data.back() = static_cast<std::uint8_t>(data.back() + meter_);
        const auto from = data.begin() + request[5];
        return table({from, from + request[7]});
      }
      default:
        return response({0});
    }
  }

  Instant now_{std::chrono::hours(1)};
  Meter client_ = new_process();
  unsigned polls_ = 0;
  std::optional<Fault> fault_;

  std::size_t meter_ = 0;    // which one is at the end of the line
  bool in_session_ = false;  // or it does not answer
  bool toggle_ = true;
  Bytes packet_;  // the latest request
  Bytes asked_;   // what waits for an event
  Bytes struck_;  // what the latest event answers
  std::optional<Event> answer_;
  bool always_ = false;
  std::optional<Bytes> reply_;
  Instant reply_at_{};

  std::array<unsigned, 2> shown_{};
  std::array<unsigned, 2> allowed_{1, 1};
  std::array<bool, 2> proven_{};
  bool rule_holds_ = true;
};

class Tree {
 public:
  // The disk is in order, then out of order in one way or the other, and in order again.
  enum class Phase { before, during, after };
  void walk(const World& world, unsigned depth, Phase phase, Disk disk) {
    ++nodes;
    check_end(world);
    if (depth == 0 || ::testing::Test::HasFailure()) {
      return;
    }
    branch(world, depth, phase, disk);
    if (phase == Phase::before) {
      branch(world, depth, Phase::during, Disk::read_only);
      branch(world, depth, Phase::during, Disk::gone);
    } else if (phase == Phase::during) {
      branch(world, depth, Phase::after, Disk::there);
    }
  }

  std::size_t nodes = 0;

 private:
  void branch(const World& world, unsigned depth, Phase phase, Disk disk) {
    const bool changes = world.record.disk != disk;
    bool asks = true;
    for (const Event& event : events_) {
      if (is_answer(event) && !asks) {
        continue;
      }
      World next = world;
      next.record.disk = disk;
      next.record.used = false;
      asks = next.apply(event) || !is_answer(event);
      if (changes && !next.record.used) {
        continue;  // as if it changed with the next event
      }
      path_.push_back(event);
      walk(next, depth - 1, phase, disk);
      path_.pop_back();
    }
  }
  // A meter that is all right again is read, or a fault tells that somebody has to ask, which then
  // helps.
  void check_end(World world) const {
    world.record.disk = Disk::there;
    world.always({Kind::works});
    world.run_polls(2);
    if (const auto fault = world.fault()) {
      ASSERT_TRUE(fault == Fault::key_rejected || fault == Fault::key_unanswered) << text();
      world.retry_key();
      world.run_polls(1);
      ASSERT_FALSE(world.fault()) << text();
    }
    ASSERT_TRUE(world.rule_holds()) << text();
  }
  [[nodiscard]] std::string text() const {
    constexpr std::array<const char*, 8> names{"code",  "silence",   "damaged", "echo",
                                               "works", "line lost", "killed",  "other meter"};
    std::string text;
    for (const Event& event : path_) {
      text +=
          std::string(text.empty() ? "" : ", ") + names.at(static_cast<std::size_t>(event.kind));
      text += event.kind == Kind::code ? " " + std::to_string(event.code) : "";
    }
    return text;
  }

  std::vector<Event> events_ = all_events();
  std::vector<Event> path_;
};

TEST(KeyRule, HoldsWhateverComesOfAnAttempt) {
  World world;
  ASSERT_TRUE(world.run());
  Tree tree;
  tree.walk(world, 4, Tree::Phase::before, Disk::there);
  EXPECT_GT(tree.nodes, 10'000U);  // so many differ
}

}  // namespace
}  // namespace irmeter::testing
