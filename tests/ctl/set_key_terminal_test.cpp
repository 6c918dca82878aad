// set-key at a terminal: what a person sees, and what happens to the echo.

#include "tests/ctl/ctl_terminal.hpp"
#include "tests/ctl/set_key_fixture.hpp"

namespace irmeterd {
namespace {

constexpr const char* prompt = "Read-only key (RK) of the meter, 20 characters: ";

class SetKeyTerminal : public SetKeyTest, public CtlTerminal {
 protected:
  SetKeyTerminal()
      : CtlTerminal({"--config", path("ir-meterd.toml"), "set-key", "--root", path("root")},
                    variables()) {}
};

TEST_F(SetKeyTerminal, AsksTwiceAndShowsDotsAndHowManyTheyAre) {
  ASSERT_TRUE(sees(prompt));
  EXPECT_FALSE(echoes());
  type(key);
  ASSERT_TRUE(sees(".................... 20"));
  type("x\x7f\n");
  ASSERT_TRUE(sees("The same again: "));
  EXPECT_FALSE(echoes());
  type(key + "\n");
  EXPECT_EQ(end(), 0);
  EXPECT_TRUE(echoes());
  expect_hidden(key, screen_);
  EXPECT_EQ(content(std::string("root/") + encrypted), sealed);
}

TEST_F(SetKeyTerminal, SaysThatAKeyEndsWithASpace) {
  ASSERT_TRUE(sees(prompt));
  type("ABCDEFGHIJKLMNOPQRS \n");
  ASSERT_TRUE(sees("Careful: the key ends with a space, which is a part of it.\r\n"));
  ASSERT_TRUE(sees("The same again: "));
  type("ABCDEFGHIJKLMNOPQRS \n");
  EXPECT_EQ(end(), 0);
}

TEST_F(SetKeyTerminal, RefusesTwoDifferentKeys) {
  ASSERT_TRUE(sees(prompt));
  type(key + "\n");
  ASSERT_TRUE(sees("The same again: "));
  type("ABCDEFGHIJKLMNOPQRST\n");
  EXPECT_EQ(end(), 65);
  EXPECT_NE(screen_.find("the two keys typed in are not the same"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("root")));
}

TEST_F(SetKeyTerminal, SaysAtOnceThatAKeyIsTooShort) {
  ASSERT_TRUE(sees(prompt));
  type("0123456789\n");
  EXPECT_EQ(end(), 65);
  EXPECT_NE(screen_.find("the key has 10 characters, a meter key has exactly 20"),
            std::string::npos);
  EXPECT_TRUE(echoes());
}

TEST_F(SetKeyTerminal, GivesTheEchoBackWhenInterrupted) {
  ASSERT_TRUE(sees(prompt));
  EXPECT_FALSE(echoes());
  type("01234\x03");
  EXPECT_EQ(end(), -SIGINT);
  EXPECT_TRUE(echoes());
  EXPECT_FALSE(std::filesystem::exists(path("root")));
}

TEST_F(SetKeyTerminal, EndsWhenNothingIsTyped) {
  ASSERT_TRUE(sees(prompt));
  type("\x04");
  EXPECT_EQ(end(), 65);
  EXPECT_NE(screen_.find("no key was typed in"), std::string::npos);
  EXPECT_TRUE(echoes());
}

}  // namespace
}  // namespace irmeterd
