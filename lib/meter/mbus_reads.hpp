// How the telegrams of M-Bus devices are read whole.
//
// The meter may get another telegram while this one is read. So the head of an entry of ET16 is
// read again behind the records, and they count only where it has stayed the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/bytes.hpp"
#include "lib/meter/mbus.hpp"
#include "lib/meter/quantity.hpp"
#include "lib/session/service.hpp"

namespace irmeter {

// Which part is read next, of a telegram that is new.
class MbusReads {
 public:
  // The head of an entry, as it is read from time to time.
  void take_head(std::size_t slot, ByteView head, const MbusDimensions& dimensions);
  // What else is wanted now: records, or the head once more.
  [[nodiscard]] std::optional<TableRead> part(const MbusDimensions& dimensions) const;
  void take_part(ByteView bytes);

 private:
  struct Slot {
    std::array<std::uint8_t, et16_head_size> head{};
    std::uint16_t records = 0;  // bytes of them that are wanted
    bool check = false;         // the head is to be read again
  };
  // None of a build that reads nothing in the pauses.
  [[no_unique_address]] std::array<Slot, has_pauses ? mbus_slots : 0> slots_{};
};

// Puts together what was read.
class MbusTelegrams {
 public:
  // Slots that the meter does not have are empty.
  void take_dimensions(const MbusDimensions& dimensions);
  // The slot of a head or of records, where they are of one.
  std::optional<std::size_t> take(const TableRead& what, ByteView bytes);

  [[nodiscard]] std::optional<MbusDevice> device(std::size_t slot) const {
    return slot < slots_.size() ? slots_[slot].device : std::nullopt;
  }
  // The latest entry that was read whole, of the device that is there now; empty: none.
  [[nodiscard]] ByteView entry(std::size_t slot) const {
    return slot < slots_.size() ? ByteView(slots_[slot].entry) : ByteView();
  }

 private:
  struct Slot {
    std::optional<MbusDevice> device;
    Bytes head;
    Bytes records;  // behind that head; they count once it was read again
    Bytes entry;
  };
  MbusDimensions dimensions_;
  std::vector<Slot> slots_;
};

}  // namespace irmeter
