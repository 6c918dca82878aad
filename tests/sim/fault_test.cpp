// How faults are named, and at which occasions they strike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/ir-meter-sim/faults.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Instant start{10s};

// At which of so many occasions, a second apart, a fault strikes; the first one is number 1.
std::vector<int> strikes(const std::string& spec, int occasions = 10) {
  Faults faults;
  faults.add(spec, start);
  const FaultKind kind = parse_fault(spec)->kind;
  std::vector<int> struck;
  for (int i = 1; i <= occasions; ++i) {
    if (faults.strike(kind, start + (i - 1) * 1s) != nullptr) {
      struck.push_back(i);
    }
  }
  EXPECT_EQ(faults.struck(kind), struck.size());
  return struck;
}

TEST(FaultTable, IsInTheOrderOfTheKinds) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    EXPECT_EQ(static_cast<std::size_t>(fault_table()[i].kind), i) << fault_table()[i].name;
  }
}

TEST(FaultTable, DescribesEveryFaultUnderANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const FaultInfo& fault : fault_table()) {
    EXPECT_TRUE(names.insert(fault.name).second) << fault.name;
    EXPECT_FALSE(fault.description.empty()) << fault.name;
    EXPECT_LE(fault.name.size(), 18U) << fault.name;
    EXPECT_THAT(fault_help(), HasSubstr(std::string(fault.name) + " "));
    EXPECT_THAT(fault_help(), HasSubstr(fault.description));
  }
}

TEST(FaultSpec, IsANameAlone) {
  for (const FaultInfo& known : fault_table()) {
    const auto fault = parse_fault(known.name);
    ASSERT_TRUE(fault.ok()) << known.name;
    EXPECT_EQ(fault->kind, known.kind);
    EXPECT_EQ(fault->limit, known.limit);
    EXPECT_EQ(fault->value, known.value);
    EXPECT_EQ(fault->rate, known.rate);
    EXPECT_EQ(fault->times, UINT64_MAX);
  }
}

TEST(FaultSpec, IsANameWithParameters) {
  const auto fault = parse_fault(
      "session-limit:limit=20,pause=2.5,after=1,every=3,times=4,rate=0.5,seed=7,from=1,for=60");
  ASSERT_TRUE(fault.ok()) << fault.error().what;
  EXPECT_EQ(fault->kind, FaultKind::session_limit);
  EXPECT_EQ(fault->limit, 20);
  EXPECT_EQ(fault->pause, 2'500ms);
  EXPECT_EQ(fault->after, 1U);
  EXPECT_EQ(fault->every, 3U);
  EXPECT_EQ(fault->times, 4U);
  EXPECT_EQ(fault->rate, 0.5);
  EXPECT_EQ(fault->seed, 7U);
  EXPECT_EQ(fault->from, 1s);
  EXPECT_EQ(fault->lasting, 60s);
  EXPECT_EQ(parse_fault("register-jump:value=-8000")->value, -8'000);
}

TEST(FaultSpec, SaysWhatIsWrongWithIt) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "there is no fault ''"},
      {"ack", "there is no fault 'ack'"},
      {"ack-lost:", "'ack-lost:': there is no parameter ''"},
      {"ack-lost:evry=2", "'ack-lost:evry=2': there is no parameter 'evry'"},
      {"ack-lost:every", "'' is not a value for 'every'"},
      {"ack-lost:every=", "'' is not a value for 'every'"},
      {"ack-lost:every=0", "'0' is not a value for 'every'"},
      {"ack-lost:every=1.5", "'1.5' is not a value for 'every'"},
      {"ack-lost:every=2x", "'2x' is not a value for 'every'"},
      {"ack-lost:every=2,", "there is no parameter ''"},
      {"ack-lost:times=-1", "'-1' is not a value for 'times'"},
      {"ack-lost:after=1e99", "'1e99' is not a value for 'after'"},
      {"ack-lost:rate=0", "'0' is not a value for 'rate'"},
      {"ack-lost:rate=101", "'101' is not a value for 'rate'"},
      {"ack-lost:from=nan", "'nan' is not a value for 'from'"},
      {"ack-lost:for=-1", "'-1' is not a value for 'for'"},
      {"ack-lost:pause=1", "it has no parameter 'pause'"},
      {"slow:limit=1", "it has no parameter 'limit'"},
      {"slow:table=3", "it has no parameter 'table'"},
      {"bsy:table=70000", "'70000' is not a value for 'table'"},
      {"slow:value=1", "it has no parameter 'value'"},
      {"missing:every=2", "it has no parameter 'every'"},
      {"random:times=2", "it has no parameter 'times'"},
      {"key-lock:limit=0", "'0' is not a value for 'limit'"},
      {"voltage:value=1e10", "'1e10' is not a value for 'value'"},
  };
  for (const auto& [spec, message] : cases) {
    const auto fault = parse_fault(spec);
    ASSERT_FALSE(fault.ok()) << spec;
    EXPECT_THAT(fault.error().what, HasSubstr(message));
  }
  EXPECT_THROW(Faults().add("ack", start), std::invalid_argument);
}

TEST(Faults, StrikeAlwaysUnlessToldOtherwise) {
  EXPECT_THAT(strikes("crc", 4), ElementsAre(1, 2, 3, 4));
}

