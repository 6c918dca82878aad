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

  static const auto key = *irmeter::Key::from_text("ABCDEFABCDEFABCDEF00");
  irmeterd::KeyRecord record(directory.path(), log);
  const auto ask = [&](bool retry) {
    return record.ask(key, {"0000000000000001", retry}).permission;
  };
  const bool in_order = ask(false) != irmeter::KeyPermission::unrecorded;
  require(in_order || content(keys) == text, "a damaged file stays as it was");
  if (size % 16 == 0) {  // not always, for keys are hashed slowly
    (void)ask(true);
    require(in_order || content(damaged) == text, "a damaged file is kept as it was");
    const auto latest = ask(false);
    require(latest != irmeter::KeyPermission::unrecorded && !is_attempt(latest),
            "what was written is in order");
  }
  return 0;
}
