// set-key at a terminal: what a person sees, and what happens to the echo.
#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>

#include <array>

#include "tests/ctl/set_key_fixture.hpp"

namespace irmeterd {
namespace {

constexpr const char* prompt = "Read-only key (RK) of the meter, 20 characters: ";

// A terminal with the tool in its foreground.
class SetKeyTerminal : public SetKeyTest {
 protected:
  SetKeyTerminal() {
    int terminal = -1;
    const std::string config = path("ir-meterd.toml");
    const std::string root = path("root");
    const std::string variable = variables().front();
    pid_ = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      ::setenv("PATH", variable.substr(5).c_str(), 1);
      ::execl(IR_METERCTL, IR_METERCTL, "--config", config.c_str(), "set-key", "--root",
              root.c_str(), nullptr);
      ::_exit(127);
    }
    terminal_ = FileDescriptor(terminal);
    EXPECT_EQ(::fcntl(terminal, F_SETFL, O_NONBLOCK), 0);
    // Keeps the terminal as it was left, when the tool is gone.
    std::array<char, 64> name{};
    EXPECT_EQ(::ptsname_r(terminal, name.data(), name.size()), 0);
    far_ = FileDescriptor(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
  ~SetKeyTerminal() override {
    if (!ended()) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  ::testing::AssertionResult sees(const std::string& text) {
    return wait_until(loop_, [&] { return screen().find(text) != std::string::npos; })
               ? ::testing::AssertionSuccess()
               : ::testing::AssertionFailure() << screen_;
  }
  void type(const std::string& text) {
    EXPECT_EQ(::write(terminal_.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] bool echoes() const {
    termios settings{};
    EXPECT_EQ(::tcgetattr(terminal_.get(), &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
  }
  // Exit status, or minus the signal.
  int end() {
    EXPECT_TRUE(wait_until(loop_, [this] { return ended(); })) << screen_;
    (void)screen();
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  }

  std::string screen_;

 private:
  const std::string& screen() {
    std::array<char, 1000> part{};
    ssize_t count = 0;
    while ((count = ::read(terminal_.get(), part.data(), part.size())) > 0) {
      screen_.append(part.data(), static_cast<std::size_t>(count));
    }
    return screen_;
  }
  bool ended() {
    ended_ = ended_ || ::waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
  }

  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  FileDescriptor terminal_;
  FileDescriptor far_;
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
