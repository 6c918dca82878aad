#include "lib/meter/quantity.hpp"

#include <limits>

namespace irmeter {
namespace {

constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    if (static_cast<std::size_t>(quantities[i].id) != i) {
      return false;
    }
  }
  return true;
}
static_assert(table_is_in_order(), "info() looks quantities up by their place");

}  // namespace

double dbus_value(const Values& values, Quantity quantity) {
  const auto value = values.get(quantity);
  if (!value) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double divisor = 1;
  for (int i = 0; i < info(quantity).dbus_decimals; ++i) {
    divisor *= 10;
  }
  return static_cast<double>(*value) / divisor;
}

}  // namespace irmeter
