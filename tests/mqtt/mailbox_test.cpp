#include "common/mailbox.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>

#include <thread>
#include <vector>

#include "common/loop.hpp"
#include "tests/support/wait.hpp"

namespace irmeterd {
namespace {

TEST(Mailbox, BringsEveryEventOfManyThreadsInEachThreadsOrder) {
  constexpr int threads = 4;
  constexpr int events = 5000;
  Loop loop;
  Mailbox<std::pair<int, int>> mailbox;
  std::vector<int> next(threads, 0);
  int arrived = 0;
  const EventSource source = loop.io(mailbox.fd(), EPOLLIN, [&](std::uint32_t) {
    for (const auto& [thread, number] : mailbox.take()) {
      EXPECT_EQ(number, next[static_cast<std::size_t>(thread)]++);
      ++arrived;
    }
  });
  std::vector<std::thread> posters;
  for (int thread = 0; thread < threads; ++thread) {
    posters.emplace_back([&mailbox, thread] {
      for (int number = 0; number < events; ++number) {
        mailbox.post({thread, number});
      }
    });
  }
  EXPECT_TRUE(wait_until(loop, [&] { return arrived == threads * events; }));
  for (std::thread& poster : posters) {
    poster.join();
  }
}

TEST(Mailbox, DropsBeyondTheLimitButNeverWhatHasNone) {
  Mailbox<int> mailbox;
  for (int i = 0; i < 10; ++i) {
    mailbox.post(i, 3);
  }
  mailbox.post(99);
  EXPECT_EQ(mailbox.take(), (std::vector<int>{0, 1, 2, 99}));
  EXPECT_TRUE(mailbox.take().empty());
}

}  // namespace
}  // namespace irmeterd
