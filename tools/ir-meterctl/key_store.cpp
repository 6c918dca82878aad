#include "tools/ir-meterctl/key_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "common/file_descriptor.hpp"
#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {
namespace {

using irmeter::Error;
using irmeter::Result;

Error failed(const std::string& path, const char* what) {
  return Error{path + " cannot be " + what + ": " + std::generic_category().message(errno)};
}

// A file beside its final place, gone unless it was put there.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& place)
      : place_(place),
        path_(place.parent_path() / ("." + place.filename().string() + ".XXXXXX")),
        fd_(::mkostemp(path_.data(), O_CLOEXEC)) {}
  ~NewFile() {
    if (fd_) {
      ::unlink(path_.c_str());
    }
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // For the owner alone, on the disk, and then in its place; false with errno.
  [[nodiscard]] bool put(std::string_view content) {
    const auto size = static_cast<ssize_t>(content.size());
    if (!fd_ || (::geteuid() == 0 && ::fchown(fd_.get(), 0, 0) != 0) ||
        ::fchmod(fd_.get(), S_IRUSR | S_IWUSR) != 0 ||
        ::write(fd_.get(), content.data(), content.size()) != size || ::fsync(fd_.get()) != 0 ||
        ::rename(path_.c_str(), place_.c_str()) != 0) {
      return false;
    }
    fd_.reset();
    const irmeterd::FileDescriptor directory(
        ::open(place_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    (void)::fsync(directory.get());
    return true;
  }

 private:
  std::filesystem::path place_;
  std::string path_;
  irmeterd::FileDescriptor fd_;
};

std::optional<Error> write_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path directory = path.parent_path();
  std::error_code error;
  std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return failed(directory.string(), "made");
  }
  NewFile file(path);
  return file.put(content) ? std::nullopt : std::optional(failed(path.string(), "written"));
}

bool is_another_system(const std::string& root) {
  std::error_code error;
  return !root.empty() && std::filesystem::exists(root + "/etc/os-release", error);
}

std::string why_not_encrypted(const Finished& finished) {
  if (!finished.status) {
    return "there is no systemd-creds here that could encrypt it";
  }
  if (*finished.status == 0) {
    return "systemd-creds has encrypted it to nothing";
  }
  std::string why = "systemd-creds has failed with status " + std::to_string(*finished.status);
  // Of several lines the last one is why.
  std::string_view said = finished.errors;
  if (said.ends_with('\n')) {
    said.remove_suffix(1);
  }
  said.remove_prefix(std::min(said.rfind('\n') + 1, said.size()));
  return said.empty() ? why : why + ": " + std::string(said);
}

}  // namespace

Result<Stored> store_key(const irmeter::Key& key, const std::string& name,
                         const std::string& root) {
  const auto bytes = key.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string encrypted_path = root + "/etc/credstore.encrypted/" + name;
  const std::string plain_path = root + "/etc/credstore/" + name;

  Stored stored;
  Finished finished;
  if (!is_another_system(root)) {
    finished = run_program({"systemd-creds", "encrypt", "--name=" + name, "-", "-"}, text);
    stored.encrypted = finished.status == 0 && !finished.output.empty();
    stored.why_plain = stored.encrypted ? "" : why_not_encrypted(finished);
  } else {
    stored.why_plain = "the system below " + root + " could not decrypt it";
  }
  stored.path = stored.encrypted ? encrypted_path : plain_path;
  if (const auto error = write_file(stored.path, stored.encrypted ? finished.output : text)) {
    return *error;
  }
  const std::string& other = stored.encrypted ? plain_path : encrypted_path;
  if (::unlink(other.c_str()) == 0) {
    stored.removed = other;
  } else if (errno != ENOENT && errno != ENOTDIR) {
    return Error{"the key is stored in " + stored.path + ", but " +
                 failed(other, "removed, and holds another one").what};
  }
  return stored;
}

}  // namespace irmeterctl
