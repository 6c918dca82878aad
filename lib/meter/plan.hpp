// What is read of an NES meter, in which order, and what it is good for.
//
// A session makes the reads; this says which comes next and keeps what they bring. Another kind of
// meter on the same link would have another plan.
// Source: ANSI C12.19 and the OSGP Alliance's guide to the optical port; the order is ours.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "lib/fault.hpp"
#include "lib/meter/tables.hpp"

namespace irmeter {

class Plan {
 public:
  struct Complete {};
  struct ShowKey {};
  using Next = std::variant<Complete, TableRead, ShowKey>;

  // A new session: who the meter is, then the key, then the values.
  void begin(const Negotiated& limits);
  // The same session, and the values once more.
  void restart();
  // Another meter may be at the end of the next line.
  void forget_meter() { identity_.reset(); }

  [[nodiscard]] Next next() const;

  // What came of the read that next() names. The table's bytes, exactly as many as it asks for; a
  // Failure where the meter cannot be read as this plan would.
  [[nodiscard]] std::optional<Failure> take(ByteView table);
  // False where there is no doing without it.
  [[nodiscard]] bool take_refusal(std::uint8_t code);
  [[nodiscard]] bool take_loss();
  // The key was shown.
  void take_key();

  // The meter was identified; once for each time it was, or is another.
  [[nodiscard]] std::optional<Identity> identified();
  // Of the meter that is read, once it was identified.
  [[nodiscard]] const std::string& serial_number() const { return identity_->serial_number; }
  // Only when the plan is complete.
  [[nodiscard]] Reading reading() const;

 private:
  enum class Item : std::uint8_t {
    configuration,
    identity,
    utility_serial,
    key,
    dimensions,
    maxima,
    values,
  };
  struct Row;
  static const Row& row(Item item);

  void go(Item item);
  void add_reads(TableId table, std::uint32_t offset, std::size_t values);
  [[nodiscard]] std::optional<Failure> take_dimensions(ByteView table);
  void take_identity(ByteView table);

  Item item_ = Item::configuration;
  std::size_t max_read_ = 0;
  std::optional<Identity> identity_;  // of the meter on this line, once it was told
  Identity candidate_;                // the same while it is being read
  std::optional<Identity> news_;

  std::vector<TableRead> reads_;  // of the values
  std::size_t done_ = 0;          // of them
  Bytes summations_;
  Bytes present_values_;
};

}  // namespace irmeter
