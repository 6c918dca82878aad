// What is wrong and what to do about it, two clauses.
#pragma once

#include <string>

namespace irmeterctl {

struct Advice {
  std::string what;
  std::string cure;
};

}  // namespace irmeterctl
