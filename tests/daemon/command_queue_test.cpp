// Commands are carried out in the loop's next turn, never from within the one who asks.
#include "daemon/meter/command_queue.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/wait.hpp"

namespace irmeterd {
namespace {

TEST(CommandQueue, HandsCommandsOnInTheirOrderAndFromTheLoop) {
  Loop loop;
  CommandQueue queue(loop);
  std::string handled;
  queue.on_command([&](const Command& command) { handled += command.meter + " "; });
  queue.push({Command::Kind::read_now, "first"});
  queue.push({Command::Kind::retry_key, "second"});
  EXPECT_EQ(handled, "");
  EXPECT_TRUE(wait_until(loop, [&] { return !handled.empty(); }));
  EXPECT_EQ(handled, "first second ");
}

TEST(CommandQueue, TakesACommandFromWithinOne) {
  Loop loop;
  CommandQueue queue(loop);
  int handled = 0;
  queue.on_command([&](const Command& command) {
    if (++handled == 1) {
      queue.push(command);
    }
  });
  queue.push({Command::Kind::read_now, "main"});
  EXPECT_TRUE(wait_until(loop, [&] { return handled == 2; }));
}

}  // namespace
}  // namespace irmeterd
