// What a check has found out about one layer.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace irmeterctl {

// From the outside to the inside; each needs those before it.
enum class Layer {
  configuration,
  device,
  permission,
  line,
  echo,
  identification,
  tables,  // those that need no key: BT00, BT01, ET03
  key,
  bt21,
  bt23,
  bt28,
  broker,
  discovery,
  availability,
};
inline constexpr std::array<std::string_view, 14> layer_names{
    "configuration", "device", "permission", "line", "echo",   "identification", "tables",
    "key",           "BT21",   "BT23",       "BT28", "broker", "discovery",      "availability"};
[[nodiscard]] constexpr std::string_view name(Layer layer) {
  return layer_names[static_cast<std::size_t>(layer)];
}

enum class Result { ok, failed, not_tried };

struct CheckLine {
  Layer layer;
  std::string meter;  // its name in the configuration; empty where it is of no meter
  Result result;
  std::string detail;
  std::string cure;  // may also stand where all is well but could be better
};

}  // namespace irmeterctl
