// What is read of an NES meter, how often and in which order: a table with a row for each read.
//
// Source: ANSI C12.19 and the OSGP Alliance's guide to the optical port; the order is ours.
#pragma once

#include <span>

#include "lib/meter/plan_row.hpp"

namespace irmeter {

[[nodiscard]] std::span<const PlanRow> nes_plan();
// Those of them that make a poll, for who reads nothing in the pauses.
[[nodiscard]] std::span<const PlanRow> nes_polls();

}  // namespace irmeter
