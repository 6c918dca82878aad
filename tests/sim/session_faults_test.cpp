// A meter that is busy, forgetful, locked or wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/sim/virtual_client.hpp"

namespace irmetersim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Bytes ok = hex("00");
const Bytes err = hex("01");
const Bytes isc = hex("03");
const Bytes isss = hex("0A");
const Bytes read_clock = request::read(1, 0, 4);
const Bytes read_registers = request::read(23, 0, 8);
const Bytes read_present = request::read(28, 0, 52);
const std::string wrong_key = "0123456789ABCDEF0124";

class SessionFault : public testing::Test {
 protected:
  void with(const std::string& spec) { client_.meter.faults().add(spec, client_.now); }
  // From the base state on; false when Identification is not answered or refused.
  bool opens() {
    client_.toggle = false;
    if (client_.ask(request::identify).size() != 5) {
      return false;
    }
    client_.ask(request::negotiate);
    client_.ask(request::log_on);
    return client_.ask(request::security(demo_key)) == ok;
  }
  // Keeps the session alive for so long.
  void read_for(Duration time) {
    for (const Instant end = client_.now + time; client_.now < end; client_.pass(1s)) {
      EXPECT_EQ(client_.table(read_clock), hex("45 4C 4F 4E"));
    }
  }
  std::vector<bool> toggles() {
    std::vector<bool> seen;
    client_.toggle = true;
    for (const Bytes& request : {request::identify, request::negotiate, request::log_on,
                                 request::security(demo_key), request::full_read(0)}) {
      client_.ask(request);
      for (const irmeter::Packet& packet : client_.packets) {
        seen.push_back(packet.toggle);
      }
    }
    client_.ask(request::terminate);
    return seen;
  }
  std::int32_t value(const Bytes& request, std::size_t index) {
    const Bytes table = client_.table(request);
    std::uint32_t bits = 0;
    for (std::size_t i = 4; i-- > 0;) {
      bits = bits << 8U | table[4 * index + i];
    }
    return static_cast<std::int32_t>(bits);
  }

  VirtualClient client_;
};

TEST_F(SessionFault, BusyMetersAnswerReadsLater) {
  for (const auto& [name, code] :
       {std::pair("bsy", "06"), std::pair("dnr", "07"), std::pair("dlk", "08")}) {
    VirtualClient client;
    client.meter.faults().add(std::string(name) + ":times=2", client.now);
    client.open_session();
    EXPECT_EQ(client.ask(read_clock), hex(code));
    EXPECT_EQ(client.ask(read_clock), hex(code));
    EXPECT_EQ(client.table(read_clock), hex("45 4C 4F 4E"));
  }
}

TEST_F(SessionFault, RnoAndIsssEndTheSession) {
  for (const auto& [name, code] : {std::pair("rno", "09"), std::pair("isss", "0A")}) {
    VirtualClient client;
    client.meter.faults().add(std::string(name) + ":times=1", client.now);
    client.open_session();
    EXPECT_EQ(client.ask(read_clock), hex(code));
    EXPECT_EQ(client.meter.state(), SessionState::base);
    EXPECT_EQ(client.ask(read_clock), isss);
    client.open_session();
    EXPECT_EQ(client.table(read_clock), hex("45 4C 4F 4E"));
  }
}

TEST_F(SessionFault, SessionLossIsNoticedAtTheNextRequest) {
  with("session-loss:after=1,times=1");
  client_.open_session();
  EXPECT_EQ(client_.table(read_clock), hex("45 4C 4F 4E"));
  EXPECT_EQ(client_.ask(read_clock), isss);
  EXPECT_TRUE(opens());
}

TEST_F(SessionFault, SessionSilentWaitsForIdentificationInSilence) {
  with("session-silent:times=1");
  client_.open_session();
  irmeter::Packet read;
  read.payload = read_clock;
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(client_.send(irmeter::encode(read), 2s), IsEmpty());
  }
  EXPECT_THAT(client_.ask(request::terminate), IsEmpty());
  EXPECT_TRUE(opens());
  EXPECT_EQ(client_.table(read_clock), hex("45 4C 4F 4E"));
}

