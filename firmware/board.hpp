// What the reader needs of a board: a clock, two UARTs, a page that keeps its content without
// power, and what was used of the memory. Another board is another file that defines these
// functions.
//
// The board starts main() once its memory is set up, and is ready then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/bytes.hpp"
#include "lib/time.hpp"

namespace irmeter::board {

// Microseconds since the start; never goes back. Asked at least once a minute.
[[nodiscard]] Instant now();
// Sleeps until this moment, until so many bytes of the meter are there (at least one, and no more
// than half of what the board can keep), or until somebody asks for another attempt with the key.
void sleep_until(std::optional<Instant> wake_up, std::size_t bytes);

// The UART of the probe: 9600 baud, 8 bits, no parity, 1 stop bit. What came in since the last
// call, as much as fits; and what is to go out, of which this waits for no more than the UART
// needs.
[[nodiscard]] ByteView receive(std::span<std::uint8_t> buffer);
void transmit(ByteView bytes);

// Text for a person, as it is.
void print(std::string_view text);
// True once for each time somebody asks for another attempt with the key: a button, say.
[[nodiscard]] bool retry_wanted();

// The page that keeps its content. How much of it there is to read; and whether it is written and
// would be there after a loss of power. One meanwhile leaves the old page or the new one, not a
// part and not nothing: the key is in it.
[[nodiscard]] std::size_t load(std::span<std::uint8_t> page);
[[nodiscard]] bool save(ByteView page);

// Since the start, all of it; awake: what now() counted outside of sleep_until().
struct Usage {
  std::size_t heap = 0;   // most bytes that the heap took
  std::size_t stack = 0;  // most bytes of the stack
  std::uint32_t allocations = 0;
  Duration awake{};
};
[[nodiscard]] Usage usage();

// What cannot be: says why, and stops the processor.
[[noreturn]] void halt(std::string_view why);

}  // namespace irmeter::board
