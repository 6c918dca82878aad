#include "tools/ir-meterctl/meter_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "common/fault_texts.hpp"
#include "tools/ir-meterctl/device_access.hpp"
#include "tools/ir-meterctl/stored_secret.hpp"

namespace irmeterctl {
namespace {

bool may(const std::string& path, int access) {
  return faccessat(AT_FDCWD, path.c_str(), access, AT_EACCESS) == 0;
}

// As the service manager would, who puts right what is not.
void make_directory(const std::string& path, bool of_this_system) {
  std::error_code ignored;
  const auto service = service_account();
  if (std::filesystem::create_directories(path, ignored) && service && of_this_system &&
      chown(path.c_str(), service->user, service->groups.front()) != 0) {
    return;
  }
}

}  // namespace

StoredKey find_key(const irmeterd::MeterConfig& meter, const std::string& root) {
  const StoredSecret stored = meter.key_file.empty() ? find_credential(meter.key_credential, root)
                                                     : read_secret_file(meter.key_file);
  if (stored.place.empty() || stored.problem) {
    return {std::nullopt, stored.place, stored.problem};
  }
  const auto key = irmeter::Key::from_text(stored.text.reveal());
  if (!key) {
    return {std::nullopt, stored.place,
            Advice{stored.place + ", " + key.error().what,
                   std::string(irmeterd::text(irmeter::Fault::no_key).cure)}};
  }
  return {*key, stored.place, std::nullopt};
}

std::variant<std::string, Advice> state_directory(const std::string& root) {
  const std::string path = root + "/var/lib/ir-meterd";
  if (geteuid() == 0) {
    make_directory(path, root.empty());
  }
  const std::string file = path + "/keys";
  struct stat status {};
  const bool usable =
      may(path, R_OK | W_OK | X_OK) && (stat(file.c_str(), &status) != 0 || may(file, R_OK));
  if (!usable) {
    return Advice{"The key was not tried, because what became of it could not be recorded in " +
                      path + " (" + std::strerror(errno) +
                      "), and a wrong one raises an alarm at the grid company each time",
                  "run this as root"};
  }
  return path;
}

}  // namespace irmeterctl
