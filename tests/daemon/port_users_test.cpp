// Naming the process that has a device: real processes, real pseudo-terminals.
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "common/line/port_users.hpp"
#include "tests/daemon/ordinary_user.hpp"
#include "tests/daemon/other_process.hpp"
#include "tests/support/pseudo_terminal.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

bool lock(int fd) {
  return ::flock(fd, LOCK_EX | LOCK_NB) == 0;
}

std::string named(const std::string& name, const OtherProcess& process) {
  return name + ", PID " + std::to_string(process.pid());
}

class PortUsers : public ::testing::Test {
 protected:
  PseudoTerminal terminal_;
};

TEST_F(PortUsers, IsKnownByItsLock) {
  EXPECT_EQ(names_of(find_lock_owners(terminal_.path())), "");
  OtherProcess other(terminal_.path(), "reader", lock);
  EXPECT_EQ(names_of(find_lock_owners(terminal_.path())), named("reader", other));
  other.end();
  EXPECT_EQ(names_of(find_lock_owners(terminal_.path())), "");
}

TEST_F(PortUsers, IsKnownByItsLockToOtherUsers) {
  const OtherProcess other(terminal_.path(), "reader", lock);
  const OrdinaryUser user;
  EXPECT_EQ(names_of(find_lock_owners(terminal_.path())), named("reader", other));
}

TEST_F(PortUsers, IsNotWhoHasLockedAnotherTerminal) {
  const PseudoTerminal another;
  const OtherProcess other(another.path(), "reader", lock);
  EXPECT_EQ(names_of(find_lock_owners(terminal_.path())), "");
  EXPECT_EQ(names_of(find_openers(terminal_.path())), "");
}

TEST_F(PortUsers, IsKnownByHavingTheTerminalOpen) {
  EXPECT_EQ(names_of(find_openers(terminal_.path())), "");
  OtherProcess other(terminal_.path(), "reader", [](int fd) { return ::ioctl(fd, TIOCEXCL) == 0; });
  EXPECT_EQ(names_of(find_openers(terminal_.path())), named("reader", other));
  other.end();
  EXPECT_EQ(names_of(find_openers(terminal_.path())), "");
}

TEST_F(PortUsers, IsNamedOnceHoweverOftenItHasTheTerminalOpen) {
  const OtherProcess other(terminal_.path(), "reader", [](int fd) { return ::dup(fd) >= 0; });
  EXPECT_EQ(names_of(find_openers(terminal_.path())), named("reader", other));
}

TEST_F(PortUsers, IsEverybodyWhoHasTheTerminalOpen) {
  const OtherProcess one(terminal_.path(), "one");
  const OtherProcess two(terminal_.path(), "two");
  auto openers = find_openers(terminal_.path());
  std::sort(openers.begin(), openers.end(),
            [](const PortUser& a, const PortUser& b) { return a.name < b.name; });
  EXPECT_EQ(names_of(openers), named("one", one) + "; " + named("two", two));
}

