// A meter that answers every request as a plain NES meter would, and remembers nothing. It leads
// the fuzzer into the depth of a session, and shows at the end that a reading can still be had.
#pragma once

#include "lib/link/packet.hpp"

namespace fuzz {

// The payload of the response to a request's payload, which is one of the reader's.
[[nodiscard]] irmeter::Bytes obliging_answer(irmeter::ByteView request);

// A response as a reader expects it of a read: result code, count, data and checksum.
[[nodiscard]] irmeter::Bytes table_response(irmeter::ByteView data);

// The tables that such a meter answers BT23 and BT28 with.
[[nodiscard]] irmeter::ByteView obliging_registers();
[[nodiscard]] irmeter::ByteView obliging_present_values();

}  // namespace fuzz
