#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "tests/mqtt/fixture.hpp"

namespace {

std::atomic<bool> resolving{false};
std::atomic<bool> unknown_first{false};

}  // namespace

// Takes the place of the C library's: one name is never resolved, as without a network. It may be
// unknown at the first attempt.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  while (host != nullptr && std::string_view(host) == "never.resolved.test") {
    if (unknown_first.exchange(false)) {
      return EAI_NONAME;
    }
    resolving = true;
    pause();
  }
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what dlsym() is for
  static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(host, service, hints, result);
}

namespace irmeterd {
namespace {

class Stop : public MqttFixture {
 protected:
  // For a slow machine, on which not everything has gone out after half a second.
  static constexpr std::chrono::seconds patient{4};

  // Half a second is the promise; the rest is for a slow machine, and less than anything hangs.
  void expect_quick_stop() {
    const auto begin = std::chrono::steady_clock::now();
    publisher_->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
};

TEST_F(Stop, TellsThatDaemonAndMetersAreOffline) {
  timing_.close = patient;
  const Mosquitto broker;
  MqttWatcher watcher(loop_, broker);
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker));
  ASSERT_TRUE(eventually([&] { return watcher.payload(daemon_) == "online"; }));
  expect_quick_stop();
  EXPECT_FALSE(publisher_->connected());
  ASSERT_TRUE(eventually([&] { return watcher.payload(daemon_) == "offline"; }));
  EXPECT_EQ(watcher.history(availability_), "online,offline");
  EXPECT_EQ(watcher.history(daemon_), "online,offline");
}

TEST_F(Stop, DestructionDoesTheSame) {
  timing_.close = patient;
  const Mosquitto broker;
  const MqttWatcher watcher(loop_, broker);
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker));
  ASSERT_TRUE(eventually([&] { return watcher.payload(daemon_) == "online"; }));
  end();
  ASSERT_TRUE(eventually([&] { return watcher.payload(daemon_) == "offline"; }));
  EXPECT_EQ(watcher.history(availability_), "online,offline");
  EXPECT_EQ(watcher.history(daemon_), "online,offline");
}

TEST_F(Stop, WorksAtOnceAfterTheBeginning) {
  const Mosquitto broker;
  begin(broker);
  expect_quick_stop();
  end();
}

TEST_F(Stop, WorksWithoutABroker) {
  MqttConfig config;
  config.url = "mqtt://localhost:" + std::to_string(Mosquitto::closed_port);
  begin(config);
  ASSERT_TRUE(
      eventually([this] { return publisher_->status().find("not reached") != std::string::npos; }));
  expect_quick_stop();
  expect_quick_stop();
}

TEST_F(Stop, DoesNotWaitForABrokerThatHasStoppedAnswering) {
  const Mosquitto broker;
  store_.update(sample_meter());
  ASSERT_TRUE(connect(broker));
  broker.freeze();
  expect_quick_stop();
}

// Nor does the loop, which at the second attempt has the client of the first to get rid of.
TEST_F(Stop, DoesNotWaitForAHostNameThatIsNeverResolved) {
  MqttConfig config;
  config.url = "mqtt://never.resolved.test";
  unknown_first = true;
  begin(config);
  ASSERT_TRUE(eventually([] { return resolving.load(); }));
  expect_quick_stop();
}

}  // namespace
}  // namespace irmeterd