TEST_F(PortUsers, IsNeverThisProcess) {
  const FileDescriptor own(::open(terminal_.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(lock(own.get()));
  EXPECT_EQ(names_of(find_lock_owners(terminal_.path())), "");
  EXPECT_EQ(names_of(find_openers(terminal_.path())), "");
}

TEST_F(PortUsers, CannotSmuggleAnythingInByItsName) {
  const OtherProcess other(terminal_.path(), "a\n\"\xff\x1b[1m", lock);
  const std::string names = names_of(find_lock_owners(terminal_.path()));
  EXPECT_TRUE(std::all_of(names.begin(), names.end(), [](char c) { return c >= ' ' && c <= '~'; }))
      << names;
  EXPECT_TRUE(names.ends_with(", PID " + std::to_string(other.pid()))) << names;
}

TEST_F(PortUsers, OfAPathThatLeadsNowhereIsNobody) {
  EXPECT_TRUE(find_lock_owners("/nowhere").empty());
  EXPECT_TRUE(find_openers("/nowhere").empty());
  EXPECT_TRUE(find_openers("/tmp").empty());
  EXPECT_TRUE(find_lock_file_owner("/dev/ttyUSB0", "/nowhere").empty());
}

// The files minicom, pppd and many others use: a PID in ten columns, perhaps with more behind it.
class LineLockFile : public ::testing::Test {
 protected:
  [[nodiscard]] std::string owner(const std::string& content) const {
    directory_.write("LCK..ttyUSB0", content);
    return names_of(find_lock_file_owner("/dev/ttyUSB0", directory_.path()));
  }
  TempDir directory_;
};

TEST_F(LineLockFile, NamesALivingProcess) {
  const PseudoTerminal terminal;
  const OtherProcess other(terminal.path(), "minicom");
  const std::string pid = std::to_string(other.pid());
  EXPECT_EQ(owner(std::string(10 - pid.size(), ' ') + pid + "\n"), named("minicom", other));
  EXPECT_EQ(owner(pid + " minicom root\n"), named("minicom", other));
}

TEST_F(LineLockFile, OfAProcessThatHasEndedDoesNotCount) {
  const PseudoTerminal terminal;
  OtherProcess other(terminal.path(), "minicom");
  const std::string pid = std::to_string(other.pid());
  other.end();
  EXPECT_EQ(owner(pid + "\n"), "");
}

TEST_F(LineLockFile, WithSomethingElseInItDoesNotCount) {
  for (const char* content : {"", "\n", "0\n", "-1\n", "minicom\n", "99999999999999\n", "12x\n"}) {
    EXPECT_EQ(owner(content), "") << content;
  }
  EXPECT_EQ(owner(std::to_string(::getpid()) + "\n"), "");
}

TEST_F(LineLockFile, CountsForRootAndTheOwnerOfTheProcessAlone_NeedsRoot) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root gives files away";
  }
  constexpr uid_t stranger = 4711;
  const PseudoTerminal terminal;
  ASSERT_EQ(::chmod(terminal.path().c_str(), 0666), 0);
  const OtherProcess of_root(terminal.path(), "minicom");
  const std::optional<OtherProcess> of_nobody = [&] {
    const OrdinaryUser user;
    return std::optional<OtherProcess>(std::in_place, terminal.path(), "minicom");
  }();
  const auto is_heeded = [&](uid_t file, const OtherProcess& process) {
    const std::string path = directory_.write("LCK..ttyUSB0", std::to_string(process.pid()) + "\n");
    EXPECT_EQ(::chown(path.c_str(), file, file), 0);
    return !find_lock_file_owner("/dev/ttyUSB0", directory_.path()).empty();
  };
  constexpr uid_t nobody = 65534;
  EXPECT_TRUE(is_heeded(0, of_root));
  EXPECT_TRUE(is_heeded(0, *of_nobody));
  EXPECT_TRUE(is_heeded(nobody, *of_nobody));
  EXPECT_FALSE(is_heeded(nobody, of_root));
  EXPECT_FALSE(is_heeded(stranger, of_root));
  EXPECT_FALSE(is_heeded(stranger, *of_nobody));
}

TEST_F(LineLockFile, ThatIsALinkOrAPipeDoesNotCount) {
  const PseudoTerminal terminal;
  const OtherProcess other(terminal.path(), "minicom");
  const std::string real = directory_.write("real", std::to_string(other.pid()));
  const std::string path = directory_.path("LCK..ttyUSB0");
  std::filesystem::create_symlink(real, path);
  EXPECT_TRUE(find_lock_file_owner("/dev/ttyUSB0", directory_.path()).empty());
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
  EXPECT_TRUE(find_lock_file_owner("/dev/ttyUSB0", directory_.path()).empty());
}

TEST_F(LineLockFile, OfAnotherPortDoesNotCount) {
  const PseudoTerminal terminal;
  const OtherProcess other(terminal.path(), "minicom");
  directory_.write("LCK..ttyUSB1", std::to_string(other.pid()));
  EXPECT_TRUE(find_lock_file_owner("/dev/ttyUSB0", directory_.path()).empty());
}

}  // namespace
}  // namespace irmeterd
