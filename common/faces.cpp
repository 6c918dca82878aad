#include "common/faces.hpp"

#include <limits>

namespace irmeterd {

double dbus_value(const irmeter::Values& values, irmeter::Quantity quantity) {
  const auto value = values.get(quantity);
  if (!value) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double divisor = 1;
  for (int i = 0; i < face(quantity).dbus_decimals; ++i) {
    divisor *= 10;
  }
  return static_cast<double>(*value) / divisor;
}

}  // namespace irmeterd
