#include "tools/ir-meterctl/stored_secret.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>

#include "common/config/credentials.hpp"
#include "common/files.hpp"
#include "lib/session/key.hpp"
#include "tools/ir-meterctl/program.hpp"

namespace irmeterctl {
namespace {

// Room for a secret while it is looked at.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { irmeter::wipe(bytes_.data(), bytes_.size()); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::span<char> bytes() { return bytes_; }

 private:
  std::array<char, 16'385> bytes_{};
};

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  }
  return text;
}

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
  const irmeterd::Secret text(without_line_end(decrypted.output));
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
  Buffer buffer;
  const auto text = irmeterd::read_file(path, buffer.bytes());
  if (!text) {
    if (look_for(path) != Presence::missing && access(path.c_str(), R_OK) != 0) {
      return hidden(path);
    }
    return {{}, path, Advice{path + " " + text.error().what, "write it there, alone, on one line"}};
  }
  return {irmeterd::Secret(without_line_end(*text)), path, {}};
}

StoredSecret find_credential(const std::string& name, const std::string& root) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  if (const char* handed_over = std::getenv("CREDENTIALS_DIRECTORY")) {
    const auto path = irmeterd::credential_file(handed_over, name);
    return path ? read_secret_file(*path) : StoredSecret{};
  }
  struct Place {
    std::string path;
    bool encrypted;
  };
  const std::array<Place, 2> places{{{root + "/etc/credstore.encrypted/" + name, true},
                                     {root + "/etc/credstore/" + name, false}}};
  for (const auto& [path, encrypted] : places) {
    switch (look_for(path)) {
      case Presence::missing:
        break;
      case Presence::hidden:
        return hidden(path);
      case Presence::there:
        return encrypted ? decrypt(name, path) : read_secret_file(path);
    }
  }
  return {};
}

}  // namespace irmeterctl
