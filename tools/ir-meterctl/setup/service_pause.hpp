// The service, stopped while the meter is read from here.
#pragma once

namespace irmeterctl {

inline constexpr const char* service_unit = "ir-meterd.service";

// Started again at its end, unless somebody else sees to that.
class ServicePause {
 public:
  // allowed: the service is one of this system, and may be stopped.
  explicit ServicePause(bool allowed) : allowed_(allowed) {}
  ~ServicePause();
  ServicePause(const ServicePause&) = delete;
  ServicePause& operator=(const ServicePause&) = delete;

  void begin();
  // Leaves the service as it is.
  void end() { paused_ = false; }

 private:
  bool allowed_;
  bool paused_ = false;
};

}  // namespace irmeterctl