TEST_F(SessionFault, SessionLimitCutsALongSessionAndThenKeepsSilent) {
  with("session-limit:limit=60,pause=30");
  ASSERT_TRUE(opens());
  const Instant opened = client_.now;
  read_for(58s);
  client_.pass(opened + 61s - client_.now);
  EXPECT_THAT(client_.ask(read_clock), IsEmpty());
  EXPECT_THAT(client_.ask(request::terminate), IsEmpty());
  EXPECT_FALSE(opens());
  client_.pass(opened + 88s - client_.now);
  EXPECT_FALSE(opens());
  client_.pass(opened + 90s - client_.now);
  EXPECT_TRUE(opens());
  EXPECT_EQ(client_.meter.faults().struck(FaultKind::session_limit), 1U);
}

TEST_F(SessionFault, SessionLimitErrRefusesIdentification) {
  with("session-limit-err:limit=60,pause=30");
  ASSERT_TRUE(opens());
  const Instant opened = client_.now;
  read_for(58s);
  client_.pass(opened + 61s - client_.now);
  EXPECT_EQ(client_.ask(read_clock), isss);
  EXPECT_EQ(client_.ask(request::identify), err);
  EXPECT_EQ(client_.ask(request::terminate), ok);
  client_.pass(opened + 90s - client_.now);
  EXPECT_TRUE(opens());
}

TEST_F(SessionFault, SessionLimitDoesNotMindManySessionsThatEndInTime) {
  with("session-limit");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(opens());
    read_for(540s);
    EXPECT_EQ(client_.ask(request::log_off), ok);
    EXPECT_EQ(client_.ask(request::terminate), ok);
  }
  ASSERT_TRUE(opens());
  client_.pass(700s);  // ended by the traffic time-out
  EXPECT_TRUE(opens());
  EXPECT_EQ(client_.meter.faults().struck(FaultKind::session_limit), 0U);
}

TEST_F(SessionFault, KeyLockLocksThePortAfterWrongKeysInARow) {
  with("key-lock:limit=3,pause=60");
  ASSERT_TRUE(opens());
  EXPECT_EQ(client_.ask(request::security(wrong_key)), isc);
  EXPECT_EQ(client_.ask(request::security(wrong_key)), isc);
  EXPECT_EQ(client_.ask(request::security(demo_key)), ok);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client_.ask(request::security(wrong_key)), isc);
  }
  EXPECT_EQ(client_.meter.invalid_passwords(), 5U);
  client_.pass(50s);
  EXPECT_FALSE(opens());
  client_.pass(10s);
  EXPECT_TRUE(opens());
}

TEST_F(SessionFault, ReadsRefusedIsTheWrongKindOfKey) {
  with("reads-refused");
  ASSERT_TRUE(opens());
  EXPECT_EQ(client_.table(read_clock), hex("45 4C 4F 4E"));
  EXPECT_EQ(client_.ask(read_registers), isc);
  EXPECT_EQ(client_.ask(request::full_read(21)), isc);
  EXPECT_EQ(client_.meter.invalid_passwords(), 0U);
}

TEST_F(SessionFault, ChecksumIsWrongAndThePacketIsNot) {
  client_.open_session();
  const Bytes good = client_.ask(read_clock);
  with("checksum:times=1");
  Bytes bad = client_.ask(read_clock);
  ASSERT_EQ(bad.size(), good.size());
  EXPECT_NE(bad.back(), good.back());
  bad.back() = good.back();
  EXPECT_EQ(bad, good);
  EXPECT_EQ(client_.ask(read_clock), good);
}

TEST_F(SessionFault, CountIsWrongAndTheChecksumIsNot) {
  client_.open_session();
  const Bytes good = client_.ask(read_clock);
  with("count:times=1");
  Bytes bad = client_.ask(read_clock);
  ASSERT_EQ(bad.size(), good.size());
  EXPECT_NE(bad[2], good[2]);
  bad[2] = good[2];
  EXPECT_EQ(bad, good);
  EXPECT_EQ(client_.ask(read_clock), good);
}

