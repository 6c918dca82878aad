// Something that listens where a broker should, and does what a real one rarely does: a broker of
// MQTT 3.1.1 alone that refuses or closes as it is told, or no broker at all.
#pragma once

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/file_descriptor.hpp"
#include "common/loop.hpp"

namespace irmeterd {

class StubBroker {
 public:
  struct Rules {
    bool listens = true;                // to what is sent; else it says nothing
    bool closes = false;                // as soon as something is sent
    std::string says{};                 // to whatever is sent first, and then it closes
    bool closes_on_newer = false;       // than 3.1.1, rather than answer that it does not speak it
    char return_code = 0;               // of CONNACK
    std::size_t max_packet = SIZE_MAX;  // closes where more is announced
    std::string closes_on{};            // the topic of a message or a subscription
    std::string refused{};              // the topic of a subscription: SUBACK 0x80
  };
  struct Message {
    std::string topic;
    std::string payload;
  };

  StubBroker(Loop& loop, Rules given) : rules(std::move(given)), loop_(loop) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    listener_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 8) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::system_error(errno, std::system_category(), "stub broker");
    }
    port_ = ntohs(address.sin_port);
    accept_ = loop_.io(listener_.get(), EPOLLIN, [this](std::uint32_t) { take(); });
  }

  [[nodiscard]] std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] bool has_received(const std::string& topic) const {
    for (const Message& message : received) {
      if (message.topic == topic) {
        return true;
      }
    }
    return false;
  }

  // Ends every connection.
  void hang_up() { connections_.clear(); }

  Rules rules;
  std::vector<int> versions;        // that clients have come with: 4 is 3.1.1
  std::vector<std::string> ids;     // of the clients
  std::vector<Message> received;    // what was published
  std::vector<std::string> topics;  // what was subscribed

 private:
  struct Connection {
    FileDescriptor socket;
    std::string unread;
    EventSource source;
  };
  using Place = std::list<Connection>::iterator;

  void take() {
    connections_.emplace_front();
    const Place place = connections_.begin();
    place->socket = FileDescriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    place->source =
        loop_.io(place->socket.get(), EPOLLIN, [this, place](std::uint32_t) { read(place); });
  }

  void read(Place place) {
    std::array<char, 65536> part{};
    const ssize_t size = ::read(place->socket.get(), part.data(), part.size());
    if (size > 0 && !rules.listens) {
      return;
    }
    if (size > 0 && rules.says.empty() && !rules.closes) {
      place->unread.append(part.data(), static_cast<std::size_t>(size));
      while (true) {
        const Step step = answer(*place);
        if (step == Step::wait) {
          return;
        }
        if (step == Step::close) {
          break;
        }
      }
    } else if (size > 0) {
      say(*place, rules.says);
    }
    connections_.erase(place);
  }

  static void say(const Connection& connection, const std::string& bytes) {
    (void)::send(connection.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  enum class Step { next, wait, close };
  // One packet, if it is there.
  Step answer(Connection& connection) {
    const std::string& bytes = connection.unread;
    std::size_t length = 0;
    std::size_t at = 1;
    for (int shift = 0;; shift += 7, ++at) {
      if (bytes.size() <= at) {
        return Step::wait;
      }
      length |= static_cast<std::size_t>(bytes[at] & 0x7f) << shift;
      if ((bytes[at] & 0x80) == 0) {
        break;
      }
    }
    ++at;
    if (at + length > rules.max_packet) {
      return Step::close;
    }
    if (bytes.size() < at + length) {
      return Step::wait;
    }
    const int type = static_cast<unsigned char>(bytes[0]) >> 4;
    const int qos = (bytes[0] >> 1) & 3;
    const std::string body = bytes.substr(at, length);
    connection.unread.erase(0, at + length);
    return take_packet(connection, type, qos, body);
  }

  static std::string text_at(const std::string& body, std::size_t at) {
    return body.substr(at + 2,
                       static_cast<std::size_t>(static_cast<unsigned char>(body[at])) * 256 +
                           static_cast<unsigned char>(body[at + 1]));
  }

  Step take_packet(const Connection& connection, int type, int qos, const std::string& body) {
    if (type == 1) {
      versions.push_back(body[6]);
      if (body[6] != 4) {
        say(connection, rules.closes_on_newer ? "" : std::string("\x20\x02\x00\x01", 4));
        return Step::close;
      }
      ids.push_back(text_at(body, 10));
      say(connection, std::string("\x20\x02\x00", 3) + rules.return_code);
      return rules.return_code == 0 ? Step::next : Step::close;
    }
    if (type == 3) {
      const std::string topic = text_at(body, 0);
      if (topic == rules.closes_on) {
        return Step::close;
      }
      const std::size_t payload = topic.size() + (qos > 0 ? 4 : 2);
      received.push_back({topic, body.substr(payload)});
      if (qos > 0) {
        say(connection, "\x40\x02" + body.substr(topic.size() + 2, 2));
      }
    } else if (type == 8) {
      const std::string topic = text_at(body, 2);
      if (topic == rules.closes_on) {
        return Step::close;
      }
      topics.push_back(topic);
      say(connection, "\x90\x03" + body.substr(0, 2) + (topic == rules.refused ? '\x80' : '\x01'));
    } else if (type == 12) {
      say(connection, std::string("\xd0\x00", 2));
    }
    return type == 14 ? Step::close : Step::next;
  }

  Loop& loop_;
  FileDescriptor listener_;
  std::uint16_t port_ = 0;
  EventSource accept_;
  std::list<Connection> connections_;
};

}  // namespace irmeterd
