// Calls that block, beside the loop.
#include "common/background.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace irmeterd {
namespace {

TEST(Background, BringsTheResultThroughTheLoop) {
  Loop loop;
  const auto caller = std::this_thread::get_id();
  std::optional<Background<std::unique_ptr<std::thread::id>>> call;
  call.emplace(
      loop, [] { return std::make_unique<std::thread::id>(std::this_thread::get_id()); },
      [&](std::unique_ptr<std::thread::id> worker) {
        call.reset();  // as whoever waited for it may do
        EXPECT_NE(*worker, caller);
        EXPECT_EQ(std::this_thread::get_id(), caller);
        loop.exit(0);
      });
  EXPECT_EQ(loop.run(), 0);
}

TEST(Background, IsGivenUpWhenItIsDestroyed) {
  Loop loop;
  std::promise<void> go_on;
  auto ended = std::make_shared<std::promise<void>>();
  {
    const Background<int> call(
        loop,
        [wait = go_on.get_future().share(), ended] {
          wait.wait();
          ended->set_value();
          return 1;
        },
        [](int) { FAIL() << "nobody waits any more"; });
  }
  go_on.set_value();
  ended->get_future().wait();
  loop.run_once(std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace irmeterd
