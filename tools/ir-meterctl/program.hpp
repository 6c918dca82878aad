// Another program, run to its end: what it is given is not on its command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace irmeterctl {

struct Finished {
  std::optional<int> status;  // its exit status; nothing when it was not there or died of a signal
  std::string output;         // standard output
  std::string errors;         // standard error
};

// Where a program is, whatever $PATH says: what root runs is not for others to choose.
[[nodiscard]] std::string place_of_program(const std::string& name);

// Runs the program command[0] from its place, gives it input on standard input and waits.
// Throws std::system_error when the system has no process or memory for it.
[[nodiscard]] Finished run_program(const std::vector<std::string>& command,
                                   std::string_view input = {});

}  // namespace irmeterctl
