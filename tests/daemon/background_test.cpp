// Calls that block, beside the loop.
#include "common/background.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <system_error>

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

// What a child in which no thread can be made exits with; as an ordinary user, since root has no
// limit.
template <typename Work>
void without_threads(const Work& work) {
  const rlimit one{1, 1};
  if (::setresuid(65534, 65534, 65534) != 0 && ::geteuid() == 0) {
    std::_Exit(2);
  }
  (void)::setrlimit(RLIMIT_NPROC, &one);
  try {
    work();
    std::_Exit(1);
  } catch (const std::system_error&) {
    std::_Exit(0);
  }
}

TEST(Background, SaysThatThereIsNoThread) {
  const auto exits = ::testing::ExitedWithCode(0);
  EXPECT_EXIT(without_threads([] { (void)run_in_background([] {}); }), exits, "");
  EXPECT_EXIT(without_threads([] { check_for_two_threads(); }), exits, "");
  EXPECT_EXIT(without_threads([] {
                Loop loop;
                const Background<int> call(
                    loop, [] { return 1; }, [](int) {});
              }),
              exits, "");
  check_for_two_threads();
}

}  // namespace
}  // namespace irmeterd
