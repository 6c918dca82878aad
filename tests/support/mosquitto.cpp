#include "tests/support/mosquitto.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/support/wait.hpp"

namespace irmeterd {
namespace {

constexpr const char* ready_topic = "test/ready";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

// Starts a program that ends with this process; output, if there is one, becomes its given fd.
pid_t spawn(std::vector<std::string> arguments, int output = -1, int as = STDOUT_FILENO) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() == parent && (output < 0 || ::dup2(output, as) >= 0)) {
      ::execvp(argv[0], argv.data());
    }
    ::_exit(127);
  }
  if (pid < 0) {
    fail("fork");
  }
  return pid;
}

void run(std::vector<std::string> arguments) {
  const std::string name = arguments.front();
  const FileDescriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const pid_t pid = spawn(std::move(arguments), nowhere.get(), STDERR_FILENO);
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || status != 0) {
    throw std::runtime_error(name + " failed");
  }
}

void end(pid_t& pid, int signal) {
  if (pid > 0) {
    ::kill(pid, signal);
    ::kill(pid, SIGCONT);
    ::waitpid(pid, nullptr, 0);
    pid = -1;
  }
}

// The broker says that it is running once it listens; an end of file means that it has ended.
bool says_running(int fd) {
  std::string said;
  pollfd ready{fd, POLLIN, 0};
  std::array<char, 512> part{};
  while (::poll(&ready, 1, 60'000) > 0) {
    const ssize_t size = ::read(fd, part.data(), part.size());
    if (size <= 0) {
      return false;
    }
    said.append(part.data(), static_cast<std::size_t>(size));
    if (said.find(" running") != std::string::npos) {
      return true;
    }
  }
  return false;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

std::uint16_t Mosquitto::free_port() {
  const FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface asks for it
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("bind");
  }
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  return ntohs(address.sin_port);
}

Mosquitto::Mosquitto(Kind kind) : kind_(kind) {
  if (kind_ == Kind::password) {
    set_password("secret");
  }
  if (has_tls()) {
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:::1", "-keyout", directory_ + "/key.pem", "-out",
         certificate()});
  }
  if (kind_ == Kind::expired) {
    run({"openssl", "x509", "-in", certificate(), "-signkey", directory_ + "/key.pem", "-days",
         "-1", "-out", certificate()});
  }
  // Somebody else may take a free port before the broker does.
  for (int attempts = 0; attempts < 5; ++attempts) {
    port_ = free_port();
    if (try_start()) {
      return;
    }
  }
  throw std::runtime_error("mosquitto does not start");
}

Mosquitto::~Mosquitto() {
  stop();
}

// A mosquitto that has just said that it is running forgets a signal that came before.
void Mosquitto::stop() {
  while (pid_ > 0 && ::kill(pid_, SIGTERM) == 0) {
    ::kill(pid_, SIGCONT);
    for (int waits = 0; waits < 50; ++waits) {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
        return;
      }
      ::poll(nullptr, 0, 10);
    }
  }
}

void Mosquitto::start() {
  if (!try_start()) {
    throw std::runtime_error("mosquitto does not start again");
  }
}

void Mosquitto::set_password(const std::string& password) const {
  run({"mosquitto_passwd", "-b", "-c", directory_ + "/passwords", "meter", password});
}

void Mosquitto::freeze() const {
  ::kill(pid_, SIGSTOP);
}

void Mosquitto::thaw() const {
  ::kill(pid_, SIGCONT);
}

