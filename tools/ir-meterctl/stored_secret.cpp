#include "tools/ir-meterctl/stored_secret.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "common/config/credentials.hpp"
#include "lib/session/key.hpp"
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
  return {{}, path, Advice{"You may not read " + path, "run this as root"}};
}

StoredSecret decrypt(const std::string& name, const std::string& path) {
  Finished decrypted = run_program({"systemd-creds", "decrypt", "--name=" + name, path, "-"});
  const irmeterd::Secret text(irmeterd::without_line_end(decrypted.output));
  irmeter::wipe(decrypted.output.data(), decrypted.output.size());
  if (decrypted.status != 0) {
    return {{},
            path,
            Advice{path + " cannot be decrypted",
                   "run this as root; if it stays so, store it again on this machine, with "
                   "ir-meterctl set-key or systemd-creds encrypt"}};
  }
  return {text, path, {}};
}

}  // namespace

StoredSecret read_secret_file(const std::string& path) {
  const auto text = irmeterd::read_secret(path, max_secret);
  if (text) {
    return {*text, path, {}};
  }
  if (look_for(path) != Presence::missing && access(path.c_str(), R_OK) != 0) {
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
    const std::string path = root + "/etc/credstore" + (encrypted ? ".encrypted/" : "/") + name;
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

}  // namespace irmeterctl
