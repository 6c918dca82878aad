#include "tools/ir-meter-sim/endpoint.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "tools/ir-meter-sim/descriptor.hpp"

namespace irmetersim {
namespace {

[[noreturn]] void fail(const std::string& what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

// What a read() brought; whether there is still somebody at the other end is left to errno.
ssize_t read_some(int fd, irmeter::Bytes& bytes) {
  bytes.resize(4'096);
  ssize_t count = 0;
  do {
    count = ::read(fd, bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return count;
}

class Pty final : public Endpoint {
 public:
  explicit Pty(std::string link) : link_(std::move(link)) { open(); }
  ~Pty() override { remove_link(); }

  [[nodiscard]] std::string address() const override { return link_; }
  [[nodiscard]] int descriptor() const override { return master_.get(); }

  [[nodiscard]] irmeter::Bytes read() override {
    irmeter::Bytes bytes;
    read_some(master_.get(), bytes);
    return bytes;
  }

  void write(irmeter::ByteView bytes) override {
    [[maybe_unused]] const ssize_t written = ::write(master_.get(), bytes.data(), bytes.size());
  }

  // The link goes first, like the node of a USB device.
  void hang_up() override {
    remove_link();
    slave_.close();
    master_.close();
  }

  void come_back() override { open(); }

 private:
  void open() {
    master_ = Descriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (!master_.is_open() || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0) {
      fail("cannot open a pseudo-terminal");
    }
    std::array<char, PATH_MAX> name{};
    if (const int error = ::ptsname_r(master_.get(), name.data(), name.size()); error != 0) {
      fail("cannot name the pseudo-terminal", error);
    }
    target_ = name.data();
    slave_ = Descriptor(::open(target_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    termios settings{};
    if (!slave_.is_open() || ::tcgetattr(slave_.get(), &settings) != 0) {
      fail(target_);
    }
    ::cfmakeraw(&settings);
    ::cfsetspeed(&settings, B9600);
    if (::tcsetattr(slave_.get(), TCSANOW, &settings) != 0) {
      fail(target_);
    }
    make_link();
  }

  void remove_link() const {
    if (link_target() == target_) {
      ::unlink(link_.c_str());
    }
  }

  [[nodiscard]] std::string link_target() const {
    std::array<char, PATH_MAX> buffer{};
    const ssize_t size = ::readlink(link_.c_str(), buffer.data(), buffer.size());
    return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

  void make_link() const {
    struct stat found {};
    if (::lstat(link_.c_str(), &found) == 0) {
      if (!S_ISLNK(found.st_mode)) {
        fail(link_ + " is there already and not a symbolic link", EEXIST);
      }
      ::unlink(link_.c_str());
    }
    if (::symlink(target_.c_str(), link_.c_str()) != 0) {
      fail("cannot make the link " + link_);
    }
  }

  std::string link_;
  std::string target_;
  Descriptor master_;
  // Kept open, so that a client that leaves does not hang up the line.
  Descriptor slave_;
};

class Tcp final : public Endpoint {
 public:
  explicit Tcp(std::uint16_t port) : port_(port) { open(); }

  [[nodiscard]] std::string address() const override {
    return "tcp://127.0.0.1:" + std::to_string(port_);
  }
  [[nodiscard]] int descriptor() const override {
    return client_.is_open() ? client_.get() : listener_.get();
  }

  [[nodiscard]] irmeter::Bytes read() override {
    irmeter::Bytes bytes;
    if (!client_.is_open()) {
      constexpr int yes = 1;
      client_ =
          Descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (client_.is_open()) {
        ::setsockopt(client_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      }
      return bytes;
    }
    const ssize_t count = read_some(client_.get(), bytes);
    if (count == 0 || (count < 0 && errno != EAGAIN)) {
      client_.close();
    }
    return bytes;
  }

  void write(irmeter::ByteView bytes) override {
    if (client_.is_open() && ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 &&
        errno != EAGAIN) {
      client_.close();
    }
  }

  void hang_up() override {
    listener_.close();
    client_.close();
  }

  void come_back() override { open(); }

  void reset_connection() override {
    constexpr linger at_once{1, 0};
    ::setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_.close();
  }

 private:
  void open() {
    constexpr int yes = 1;
    listener_ =
        Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (!listener_.is_open() ||
        ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(listener_.get(), name, size) != 0 || ::listen(listener_.get(), 1) != 0 ||
        ::getsockname(listener_.get(), name, &size) != 0) {
      fail("cannot listen on TCP port " + std::to_string(port_));
    }
    port_ = ntohs(address.sin_port);
  }

  std::uint16_t port_;  // 0: any, until it is known
  Descriptor listener_;
  Descriptor client_;
};

}  // namespace

std::unique_ptr<Endpoint> open_pty(const std::string& link) {
  return std::make_unique<Pty>(link);
}

std::unique_ptr<Endpoint> open_tcp(std::uint16_t port) {
  return std::make_unique<Tcp>(port);
}

}  // namespace irmetersim
