// Bytes of this program that are allocated and not yet freed: what a leak makes grow.
#pragma once

#include <cstddef>

namespace irmeter::testing {

[[nodiscard]] std::size_t live_heap();

}  // namespace irmeter::testing
