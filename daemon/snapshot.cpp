#include "daemon/snapshot.hpp"

#include "common/fault_texts.hpp"

namespace irmeterd {

std::string MeterSnapshot::detail() const {
  if (failure) {
    return sentence_of(*failure);
  }
  return state() == irmeter::State::online
             ? sentence_of_reading(echo, reading.value_or(irmeter::Reading{}), held())
             : std::string(meaning(state()));
}

irmeter::Values MeterSnapshot::true_values() const {
  irmeter::Values values;
  for (const irmeter::QuantityInfo& quantity : irmeter::quantities) {
    values.set(quantity.id, true_value(quantity.id));
  }
  return values;
}

MeterSnapshot::MbusValues MeterSnapshot::true_mbus_values() const {
  MbusValues values = mbus_values;
  if (details_stale) {
    for (auto& of_device : values) {
      std::erase_if(of_device, [](const irmeter::MbusValue& value) {
        return irmeter::info(value.what).kind != irmeter::MbusClass::counter;
      });
    }
  }
  return values;
}

}  // namespace irmeterd
