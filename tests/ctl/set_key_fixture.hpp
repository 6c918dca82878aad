// ir-meterctl set-key, with a directory in place of / and, where a test wants to know what it does,
// another systemd-creds.
#pragma once

#include <sys/stat.h>

#include <optional>

#include "lib/session/key.hpp"
#include "tests/ctl/ctl_fixture.hpp"
#include "tests/support/secret_forms.hpp"

namespace irmeterd {

class SetKeyTest : public CtlTest {
 protected:
  SetKeyTest() {
    std::filesystem::create_directory(path("bin"));
    configure(meter_table("/dev/no-such-probe"));
    // Says what it was called with, and wraps what it is given.
    creds("printf '%s\\n' \"$@\" >" + path("arguments") + "; env >" + path("environment") +
          "; printf 'sealed '; tr 0-9A-F g-v");
  }

  void creds(const std::string& script) {
    std::filesystem::permissions(dir_.write("bin/systemd-creds", "#!/bin/sh\n" + script + "\n"),
                                 std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::vector<std::string> variables() const {
    return {"PATH=" + path("bin") + ":/usr/bin:/bin"};
  }

  // With this on standard input. The key is nowhere to be seen.
  int set_key(const std::string& input, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"set-key", "--root", path("root")});
    const int status = ctl(arguments, variables(), dir_.write("input", input));
    if (input.size() >= irmeter::Key::size) {
      expect_hidden(input.substr(0, irmeter::Key::size), ctl_->output() + ctl_->errors());
    }
    return status;
  }

  // Not even six characters in a row, in any form.
  static void expect_hidden(const std::string& secret, const std::string& text) {
    for (const std::string& form : forms_of(secret, 6)) {
      EXPECT_EQ(text.find(form), std::string::npos) << text;
    }
  }

  [[nodiscard]] std::optional<std::string> content(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return file ? std::optional(std::string(std::istreambuf_iterator<char>(file), {}))
                : std::nullopt;
  }
  [[nodiscard]] struct stat status_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0) << name;
    return status;
  }
  // Every file below the root, without it.
  [[nodiscard]] std::vector<std::string> stored() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path("root"))) {
      if (!entry.is_directory()) {
        files.push_back(std::filesystem::relative(entry.path(), path("root")));
      }
    }
    return files;
  }

  static constexpr const char* encrypted = "etc/credstore.encrypted/meter-key";
  static constexpr const char* plain = "etc/credstore/meter-key";
  const std::string key{irmetersim::demo_key};
  const std::string sealed = "sealed ghijklmnopqrstuvghij";
};

}  // namespace irmeterd
