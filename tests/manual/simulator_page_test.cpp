// ir-meter-sim(1) against what the program says of itself.
#include <gtest/gtest.h>

#include "tests/manual/page.hpp"
#include "tests/manual/program.hpp"

namespace irmeterd {
namespace {

TEST(SimulatorPage, HasTheOptionsOfHelp) {
  EXPECT_EQ(tags(read_page(SIMULATOR_PAGE).in("DESCRIPTION")),
            options_of(said_by({IR_METER_SIM, "--help"})));
}

}  // namespace
}  // namespace irmeterd
