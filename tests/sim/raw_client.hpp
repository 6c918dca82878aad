// A client on a real descriptor that knows just enough of C12.18 to hold a session.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "lib/link/scanner.hpp"
#include "tests/sim/virtual_client.hpp"
#include "tests/support/patience.hpp"
#include "tools/ir-meter-sim/descriptor.hpp"

namespace irmetersim {

inline Descriptor open_tty(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
}

// Connects to tcp://127.0.0.1:PORT.
inline Descriptor connect_tcp(const std::string& address) {
  Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  constexpr int yes = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    fd.close();
  }
  return fd;
}

// Waits for input until the deadline; false when there was none.
inline bool readable(int fd, std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd descriptor{fd, POLLIN, 0};
  return left.count() > 0 && ::poll(&descriptor, 1, static_cast<int>(left.count())) == 1;
}

class Client {
 public:
  explicit Client(Descriptor line) : line_(std::move(line)) {}

  void send(const Bytes& bytes) const {
    ASSERT_EQ(::write(line_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  void send_request(const Bytes& payload) {
    irmeter::Packet packet;
    packet.toggle = std::exchange(toggle_, !toggle_);
    packet.payload = payload;
    send(irmeter::encode(packet));
  }

  // The response, acknowledged; empty when none came.
  Bytes response() {
    const auto deadline = std::chrono::steady_clock::now() + irmeterd::patience;
    Bytes payload;
    for (;;) {
      while (auto item = scanner_.next()) {
        if (const auto* found = std::get_if<irmeter::ReceivedPacket>(&*item)) {
          send({irmeter::ack_byte});
          payload = join({payload, found->packet.payload});
          if (found->packet.sequence == 0) {
            return payload;
          }
        }
      }
      Bytes bytes(256);
      if (!readable(line_.get(), deadline)) {
        return {};
      }
      const ssize_t count = ::read(line_.get(), bytes.data(), bytes.size());
      if (count <= 0) {
        return {};
      }
      scanner_.push(ByteView(bytes).first(static_cast<std::size_t>(count)));
    }
  }

  Bytes ask(const Bytes& payload) {
    send_request(payload);
    return response();
  }

  void open_session() {
    for (const Bytes& step :
         {request::identify, request::negotiate, request::log_on, request::security(demo_key)}) {
      ASSERT_FALSE(ask(step).empty());
    }
  }

  void whole_session() {
    open_session();
    EXPECT_EQ(ask(request::read(23, 0, 8)).size(), 12U);
    EXPECT_EQ(ask(request::read(28, 0, 40)).size(), 44U);
    EXPECT_EQ(ask(request::full_read(0)).size(), 83U);
    EXPECT_EQ(ask(request::log_off), hex("00"));
    EXPECT_EQ(ask(request::terminate), hex("00"));
  }

 private:
  Descriptor line_;
  irmeter::PacketScanner scanner_;
  bool toggle_ = false;
};

}  // namespace irmetersim
