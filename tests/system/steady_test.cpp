// The steady state: a meter that is read, a bus, a broker, and nothing that changes but the values.
// Then nothing is logged, and nothing is written but the cache.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "tests/support/bus_client.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

constexpr unsigned many = 24;  // polls

// Everything that is changed in a directory and in those below it.
class ChangesBelow {
 public:
  ChangesBelow(Loop& loop, const std::string& directory)
      : descriptor_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    watch(directory);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_directory()) {
        watch(entry.path());
      }
    }
    source_ = loop.io(descriptor_.get(), EPOLLIN, [this](std::uint32_t) { read(); });
  }

  // How often, by path.
  [[nodiscard]] const std::map<std::string, unsigned>& changes() const { return changes_; }

 private:
  void watch(const std::string& directory) {
    constexpr std::uint32_t writing = IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_TO |
                                      IN_MOVED_FROM | IN_CLOSE_WRITE;
    const int number = ::inotify_add_watch(descriptor_.get(), directory.c_str(), writing);
    ASSERT_GE(number, 0) << directory;
    directories_[number] = directory;
  }

  void read() {
    std::array<char, 65536> buffer{};
    const ssize_t size = ::read(descriptor_.get(), buffer.data(), buffer.size());
    for (std::size_t at = 0; size > 0 && at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = event.len > 0 ? buffer.data() + at + sizeof event : "";
      ++changes_[directories_[event.wd] + "/" + name];
      at += sizeof event + event.len;
    }
  }

  FileDescriptor descriptor_;
  std::map<int, std::string> directories_;
  std::map<std::string, unsigned> changes_;
  EventSource source_;
};

class SteadyState : public Installation {
 protected:
  // The daemon with all that it deals with, read once.
  void begin(const std::string& cache, const std::vector<std::string>& variables = {}) {
    bus_.start();
    simulator_.start();
    configure(meter_table(simulator_.device()) + mqtt_table(broker_.url()) +
              "[cache]\ndirectory = \"" + cache + "\"\n");
    start({}, variables);
    ASSERT_TRUE(shows("main online; on the system bus; MQTT connected"));
    ASSERT_TRUE(eventually([&] { return logged("info: main: online. ") == 1; }));
  }
  ::testing::AssertionResult reads_many() {
    const std::size_t before = simulator_.requests("read BT28");
    return eventually([&] { return simulator_.requests("read BT28") >= before + many; },
                      std::chrono::seconds(60));
  }

  // The daemon shows nobody but root what it does.
  [[nodiscard]] static bool may_look_into_it() { return ::geteuid() == 0; }

  // What the kernel has counted against the daemon: bytes that a disk will have to take.
  [[nodiscard]] unsigned long bytes_for_disks() const {
    std::ifstream file("/proc/" + std::to_string(daemon_->pid()) + "/io");
    for (std::string name, value; file >> name >> value;) {
      if (name == "write_bytes:") {
        return std::stoul(value);
      }
    }
    ADD_FAILURE() << "the kernel does not count what is written";
    return 0;
  }

  // Files that a process has open and may write to, without devices, sockets and memory.
  [[nodiscard]] static std::set<std::string> open_for_writing(pid_t pid) {
    const std::string process = "/proc/" + std::to_string(pid);
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
      std::error_code closed_meanwhile;
      const std::string target = std::filesystem::read_symlink(entry.path(), closed_meanwhile);
      const std::string number = entry.path().filename();
      std::ifstream info(process + "/fdinfo/" + number);
      int flags = 0;
      for (std::string name, value; info >> name >> value;) {
        if (name == "flags:") {
          flags = std::stoi(value, nullptr, 8);
        }
      }
      if ((flags & O_ACCMODE) != O_RDONLY && target.starts_with('/') &&
          !target.starts_with("/memfd:") && std::filesystem::is_regular_file(target)) {
        files.insert(target);
      }
    }
    return files;
  }

  Mosquitto broker_;
  // Whose values move all the time.
  Simulator simulator_{loop_,
                       Simulator::Place::pseudo_terminal,
                       {"--baud", "0", "--start-time", "2025-06-21T12:00"}};
};

