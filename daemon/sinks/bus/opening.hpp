// A connection to a bus in the making.
//
// Connecting waits for the bus to greet, and a bus that takes the connection and then hangs is
// waited for a minute and a half. That is left to a thread that does nothing else, so that meters
// are read and signals are heard meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/config/config.hpp"
#include "common/loop.hpp"
#include "common/mailbox.hpp"
#include "daemon/sinks/bus/compat.hpp"

namespace irmeterd::bus {

struct Opened {
  std::unique_ptr<sdbus::IConnection> connection;  // or none, and then
  std::string error;                               // why, as a clause for a person
};

class Opening {
 public:
  using Done = std::function<void(Opened)>;

  // done is called once, from the loop, and may destroy this. Destroying it earlier gives up; the
  // thread ends by itself. Throws std::system_error when there are no resources for one.
  Opening(Loop& loop, Bus kind, Done done);

 private:
  void take();

  std::shared_ptr<Mailbox<Opened>> mailbox_;  // shared with the thread
  Done done_;
  EventSource mail_;
};

}  // namespace irmeterd::bus
