#include "tools/ir-meterctl/secret_store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "common/files.hpp"
#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {
namespace {

using irmeter::Error;
using irmeter::Result;

Error failed(const std::string& path, const char* what, int error = errno) {
  return Error{path + " cannot be " + what + ": " + std::generic_category().message(error)};
}

std::optional<Error> write_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path directory = path.parent_path();
  std::error_code error;
  std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return failed(directory.string(), "made");
  }
  try {
    irmeterd::replace_file(path.string(), content, {.mode = 0600, .durable = true});
    return std::nullopt;
  } catch (const std::system_error& failure) {
    return failed(path.string(), "written", failure.code().value());
  }
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
  std::string_view errors = finished.errors;
  if (errors.ends_with('\n')) {
    errors.remove_suffix(1);
  }
  errors.remove_prefix(std::min(errors.rfind('\n') + 1, errors.size()));
  return errors.empty() ? why : why + ": " + std::string(errors);
}

}  // namespace

Result<Stored> store_secret(const irmeterd::Secret& secret, const std::string& name,
                            const std::string& root) {
  const std::string_view text = secret.reveal();
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
    return Error{"it is stored in " + stored.path + ", but " +
                 failed(other, "removed, and holds another one").what};
  }
  return stored;
}

}  // namespace irmeterctl
