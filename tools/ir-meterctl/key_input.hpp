// Taking a key from the user: typed in blind at a terminal, or from a pipe.
#pragma once

#include "lib/result.hpp"
#include "lib/session/key.hpp"

namespace irmeterctl {

// Reads standard input. At a terminal it asks twice on standard error, without echo, because a slip
// shown to the meter raises an alarm at the grid company; the echo is back when this returns, and
// when a signal ends the process meanwhile. Otherwise the key is all there is, with one line end
// behind it or none.
[[nodiscard]] irmeter::Result<irmeter::Key> read_key();

}  // namespace irmeterctl