TEST_F(SteadyState, IsSilentInTheLog) {
  begin(path("run"));
  const std::string said = daemon_->errors();
  ASSERT_TRUE(reads_many());
  EXPECT_EQ(daemon_->errors(), said);
  EXPECT_EQ(daemon_->output(), "");
}

TEST_F(SteadyState, WritesNothingButTheCache) {
  // The cache in memory, as /run is; everything else on a disk.
  const TempDir cache("/dev/shm");
  const TempDir disk("/var/tmp");
  const std::string state = disk.path("state");
  std::filesystem::create_directory(state);
  begin(cache.path(), {"STATE_DIRECTORY=" + state, "HOME=" + disk.path(), "TMPDIR=" + disk.path()});
  ASSERT_TRUE(std::filesystem::exists(state + "/keys"));
  // Once the meter's log has been looked at, too.
  ASSERT_TRUE(eventually([&] {
    std::ifstream file(state + "/meters.json");
    return std::string(std::istreambuf_iterator<char>(file), {}).find("log_told") !=
           std::string::npos;
  }));

  ChangesBelow cached(loop_, cache.path());
  ChangesBelow on_disk(loop_, disk.path());
  ChangesBelow installed(loop_, path("credentials"));
  const unsigned long written = may_look_into_it() ? bytes_for_disks() : 0;
  std::set<std::string> open;
  const auto observer = loop_.before_sleep([&] {
    if (may_look_into_it()) {
      open.merge(open_for_writing(daemon_->pid()));
    }
  });
  ASSERT_TRUE(reads_many());

  EXPECT_EQ(may_look_into_it() ? bytes_for_disks() : 0, written);
  EXPECT_EQ(on_disk.changes().size(), 0U) << on_disk.changes().begin()->first;
  EXPECT_EQ(installed.changes().size(), 0U) << installed.changes().begin()->first;
  EXPECT_GE(cached.changes().at(cache.path("main/reading.json")), many - 1);
  const auto inherited = open_for_writing(::getpid());
  for (const std::string& file : open) {
    EXPECT_TRUE(file.starts_with(cache.path()) || inherited.contains(file)) << file;
  }
}

class Memory : public Installation {
 protected:
  // A line of /proc/PID/status, in KiB.
  [[nodiscard]] unsigned long kibibytes(const std::string& line) const {
    std::ifstream file("/proc/" + std::to_string(daemon_->pid()) + "/status");
    for (std::string name; std::getline(file, name, ':');) {
      std::string value;
      std::getline(file, value);
      if (name == line) {
        return std::stoul(value);
      }
    }
    ADD_FAILURE() << "no " << line;
    return 0;
  }
};

// The limit of the standard configuration of the system bus; MemoryHigh= of the unit.
TEST_F(Memory, IsEnoughForTheLargestMessageOfTheBusAndGoesBack) {
  constexpr std::size_t largest_message = std::size_t{32} << 20;
  constexpr unsigned long memory_high = 128UL << 10;
  bus_.start();
  BusClient client(loop_, bus_.address());
  configure(meter_table("/dev/no-such-probe"));
  start();
  ASSERT_TRUE(shows("main no-device; on the system bus"));
  const unsigned long before = kibibytes("VmRSS");
  const std::string large(largest_message - 4096, 'x');
  for (unsigned i = 0; i < 2; ++i) {
    EXPECT_NE(
        client.call(root_path, properties_interface, "Get", {large, large.substr(0, 1)})->error,
        "");
  }
  EXPECT_GT(kibibytes("VmHWM"), largest_message >> 10);
#ifndef __SANITIZE_ADDRESS__  // which keeps what is given back
  EXPECT_LT(kibibytes("VmHWM"), memory_high);
  EXPECT_LT(kibibytes("VmRSS"), before + 8192);
#else
  EXPECT_GT(memory_high, before);
#endif
}

}  // namespace
}  // namespace irmeterd
