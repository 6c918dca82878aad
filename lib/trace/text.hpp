// What the payloads of packets mean, in a few words each, for the lines of a trace.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "lib/session/service.hpp"

namespace irmeter {

// "1 byte", "2 bytes".
[[nodiscard]] std::string count_text(std::size_t bytes);

// Whether a request may be shown to anyone: all but those that carry a password, and those that
// this library does not know.
[[nodiscard]] bool is_public(ByteView request);

// What a request by offset and count asks for; nothing for all others.
[[nodiscard]] std::optional<TableRead> asked_for(ByteView request);

// "read BT23 0+8", "log on", "security"; nothing of what is not public. Payloads are not empty.
[[nodiscard]] std::string describe_request(ByteView request);

// "ok, 8 bytes of BT23: 33821691 1739085", "isc (insufficient security clearance)". The request is
// the one that was answered, empty if it is not known.
[[nodiscard]] std::string describe_response(ByteView response, ByteView request);

}  // namespace irmeter
