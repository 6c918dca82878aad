#include "daemon/sinks/bus/owner.hpp"

#include <exception>

#include "common/bus_names.hpp"
#include "daemon/sinks/bus/connection.hpp"

namespace irmeterd {

bool name_is_owned(Bus kind) noexcept {
  if (kind == Bus::none) {
    return false;
  }
  try {
    return bus::Connection(kind).is_owned(service_name);
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace irmeterd
