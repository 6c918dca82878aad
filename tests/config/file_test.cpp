// Reading a small file whole, or saying why not.
#include "common/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

TEST(ReadFile, GivesWhatIsInTheFile) {
  const TempDir dir;
  std::array<char, 16> buffer{};
  const auto content = read_file(dir.write("f", std::string_view("a\0b\n", 4)), buffer);
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(*content, std::string_view("a\0b\n", 4));
  EXPECT_EQ(content->data(), buffer.data());
}

TEST(ReadFile, StopsAtTheBuffersSize) {
  const TempDir dir;
  std::array<char, 4> buffer{};
  EXPECT_EQ(*read_file(dir.write("f", "abc"), buffer), "abc");
  EXPECT_EQ(read_file(dir.write("g", "abcd"), buffer).error().what,
            "is too large, at most 3 bytes");
}

TEST(ReadFile, SaysWhyAFileIsNone) {
  const TempDir dir;
  ASSERT_EQ(mkfifo(dir.path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink(dir.path("nowhere"), dir.path("dangling"));
  std::filesystem::create_symlink(dir.path("loop"), dir.path("loop"));
  const std::pair<std::string, std::string_view> files[] = {
      {dir.path("none"), "cannot be read (No such file or directory)"},
      {dir.path("dangling"), "cannot be read (No such file or directory)"},
      {dir.path("loop"), "cannot be read (Too many levels of symbolic links)"},
      {dir.path(), "is a directory, not a file"},
      {dir.path("pipe"), "is not a regular file"},
      {"/dev/zero", "is not a regular file"},
  };
  std::array<char, 16> buffer{};
  for (const auto& [path, expected] : files) {
    const auto content = read_file(path, buffer);
    ASSERT_FALSE(content.ok()) << path;
    EXPECT_EQ(content.error().what, expected) << path;
    const auto fault = check_readable(path);
    ASSERT_TRUE(fault.has_value()) << path;
    EXPECT_EQ(fault->what, expected) << path;
  }
  EXPECT_FALSE(check_readable(dir.write("good", "")).has_value());
}

}  // namespace
}  // namespace irmeterd