TEST(Faults, StrikeEachSoManiethTime) {
  EXPECT_THAT(strikes("crc:every=4"), ElementsAre(4, 8));
}

TEST(Faults, LetTheFirstOccasionsPass) {
  EXPECT_THAT(strikes("crc:after=3,times=2"), ElementsAre(4, 5));
  EXPECT_THAT(strikes("crc:after=3,every=2"), ElementsAre(5, 7, 9));
}

TEST(Faults, AreOverAfterSoManyTimes) {
  EXPECT_THAT(strikes("crc:times=2"), ElementsAre(1, 2));
}

TEST(Faults, StrikeWithinTheirTimeOnly) {
  EXPECT_THAT(strikes("crc:from=2,for=3"), ElementsAre(3, 4, 5));
  EXPECT_THAT(strikes("crc:from=7.5"), ElementsAre(9, 10));
  EXPECT_THAT(strikes("crc:from=2,every=2"), ElementsAre(4, 6, 8, 10));
}

TEST(Faults, StrikeByChanceAtTheGivenRateAndTheSameWayForTheSameSeed) {
  const auto some = strikes("crc:rate=20,seed=3", 10'000);
  EXPECT_NEAR(static_cast<double>(some.size()), 2'000, 200);
  EXPECT_EQ(strikes("crc:rate=20,seed=3", 10'000), some);
  EXPECT_NE(strikes("crc:rate=20,seed=4", 10'000), some);
}

TEST(Faults, AreIndependentOfEachOther) {
  Faults faults;
  faults.add("crc:times=1", start);
  faults.add("ee-lost:after=1,times=1", start);
  faults.add("crc:after=2", start);
  const auto struck = [&] {
    return std::pair(faults.strike(FaultKind::crc, start) != nullptr,
                     faults.strike(FaultKind::ee_lost, start) != nullptr);
  };
  EXPECT_EQ(struck(), std::pair(true, false));
  EXPECT_EQ(struck(), std::pair(false, true));
  EXPECT_EQ(struck(), std::pair(false, false));
  EXPECT_EQ(struck(), std::pair(true, false));
  EXPECT_EQ(faults.strike(FaultKind::truncated, start), nullptr);
}

TEST(Faults, EndAllAtOnce) {
  Faults faults;
  faults.add("crc", start);
  faults.add("random:rate=50", start);
  faults.end();
  EXPECT_TRUE(faults.none());
  for (const FaultInfo& fault : fault_table()) {
    EXPECT_EQ(faults.strike(fault.kind, start), nullptr);
  }
}

TEST(Faults, TellWhoStruck) {
  Faults faults;
  std::vector<FaultKind> told;
  faults.set_observer([&](FaultKind kind) { told.push_back(kind); });
  faults.add("bsy:times=1", start);
  (void)faults.strike(FaultKind::dnr, start);
  (void)faults.strike(FaultKind::bsy, start);
  (void)faults.strike(FaultKind::bsy, start);
  EXPECT_THAT(told, ElementsAre(FaultKind::bsy));
}

TEST(Faults, KnowWhenTheirTimeComesAndGoes) {
  Faults faults;
  faults.add("missing:from=5,for=10", start);
  EXPECT_EQ(faults.find(FaultKind::missing, start), nullptr);
  EXPECT_EQ(faults.next_change(FaultKind::missing, start), start + 5s);
  EXPECT_NE(faults.find(FaultKind::missing, start + 5s), nullptr);
  EXPECT_EQ(faults.next_change(FaultKind::missing, start + 5s), start + 15s);
  EXPECT_EQ(faults.find(FaultKind::missing, start + 15s), nullptr);
  EXPECT_FALSE(faults.next_change(FaultKind::missing, start + 15s));
}

TEST(RandomFaults, AreAllThoseThatAReaderRecoversFrom) {
  Faults faults;
  faults.add("random:rate=10,seed=5,from=1,for=1", start);
  for (const FaultInfo& fault : fault_table()) {
    EXPECT_EQ(faults.find(fault.kind, start), nullptr) << fault.name;
    const auto* const active = faults.find(fault.kind, start + 1s);
    ASSERT_EQ(active != nullptr, fault.random) << fault.name;
    if (active != nullptr) {
      EXPECT_EQ(active->fault.rate, 10);
    }
  }
}

TEST(RandomFaults, StrikeAtDifferentMoments) {
  const auto struck = [](FaultKind kind, const char* spec) {
    Faults faults;
    faults.add(spec, start);
    std::vector<int> at;
    for (int i = 0; i < 1'000; ++i) {
      if (faults.strike(kind, start) != nullptr) {
        at.push_back(i);
      }
    }
    return at;
  };
  const auto crc = struck(FaultKind::crc, "random:seed=1");
  EXPECT_NEAR(static_cast<double>(crc.size()), 10, 9);
  EXPECT_NE(crc, struck(FaultKind::truncated, "random:seed=1"));
  EXPECT_NE(crc, struck(FaultKind::crc, "random:seed=2"));
  EXPECT_EQ(crc, struck(FaultKind::crc, "random:seed=1"));
}

}  // namespace
}  // namespace irmetersim
