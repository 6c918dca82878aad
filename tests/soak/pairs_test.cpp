// A sample of all pairs of faults in one session; tests/soak/night goes through them all.
#include <gtest/gtest.h>

#include <set>

#include "tests/soak/pair_of_faults.hpp"

namespace irmeter::testing {
namespace {

constexpr std::uint64_t sample = 1'000;

void expect_right(const PairsOfFaults& pairs, std::uint64_t number) {
  const auto faults = pairs.at(number);
  EXPECT_EQ(pairs.run(faults).failure, "")
      << "number " << number << ": " << faults[0].text() << ", " << faults[1].text();
}

TEST(PairsOfFaults, ASampleEndsInCorrectReadings) {
  const PairsOfFaults pairs(KeyTrust::proven);
  for (std::uint64_t number = 0; number < sample; ++number) {
    expect_right(pairs, number);
  }
}

TEST(PairsOfFaults, ASampleWithAKeyThatIsNewToTheMeterEndsInCorrectReadings) {
  const PairsOfFaults pairs(KeyTrust::untried);
  for (std::uint64_t number = 0; number < sample; ++number) {
    expect_right(pairs, number);
  }
}

TEST(PairsOfFaults, AreNumberedOnceEach) {
  const PairsOfFaults pairs(KeyTrust::proven);
  std::set<std::string> seen;
  std::set<std::string> kinds;
  for (std::uint64_t number = 0; number < sample; ++number) {
    const auto faults = pairs.at(number);
    EXPECT_NE(faults[0].text(), faults[1].text());
    seen.insert(faults[0].text() + faults[1].text());
    kinds.insert(faults[0].fault->name + faults[1].fault->name);
  }
  EXPECT_EQ(seen.size(), sample);
  EXPECT_EQ(kinds.size(), single_faults().size() * single_faults().size());
}

}  // namespace
}  // namespace irmeter::testing