TEST_F(SessionFault, RefusalsHaveNoChecksumToFalsify) {
  with("checksum");
  with("count");
  client_.open_session();
  EXPECT_EQ(client_.ask(request::full_read(999)), hex("05"));
  EXPECT_EQ(client_.meter.faults().struck(FaultKind::checksum), 0U);
}

TEST_F(SessionFault, TogglesAreOnesOwnOrCopiedOrFixed) {
  EXPECT_THAT(toggles(), ElementsAre(false, true, false, true, false, true));
  with("toggle-copy:times=1");
  EXPECT_THAT(toggles(), ElementsAre(true, false, true, false, true, false));
  with("toggle-zero:times=1");
  EXPECT_THAT(toggles(), ElementsAre(false, false, false, false, false, false));
  with("toggle-one:times=1");
  EXPECT_THAT(toggles(), ElementsAre(true, true, true, true, true, true));
  with("toggle-from-one:times=1");
  EXPECT_THAT(toggles(), ElementsAre(true, false, true, false, true, false));
  EXPECT_THAT(toggles(), ElementsAre(false, true, false, true, false, true));
}

TEST_F(SessionFault, RegisterJumpFallsBackAfterItsTime) {
  client_.open_session();
  const std::int32_t before = value(read_registers, 0);
  with("register-jump:value=1500,times=2");
  EXPECT_NEAR(value(read_registers, 0), before + 1'500'000, 10);
  EXPECT_EQ(client_.meter.served().summations[0],
            client_.meter.measured().summations[0] + 1'500'000);
  EXPECT_EQ(client_.meter.served().summations[1],
            client_.meter.measured().summations[1] + 1'500'000);
  EXPECT_NEAR(value(read_registers, 0), before + 1'500'000, 10);
  EXPECT_NEAR(value(read_registers, 0), before, 10);
  EXPECT_EQ(client_.meter.served(), client_.meter.measured());
}

TEST_F(SessionFault, RegisterJumpMayGoDownAndRollsOver) {
  HouseholdSettings household;
  client_.open_session();
  const std::int32_t before = value(read_registers, 0);
  with("register-jump:value=-1000,times=1");
  EXPECT_NEAR(value(read_registers, 0), before - 1'000'000, 10);
  with("register-jump:value=-900000,times=1");
  EXPECT_NEAR(value(read_registers, 0), before + 100'000'000, 10);
  with("register-jump:value=999999,times=1");
  EXPECT_NEAR(value(read_registers, 0), before - 1'000, 10);
}

TEST_F(SessionFault, PresentValuesAreAbsurdWhereTheyAreToldTo) {
  for (const auto& [name, place] :
       {std::pair("power", present::forward), std::pair("current", present::current),
        std::pair("voltage", present::voltage), std::pair("power-factor", present::power_factor_l1),
        std::pair("frequency", present::frequency)}) {
    VirtualClient client;
    client.open_session();
    client.meter.faults().add(std::string(name) + ":value=-77,times=1", client.now);
    client.table(read_present);
    MeterValues expected = client.meter.measured();
    EXPECT_NE(expected.present[place], -77);
    expected.present[place] = -77;
    EXPECT_EQ(client.meter.served(), expected) << name;
    client.table(read_present);
    EXPECT_EQ(client.meter.served(), client.meter.measured()) << name;
  }
}

TEST_F(SessionFault, AllAreOverAtOnce) {
  with("session-silent");
  client_.open_session();
  EXPECT_THAT(client_.ask(read_clock), IsEmpty());
  client_.meter.faults().end();
  EXPECT_EQ(client_.ask(request::terminate), ok);
  with("key-lock:limit=1");
  ASSERT_TRUE(opens());
  EXPECT_EQ(client_.ask(request::security(wrong_key)), isc);
  EXPECT_FALSE(opens());
  client_.meter.faults().end();
  EXPECT_TRUE(opens());
}

}  // namespace
}  // namespace irmetersim
