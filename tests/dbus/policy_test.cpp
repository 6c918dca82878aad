// The policy file as the system bus applies it. Run as root: the service owns the name as root, and
// a child process asks as nobody.
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/dbus/service_fixture.hpp"

namespace irmeterd {
namespace {

constexpr const char* policy = IRMETER_DBUS_DIR "/org.irmeterd.IrMeter1.conf";
constexpr const char* log_path = "/org/freedesktop/LogControl1";
constexpr const char* log_interface = "org.freedesktop.LogControl1";
constexpr const char* access_denied = "org.freedesktop.DBus.Error.AccessDenied";

class PolicyAsRoot : public ServiceTest {
 protected:
  PolicyAsRoot() : ServiceTest(MessageBus::Type::system) { store.update(online_meter()); }

  // Calls a method as the user nobody and returns the error name, empty for success. The child
  // waits for the reply while this process turns the loop to serve it.
  std::string as_nobody(const std::string& path, const std::string& interface,
                        const std::string& member, const BusClient::Arguments& arguments = {}) {
    int result[2];
    EXPECT_EQ(::pipe(result), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      std::string error = "could not become nobody";
      if (::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
          ::setresuid(65534, 65534, 65534) == 0) {
        try {
          Loop own_loop;
          BusClient caller(own_loop, bus.address());
          error = caller.call(path, interface, member, arguments)->error;
        } catch (const std::exception& failure) {
          error = failure.what();
        }
      }
      (void)!::write(result[1], error.data(), error.size());
      ::_exit(0);
    }
    EXPECT_TRUE(wait_until(loop, [&] { return ::waitpid(child, nullptr, WNOHANG) != 0; }));
    ::close(result[1]);
    std::string error(200, '\0');
    const auto size = ::read(result[0], error.data(), error.size());
    ::close(result[0]);
    error.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return error;
  }
};

TEST_F(PolicyAsRoot, LetsEverybodyRead) {
  bus.install_policy(policy);
  start_all();
  EXPECT_EQ(as_nobody(main_path, properties_interface, "Get", {meter_interface, "Power"}), "");
  EXPECT_EQ(as_nobody(main_path, properties_interface, "GetAll", {meter_interface}), "");
  EXPECT_EQ(as_nobody(main_path, "org.freedesktop.DBus.Introspectable", "Introspect"), "");
  EXPECT_EQ(as_nobody(main_path, "org.freedesktop.DBus.Peer", "Ping"), "");
  EXPECT_EQ(as_nobody(root_path, object_manager, "GetManagedObjects"), "");
  // Without its arguments it fails, but not for the policy.
  EXPECT_EQ(as_nobody(main_path, meter_interface, "GetHistory"),
            "org.freedesktop.DBus.Error.InvalidArgs");
  // It takes a number, so that the daemon is who refuses.
  EXPECT_NE(as_nobody(main_path, meter_interface, "GetEvents"), access_denied);
  EXPECT_EQ(as_nobody(log_path, properties_interface, "Get", {log_interface, "LogLevel"}), "");
  EXPECT_EQ(as_nobody(log_path, properties_interface, "GetAll", {log_interface}), "");
}

TEST_F(PolicyAsRoot, LetsNobodyElseCallTheMethods) {
  bus.install_policy(policy);
  start_all();
  EXPECT_EQ(as_nobody(main_path, meter_interface, "ReadNow"), access_denied);
  EXPECT_EQ(as_nobody(main_path, meter_interface, "RetryKey"), access_denied);
  EXPECT_EQ(as_nobody(main_path, properties_interface, "Set", {meter_interface, "Power", "1"}),
            access_denied);
  EXPECT_EQ(as_nobody(log_path, properties_interface, "Set", {log_interface, "LogLevel", "debug"}),
            access_denied);
  EXPECT_TRUE(received.empty());
}

TEST_F(PolicyAsRoot, LetsRootCallTheMethods) {
  bus.install_policy(policy);
  start_all();
  EXPECT_EQ(client->call(main_path, meter_interface, "RetryKey")->error, "");
}

// A first installation starts the service before the bus has read the policy.
TEST_F(PolicyAsRoot, IsWaitedForWhenTheBusHasNotReadItYet) {
  bus.start();
  start_service();
  ASSERT_TRUE(wait_until(loop, [&] {
    return service->status().find("does not let this user own") != std::string::npos;
  })) << service->status();
  bus.install_policy(policy);
  bus.reload();
  EXPECT_TRUE(wait_until(loop, [&] { return service->ready(); })) << service->status();
}

}  // namespace
}  // namespace irmeterd
