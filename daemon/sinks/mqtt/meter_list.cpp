#include "daemon/sinks/mqtt/meter_list.hpp"

#include <nlohmann/json.hpp>

#include "common/json.hpp"

namespace irmeterd {

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
  // irmeter::meter_id() makes ids of these.
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_";
  const auto list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) {
    return {};
  }
  std::set<std::string> ids;
  for (const auto& item : list) {
    const auto* id = item.get_ptr<const std::string*>();
    if (id == nullptr || id->empty() || id->find_first_not_of(alphabet) != std::string::npos) {
      return {};
    }
    ids.insert(*id);
  }
  return meter_list(ids) == text ? ids : std::set<std::string>();
}

}  // namespace irmeterd
