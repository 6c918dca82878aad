// A real mosquitto for a test, on a free loopback port with a directory of its own, and a client of
// mosquitto's that watches what is published.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/file_descriptor.hpp"
#include "common/loop.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {

class Mosquitto {
 public:
  enum class Kind {
    open,      // everybody may do everything
    password,  // user "meter" with password "secret" only, or what set_password() says
    tls,       // like open, behind certificate()
    tls_ipv6,  // likewise, at ::1, which the certificate names too
    expired,   // likewise, but the certificate has expired
    tls_both,  // like tls, and whoever comes must show the same certificate
    small,     // takes no packet of more than 4096 bytes
    forgets,   // retains nothing
    guarded,   // refuses guarded_topics
  };

  // Starts the broker; it listens when this returns. Throws std::exception when it does not.
  explicit Mosquitto(Kind kind = Kind::open);
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  // Ends the broker, which forgets everything; start() makes a new one on the same port.
  void stop();
  void start();

  // Stops the broker's process in its tracks: connections stay, nothing answers, until thaw().
  void freeze() const;
  void thaw() const;

  // For the next start().
  void set_password(const std::string& password) const;

  // Publishes with mosquitto_pub and returns when that is done; not for Kind::password and tls.
  void publish(const std::string& topic, const std::string& payload, bool retained = false) const;

  // Likewise zeros, so many of them, which the broker keeps.
  void publish_zeros(const std::string& topic, std::size_t count) const;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const;  // names localhost, or ::1
  [[nodiscard]] std::string certificate() const { return directory_ + "/certificate.pem"; }
  [[nodiscard]] std::string private_key() const { return directory_ + "/key.pem"; }

  // Of Kind::guarded: nobody may publish to topics that begin so.
  static constexpr const char* guarded_topics = "homeassistant/";

  // A port nobody listens on, for a broker that is not there: tcpmux, which takes root and is out
  // of use. A free one could be somebody else's in a moment.
  static constexpr std::uint16_t closed_port = 1;

 private:
  static std::uint16_t free_port();
  bool try_start();
  [[nodiscard]] bool has_tls() const {
    return kind_ == Kind::tls || kind_ == Kind::tls_ipv6 || kind_ == Kind::expired ||
           kind_ == Kind::tls_both;
  }

  Kind kind_;
  TempDir temporary_;
  std::string directory_ = temporary_.path();
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  FileDescriptor log_;
};

// Everything published at a broker, from before the constructor has returned. Kind::open only.
class MqttWatcher {
 public:
  struct Seen {
    std::string topic;
    std::string payload;
    bool retained = false;  // it was there before the watcher came
    int qos = 0;
  };

  MqttWatcher(Loop& loop, const Mosquitto& broker);
  ~MqttWatcher();
  MqttWatcher(const MqttWatcher&) = delete;
  MqttWatcher& operator=(const MqttWatcher&) = delete;

  [[nodiscard]] const std::vector<Seen>& seen() const { return seen_; }
  [[nodiscard]] std::size_t count(const std::string& topic) const;
  [[nodiscard]] std::optional<Seen> latest(const std::string& topic) const;
  // The payload of the latest message, or an empty text.
  [[nodiscard]] std::string payload(const std::string& topic) const;
  // All payloads of a topic in their order, with commas between.
  [[nodiscard]] std::string history(const std::string& topic) const;
  void forget() { seen_.clear(); }

 private:
  void read_output();

  pid_t pid_ = -1;
  FileDescriptor output_;
  std::string rest_;  // of a line
  std::vector<Seen> seen_;
  bool ready_ = false;
  EventSource source_;
};

// Cuts every connection of this process to the port, as if the process had been killed.
void cut_connections_to(std::uint16_t port);

}  // namespace irmeterd
