#include "daemon/sinks/mqtt/meter_list.hpp"

#include "common/json.hpp"

namespace irmeterd {
namespace {

// irmeter::meter_id() makes ids of these.
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_";

bool take(std::string_view& text, char c) {
  const bool there = !text.empty() && text.front() == c;
  text.remove_prefix(there ? 1 : 0);
  return there;
}

}  // namespace

std::string meter_list(const std::set<std::string>& ids) {
  if (ids.empty()) {
    return {};
  }
  JsonWriter json;
  json.begin_array();
  std::size_t listed = 0;
  for (const std::string& id : ids) {
    if (id.size() <= max_listed_id && listed < max_listed_meters) {
      json.text(id);
      ++listed;
    }
  }
  return json.end_array().take();
}

std::set<std::string> parse_meter_list(std::string_view text) {
  std::set<std::string> ids;
  for (char before = '['; take(text, before) && take(text, '"'); before = ',') {
    const std::size_t size = text.find_first_not_of(alphabet);
    if (size == 0 || size > max_listed_id || ids.size() == max_listed_meters) {
      return {};
    }
    ids.emplace(text.substr(0, size));
    text.remove_prefix(size);
    if (!take(text, '"')) {
      return {};
    }
    if (text == "]") {
      return ids;
    }
  }
  return {};
}

}  // namespace irmeterd
