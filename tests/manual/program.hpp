// Programs that a test runs to their end, for what they say.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/loop.hpp"
#include "tests/support/process.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {

// Everything it prints, to either output.
inline std::string said_by(const std::vector<std::string>& command) {
  Loop loop;
  Process program(command);
  EXPECT_TRUE(wait_until(loop, [&] { return !program.running(); })) << command.front();
  EXPECT_NE(program.exit_status(), 127) << command.front() << " is not installed";
  return program.output() + program.errors();
}

}  // namespace irmeterd
