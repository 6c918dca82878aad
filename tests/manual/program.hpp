// Programs that a test runs to their end, for what they say.
#pragma once

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
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

// The options of a --help, as "--config FILE".
inline std::set<std::string> options_of(const std::string& help) {
  const std::regex option("(--[a-z-]+(?: [A-Z]+)?)(?:, )?");
  std::set<std::string> options;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  --")) {
      const std::string column = line.substr(2, line.find("  ", 2) - 2);
      for (std::sregex_iterator found(column.begin(), column.end(), option), end; found != end;
           ++found) {
        options.insert((*found)[1]);
      }
    }
  }
  return options;
}

}  // namespace irmeterd
