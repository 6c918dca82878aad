#include "daemon/sinks/bus/owner.hpp"

#include <exception>
#include <string>

#include "common/bus_names.hpp"
#include "daemon/sinks/bus/compat.hpp"

namespace irmeterd {

bool name_is_owned(Bus kind) noexcept {
  if (kind == Bus::none) {
    return false;
  }
  try {
    const auto connection = bus::open(kind);
    const auto proxy = sdbus::createProxy(*connection, bus::ServiceName{"org.freedesktop.DBus"},
                                          sdbus::ObjectPath{"/org/freedesktop/DBus"});
    bool owned = false;
    proxy->callMethod("NameHasOwner")
        .onInterface("org.freedesktop.DBus")
        .withArguments(std::string(service_name))
        .storeResultsTo(owned);
    return owned;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace irmeterd