bool Mosquitto::try_start() {
  std::ofstream config(directory_ + "/mosquitto.conf");
  config << "listener " << port_ << (kind_ == Kind::tls_ipv6 ? " ::1" : " 127.0.0.1")
         << "\nuser root\npersistence false\nlog_dest stderr\n"
         << "connection_messages false\nallow_anonymous "
         << (kind_ == Kind::password ? "false\n" : "true\n");
  if (kind_ == Kind::password) {
    config << "password_file " << directory_ << "/passwords\n";
  }
  if (kind_ == Kind::forgets) {
    config << "retain_available false\n";
  }
  if (kind_ == Kind::small) {
    config << "max_packet_size 4096\n";
  }
  if (kind_ == Kind::guarded) {
    std::ofstream(directory_ + "/acl")
        << "topic readwrite #\ntopic deny " << guarded_topics << "#\n";
    config << "acl_file " << directory_ << "/acl\n";
  }
  if (has_tls()) {
    config << "certfile " << certificate() << "\nkeyfile " << private_key() << "\n";
  }
  if (kind_ == Kind::tls_both) {
    config << "cafile " << certificate() << "\nrequire_certificate true\n";
  }
  config.close();
  int log[2];
  if (::pipe2(log, O_CLOEXEC) != 0) {
    fail("pipe2");
  }
  log_ = FileDescriptor(log[0]);
  FileDescriptor writer(log[1]);
  pid_ = spawn({"mosquitto", "-c", directory_ + "/mosquitto.conf"}, writer.get(), STDERR_FILENO);
  writer.reset();
  if (!says_running(log_.get())) {
    end(pid_, SIGKILL);
    return false;
  }
  if (kind_ != Kind::password && !has_tls()) {
    publish(ready_topic, "yes", kind_ != Kind::forgets);
  }
  return true;
}

void Mosquitto::publish(const std::string& topic, const std::string& payload, bool retained) const {
  std::vector<std::string> arguments{
      "mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port_), "-q", "1", "-t",
      topic,           "-m", payload};
  if (retained) {
    arguments.emplace_back("-r");
  }
  run(std::move(arguments));
}

void Mosquitto::publish_zeros(const std::string& topic, std::size_t count) const {
  const std::string file = directory_ + "/zeros";
  std::ofstream(file).close();
  std::filesystem::resize_file(file, count);
  run({"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port_), "-q", "1", "-t", topic,
       "-f", file, "-r"});
}

std::string Mosquitto::url() const {
  if (kind_ == Kind::tls_ipv6) {
    return "mqtts://[::1]:" + std::to_string(port_);
  }
  return (has_tls() ? "mqtts://localhost:" : "mqtt://localhost:") + std::to_string(port_);
}

MqttWatcher::MqttWatcher(Loop& loop, const Mosquitto& broker) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) {
    fail("pipe2");
  }
  output_ = FileDescriptor(output[0]);
  FileDescriptor writer(output[1]);
  // The last field may hold anything but a line feed.
  pid_ = spawn({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-q", "1",
                "-t", "#", "-F", "%r %q %t %p"},
               writer.get());
  writer.reset();
  source_ = loop.io(output_.get(), EPOLLIN, [this](std::uint32_t) { read_output(); });
  if (!wait_until(loop, [this] { return ready_; })) {
    end(pid_, SIGKILL);
    throw std::runtime_error("mosquitto_sub does not connect");
  }
}

MqttWatcher::~MqttWatcher() {
  end(pid_, SIGKILL);
}

void MqttWatcher::read_output() {
  std::array<char, 65536> part{};
  const ssize_t size = ::read(output_.get(), part.data(), part.size());
  if (size <= 0) {
    source_.reset();
    return;
  }
  rest_.append(part.data(), static_cast<std::size_t>(size));
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    const std::string line = rest_.substr(0, end);
    rest_.erase(0, end + 1);
    const auto space = line.find(' ', 4);
    Seen seen{line.substr(4, space - 4), line.substr(space + 1), line[0] == '1', line[2] - '0'};
    if (seen.topic == ready_topic) {
      ready_ = true;
    } else {
      seen_.push_back(std::move(seen));
    }
  }
}

std::size_t MqttWatcher::count(const std::string& topic) const {
  std::size_t count = 0;
  for (const Seen& seen : seen_) {
    count += seen.topic == topic ? 1U : 0U;
  }
  return count;
}

std::optional<MqttWatcher::Seen> MqttWatcher::latest(const std::string& topic) const {
  for (auto seen = seen_.rbegin(); seen != seen_.rend(); ++seen) {
    if (seen->topic == topic) {
      return *seen;
    }
  }
  return std::nullopt;
}

std::string MqttWatcher::payload(const std::string& topic) const {
  return latest(topic).value_or(Seen{}).payload;
}

std::string MqttWatcher::history(const std::string& topic) const {
  std::string payloads;
  for (const Seen& seen : seen_) {
    if (seen.topic == topic) {
      payloads += (payloads.empty() ? "" : ",") + seen.payload;
    }
  }
  return payloads;
}

void cut_connections_to(std::uint16_t port) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface asks for it
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
      ::shutdown(fd, SHUT_RDWR);
    }
  }
}

}  // namespace irmeterd
