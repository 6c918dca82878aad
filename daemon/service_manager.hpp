// What the service manager is told: readiness, reloads, and one line of status.
//
// Without a service manager ($NOTIFY_SOCKET) every call does nothing. Source: sd_notify(3).
#pragma once

#include <string>

namespace irmeterd {

class ServiceManager {
 public:
  void ready();
  void reloading();
  void stopping();
  // Told only when it differs from the last one.
  void status(const std::string& line);

 private:
  std::string status_;
};

}  // namespace irmeterd
