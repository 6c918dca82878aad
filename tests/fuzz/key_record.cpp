// The file of what meters made of their keys: any content is taken over as far as it makes sense,
// and what is written instead of a damaged file is in order.

#include "common/keys/key_record.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/log.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using fuzz::require;

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (std::filesystem::is_directory("/dev/shm")) {
    setenv("TMPDIR", "/dev/shm", 1);  // what is written goes to the disk at once
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const irmeterd::TempDir directory;
  static const irmeterd::Log log(irmeterd::LogLevel::error);
  const std::string keys = directory.path("keys");
  const std::string damaged = directory.path("keys.damaged");
  const std::string text = fuzz::Input(data, size).text(size);
  std::filesystem::remove(damaged);
  directory.write("keys", text);

  const irmeterd::KeyRecord first(directory.path(), log);
  if (std::filesystem::exists(damaged)) {
    require(content(damaged) == text, "a damaged file is kept as it was");
    std::filesystem::remove(damaged);
  } else {
    require(content(keys) == text, "a file in order is not written again");
  }
  const std::string written = content(keys);
  const irmeterd::KeyRecord second(directory.path(), log);
  require(!std::filesystem::exists(damaged) && content(keys) == written,
          "what was written is in order");
  return 0;
}
