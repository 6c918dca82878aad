// A server that can fail in every way a network knows: a relay to the simulated meter, or to a
// broker.
#pragma once

#include <arpa/inet.h>
#include <linux/filter.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <system_error>
#include <utility>

#include "common/file_descriptor.hpp"
#include "common/loop.hpp"

namespace irmeterd {

class TcpRelay {
 public:
  // To the port of 127.0.0.1 that a URL ends with, on a port of its own.
  TcpRelay(Loop& loop, const std::string& server)
      : loop_(loop), server_(address_of(server.substr(server.rfind(':') + 1))) {
    serve();
  }

  [[nodiscard]] std::string url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(ntohs(own_.sin_port));
  }
  [[nodiscard]] std::string device() const { return url("tcp"); }
  // How many connections were taken so far.
  [[nodiscard]] unsigned taken() const { return taken_; }
  // How many bytes the server has sent so far.
  [[nodiscard]] std::size_t sent() const { return sent_; }

  // Takes connections, and passes on what they bring both ways; this ends every failure below.
  void serve() {
    dropping_ = false;
    if (listener_) {
      pass_packets(listener_);
      return;
    }
    const int reuse = 1;
    socklen_t size = sizeof own_;
    listener_ = new_socket();
    check(::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse));
    check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&own_), sizeof own_));
    check(::listen(listener_.get(), 8));
    check(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&own_), &size));
    accept_ = loop_.io(listener_.get(), EPOLLIN, [this](std::uint32_t) { take(); });
  }

  // Sends this when it takes a connection, and passes nothing on.
  void only_say(std::string text) { greeting_ = std::move(text); }
  // Doubles each FF of the server's, as telnet does.
  void double_ff() { doubles_ff_ = true; }

  // The program has ended: connections are closed and new ones refused.
  void refuse() {
    accept_.reset();
    listener_.reset();
    connections_.clear();
  }
  // Closes connections in order, new ones as soon as they are made.
  void drop() {
    dropping_ = true;
    connections_.clear();
  }
  // Ends the connections with RST; takes new ones.
  void reset() {
    for (const Connection& connection : connections_) {
      const linger none{1, 0};
      check(::setsockopt(connection.client.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none));
    }
    connections_.clear();
  }
  // The host is gone without a word: nothing that arrives from now on is acknowledged, on old
  // connections for good.
  void vanish() {
    hang();
    for (const Connection& connection : connections_) {
      lose_packets(connection.client);
    }
    lose_packets(listener_);
  }
  // The program hangs on the connections it has, which its kernel still acknowledges for it.
  void hang() {
    for (Connection& connection : connections_) {
      connection.from_client.reset();
      connection.from_server.reset();
      connection.server.reset();  // a meter serves one client at a time
    }
  }

 private:
  struct Connection {
    FileDescriptor client;
    FileDescriptor server;
    EventSource from_client;
    EventSource from_server;
  };

  static void check(int result) {
    if (result < 0) {
      throw std::system_error(errno, std::system_category(), "relay");
    }
  }
  static FileDescriptor new_socket() {
    return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  static sockaddr_in address_of(const std::string& port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    return address;
  }
  // A socket filter sees packets before TCP does: what it drops never arrived.
  static void lose_packets(const FileDescriptor& socket) { set_filter(socket, 0); }
  static void pass_packets(const FileDescriptor& socket) { set_filter(socket, 0xffff'ffff); }
  // A filter that keeps so many bytes of each packet.
  static void set_filter(const FileDescriptor& socket, std::uint32_t bytes) {
    sock_filter filter{BPF_RET | BPF_K, 0, 0, bytes};
    const sock_fprog program{1, &filter};
    check(::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
  }

  void take() {
    ++taken_;
    FileDescriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (dropping_) {
      return;
    }
    if (!greeting_.empty()) {
      check(
          static_cast<int>(::send(client.get(), greeting_.data(), greeting_.size(), MSG_NOSIGNAL)));
    }
    connections_.emplace_front();
    const auto connection = connections_.begin();
    connection->client = std::move(client);
    if (!greeting_.empty()) {
      return;
    }
    connection->server = new_socket();
    check(::connect(connection->server.get(), reinterpret_cast<const sockaddr*>(&server_),
                    sizeof server_));
    connection->from_client = pass_on(connection, connection->client, connection->server);
    connection->from_server = pass_on(connection, connection->server, connection->client);
  }
  // Both sockets block, but only on more than a meter or its reader ever say at once.
  EventSource pass_on(std::list<Connection>::iterator connection, const FileDescriptor& from,
                      const FileDescriptor& to) {
    return loop_.io(from.get(), EPOLLIN, [this, connection, &from, &to](std::uint32_t) {
      std::array<std::uint8_t, 512> bytes{};
      const ssize_t count = ::read(from.get(), bytes.data(), bytes.size());
      const bool is_server = &from == &connection->server;
      sent_ += is_server && count > 0 ? static_cast<std::size_t>(count) : 0;
      std::string passed;
      for (ssize_t i = 0; i < count; ++i) {
        const std::uint8_t byte = bytes[static_cast<std::size_t>(i)];
        const bool twice = doubles_ff_ && byte == 0xFF && is_server;
        passed.append(twice ? 2 : 1, static_cast<char>(byte));
      }
      if (count <= 0 || ::send(to.get(), passed.data(), passed.size(), MSG_NOSIGNAL) !=
                            static_cast<ssize_t>(passed.size())) {
        connections_.erase(connection);
      }
    });
  }

  Loop& loop_;
  sockaddr_in own_ = address_of("0");
  sockaddr_in server_;
  bool dropping_ = false;
  bool doubles_ff_ = false;
  std::string greeting_;  // empty: it passes bytes on
  unsigned taken_ = 0;
  std::size_t sent_ = 0;
  FileDescriptor listener_;
  EventSource accept_;
  std::list<Connection> connections_;
};

}  // namespace irmeterd
