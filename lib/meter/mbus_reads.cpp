#include "lib/meter/mbus_reads.hpp"

#include <algorithm>

#include "lib/meter/tables.hpp"

namespace irmeter {
namespace {

// Bytes of records behind the head, as far as there is room for them.
std::uint16_t size_of_records(ByteView head, const MbusDimensions& dimensions) {
  const auto entry = decode_et16_entry(head);
  if (!entry || entry->fixed || entry->msb_first || !decode_mbus_device(head)) {
    return 0;
  }
  const std::size_t end =
      std::min<std::size_t>(mbus_telegram + entry->length, dimensions.entry_size);
  return static_cast<std::uint16_t>(end - std::min<std::size_t>(end, et16_head_size));
}

}  // namespace

void MbusReads::take_head(std::size_t slot, ByteView head, const MbusDimensions& dimensions) {
  if (slot < slots_.size()) {
    Slot& known = slots_[slot];
    if (!std::ranges::equal(known.head, head)) {
      known = {};
      std::ranges::copy(head, known.head.begin());
      known.records = size_of_records(head, dimensions);
    }
  }
}

std::optional<TableRead> MbusReads::part(const MbusDimensions& dimensions) const {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    const Slot& known = slots_[slot];
    if (known.check) {
      return TableRead{et16, dimensions.offset(slot), et16_head_size};
    }
    if (known.records > 0) {
      return TableRead{et16, dimensions.offset(slot) + et16_head_size, known.records};
    }
  }
  return std::nullopt;
}

// A telegram that has been replaced meanwhile is forgotten, and read when its head is due again.
void MbusReads::take_part(ByteView bytes) {
  for (Slot& slot : slots_) {
    if (slot.check) {
      slot.check = false;
      if (!std::ranges::equal(slot.head, bytes)) {
        slot = {};
      }
      return;
    }
    if (slot.records > 0) {
      slot.records = 0;
      slot.check = true;
      return;
    }
  }
}

void MbusTelegrams::take_dimensions(const MbusDimensions& dimensions) {
  if (dimensions_ != dimensions) {
    slots_ = std::vector<Slot>(dimensions.slots);
    dimensions_ = dimensions;
  }
}

std::optional<std::size_t> MbusTelegrams::take(const TableRead& what, ByteView bytes) {
  for (std::size_t number = 0; number < slots_.size(); ++number) {
    Slot& slot = slots_[number];
    const std::uint32_t begin = dimensions_.offset(number);
    if (what.offset == begin + et16_head_size) {
      slot.records.assign(bytes.begin(), bytes.end());
      return number;
    }
    if (what.offset != begin) {
      continue;
    }
    const auto device = decode_mbus_device(bytes);
    if (slot.device != device) {
      slot.entry.clear();
    }
    slot.device = device;
    if (!slot.records.empty() && std::ranges::equal(slot.head, bytes)) {
      slot.entry = slot.head;
      slot.entry.insert(slot.entry.end(), slot.records.begin(), slot.records.end());
    }
    slot.records.clear();
    slot.head.assign(bytes.begin(), bytes.end());
    return number;
  }
  return std::nullopt;
}

}  // namespace irmeter
