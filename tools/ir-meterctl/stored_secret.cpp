#include "tools/ir-meterctl/stored_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "common/config/characters.hpp"
#include "common/config/credentials.hpp"
#include "common/fault_texts.hpp"
#include "common/keys/key_text.hpp"
#include "tools/ir-meterctl/device_access.hpp"
#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {
namespace {

constexpr std::size_t max_secret = 16'384;  // bytes

enum class Presence { there, missing, hidden };

Presence look_for(const std::string& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::not_found) {
    return Presence::missing;
  }
  return error ? Presence::hidden : Presence::there;
}

StoredSecret hidden(const std::string& path) {
  return {{}, path, Advice{"You may not read " + path, run_as_root}};
}

StoredSecret checked(const irmeterd::Secret& text, const std::string& path) {
  const auto fault = irmeterd::why_not_plain(text.reveal());
  return fault ? StoredSecret{{},
                              path,
                              Advice{path + " " + *fault, std::string(irmeterd::save_as_plain)}}
               : StoredSecret{text, path, {}};
}

StoredSecret decrypt(const std::string& name, const std::string& path) {
  Finished decrypted = run_program({"systemd-creds", "decrypt", "--name=" + name, path, "-"});
  const irmeterd::Secret text(irmeterd::without_line_end(decrypted.output));
  irmeter::wipe(decrypted.output.data(), decrypted.output.size());
  if (decrypted.status != 0 && geteuid() != 0) {
    return hidden(path);
  }
  if (decrypted.status != 0) {
    return {{},
            path,
            Advice{path + " cannot be decrypted",
                   "store it again on this machine, with ir-meterctl set-key or systemd-creds "
                   "encrypt"}};
  }
  return checked(text, path);
}

bool may(const std::string& path, int access) {
  return faccessat(AT_FDCWD, path.c_str(), access, AT_EACCESS) == 0;
}

}  // namespace

StoredSecret read_secret_file(const std::string& path) {
  const auto text = irmeterd::read_secret(path, max_secret);
  if (text) {
    return checked(*text, path);
  }
  if (look_for(path) == Presence::missing) {
    return {{}, path, Advice{path + " is not there", "write it there, alone, on one line"}};
  }
  if (access(path.c_str(), R_OK) != 0) {
    return hidden(path);
  }
  return {{}, path, Advice{path + " " + text.error().what, "write it there, alone, on one line"}};
}

StoredSecret find_credential(const std::string& name, const std::string& root) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  if (const char* handed_over = std::getenv("CREDENTIALS_DIRECTORY")) {
    const auto path = irmeterd::credential_file(handed_over, name);
    return path ? read_secret_file(*path) : StoredSecret{};
  }
  for (const bool encrypted : {true, false}) {
    std::string path = root + "/etc/credstore";
    path += encrypted ? ".encrypted/" : "/";
    path += name;
    const Presence presence = look_for(path);
    if (presence == Presence::hidden) {
      return hidden(path);
    }
    if (presence == Presence::there) {
      return encrypted ? decrypt(name, path) : read_secret_file(path);
    }
  }
  return {};
}

StoredKey find_key(const irmeterd::MeterConfig& meter, const std::string& root) {
  const StoredSecret stored = meter.key_file.empty() ? find_credential(meter.key_credential, root)
                                                     : read_secret_file(meter.key_file);
  if (stored.place.empty() || stored.problem) {
    return {std::nullopt, stored.place, stored.problem};
  }
  const auto key = irmeterd::parse_key(stored.text.reveal());
  if (!key) {
    return {std::nullopt, stored.place,
            Advice{stored.place + ", " + key.error().what,
                   std::string(irmeterd::text(irmeter::Fault::no_key).cure)}};
  }
  return {*key, stored.place, std::nullopt};
}

std::optional<Advice> why_no_record(const std::string& state_directory, bool of_this_system) {
  if (geteuid() == 0) {
    // As the service manager would, who puts right what is not.
    std::error_code ignored;
    const auto service = service_account();
    if (std::filesystem::create_directories(state_directory, ignored) && service &&
        of_this_system) {
      (void)!chown(state_directory.c_str(), service->user, service->groups.front());
    }
  }
  const std::string file = state_directory + "/keys";
  struct stat status {};
  if (may(state_directory, R_OK | W_OK | X_OK) &&
      (stat(file.c_str(), &status) != 0 || may(file, R_OK))) {
    return std::nullopt;
  }
  return Advice{"The key was not tried, because what became of it could not be recorded in " +
                    state_directory + " (" + std::strerror(errno) +
                    "), and a wrong one raises an alarm at the grid company each time",
                geteuid() == 0 ? "see that it is a folder that can be written" : run_as_root};
}

}  // namespace irmeterctl
