// The one place that knows sdbus-c++ 1.x from 2.x, and how a bus connection lives on our loop.
//
// The two majors differ in the types of names and in the poll interface; what is generated from the
// XML looks the same to its user. SDBUS_MAJOR comes from the build. Names are passed on as
// InterfaceName{...} and so on, which are plain strings before 2.0.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "common/config/config.hpp"
#include "common/loop.hpp"

namespace irmeterd::bus {

#if SDBUS_MAJOR >= 2
using PropertyName = sdbus::PropertyName;
using InterfaceName = sdbus::InterfaceName;
using ServiceName = sdbus::ServiceName;
#else
using PropertyName = std::string;
using InterfaceName = std::string;
using ServiceName = std::string;
#endif

// An error that a method fails with; name is the whole D-Bus error name.
[[nodiscard]] sdbus::Error make_error(const std::string& name, const std::string& text);

// Connects to the system or the session bus, at the address in $DBUS_SYSTEM_BUS_ADDRESS or
// $DBUS_SESSION_BUS_ADDRESS where there is one. Waits for the bus to greet.
// Throws std::exception with a clause for a person.
[[nodiscard]] std::unique_ptr<sdbus::IConnection> open(Bus kind);

// Makes the connection the owner of the name, or throws std::exception with a clause for a person.
void own_name(sdbus::IConnection& connection, const std::string& name);

// Runs the body of a method handler: whatever it throws becomes an error reply. sdbus-c++ 1.x
// leaves exceptions that are not its own to std::terminate().
template <typename Body>
void guarded(const Body& body) {
  try {
    body();
  } catch (const sdbus::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw make_error("org.freedesktop.DBus.Error.Failed", error.what());
  }
}

// Drives a connection from the loop until one of them ends.
//
// The connection is served when its descriptor or its timer says so. What they are to wait for is
// asked before each sleep, for any handler may have sent something, and a synchronous call may have
// left something behind. The 2.x attachSdEventLoop() is of no use: when the bus dies it throws
// through C code.
class Attachment {
 public:
  // Called at most once, from the loop, when the connection is dead, with the reason as a clause.
  // It may destroy the attachment and the connection.
  using Lost = std::function<void(const std::string& reason)>;

  // Throws when the connection is dead already. The connection must outlive the attachment.
  Attachment(Loop& loop, sdbus::IConnection& connection, Lost lost);
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

 private:
  void serve();
  void await();
  void end(const std::exception& error);

  Loop& loop_;
  sdbus::IConnection& connection_;
  Lost lost_;
  EventSource socket_;
  EventSource timer_;
  EventSource turn_;
};

}  // namespace irmeterd::bus
