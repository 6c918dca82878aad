// A private dbus-daemon for a test: its own directory, configuration and socket, nothing of the
// machine's buses. It can be killed and started again at the same address, and ends with the test.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/support/temp_dir.hpp"

namespace irmeterd {

class MessageBus {
 public:
  enum class Type {
    session,  // everybody may do everything
    system,   // like the system bus: what a policy allows, and nothing else
  };

  // Makes the directory and the configuration; start() makes the bus. Throws std::exception.
  explicit MessageBus(Type type = Type::session);
  ~MessageBus();
  MessageBus(const MessageBus&) = delete;
  MessageBus& operator=(const MessageBus&) = delete;

  // Returns when clients can connect. Throws std::exception when that does not happen.
  void start();
  // As by SIGKILL: nobody is told, the socket stays behind.
  void kill();
  // Hangs without dying, and goes on.
  void freeze();
  void thaw();
  // Has the running bus read its configuration and policies again.
  void reload() const;

  // Puts a policy file before the bus; it is read by start() or reload().
  void install_policy(const std::string& file) const;

  [[nodiscard]] std::string address() const { return "unix:path=" + directory_ + "/bus"; }

 private:
  TempDir temporary_;
  std::string directory_ = temporary_.path();
  pid_t pid_ = -1;
};

}  // namespace irmeterd
