// What the daemon's messages say of its meters.
#pragma once

#include <optional>
#include <string>

#include "tools/ir-meterctl/daemon_client.hpp"
#include "tools/ir-meterctl/message_reader.hpp"

namespace irmeterctl {

// The one that changes without its value.
inline constexpr const char* quantities_property = "Quantities";

// Sets what the message says next, the variant of this property.
void read_property(MessageReader& reader, const std::string& name, MeterInfo& meter);
// Sets what the message says next, an a{sv}.
void read_properties(MessageReader& reader, MeterInfo& meter);
// The reply of GetManagedObjects; nothing when it is not one.
[[nodiscard]] std::optional<Meters> read_meters(MessageReader reader);

}  // namespace irmeterctl
