#include "daemon/sinks/bus/meters.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>
#include <vector>

#include "common/bus_names.hpp"
#include "daemon/sinks/bus/meter_properties.hpp"

namespace irmeterd {
namespace {

// A method as sd-bus calls it.
template <auto method>
int call(sd_bus_message* message, void* meter, sd_bus_error* error) noexcept {
  return bus::guarded(error, [&] { (static_cast<BusMeter*>(meter)->*method)(message); });
}

// Who may call them is for the policy of the bus to decide.
constexpr auto unprivileged = SD_BUS_VTABLE_UNPRIVILEGED;

constexpr std::array before_properties{
    sd_bus_vtable SD_BUS_VTABLE_START(0),
    sd_bus_vtable SD_BUS_METHOD("ReadNow", "", "", call<&BusMeter::read_now>, unprivileged),
    sd_bus_vtable SD_BUS_METHOD("RetryKey", "", "", call<&BusMeter::retry_key>, unprivileged),
    sd_bus_vtable SD_BUS_METHOD_WITH_NAMES(
        "ReadTable", "quu", SD_BUS_PARAM(table) SD_BUS_PARAM(offset) SD_BUS_PARAM(count), "ay",
        SD_BUS_PARAM(bytes), call<&BusMeter::read_table>, unprivileged),
    sd_bus_vtable SD_BUS_METHOD_WITH_NAMES("GetHistory", "tt", SD_BUS_PARAM(from) SD_BUS_PARAM(to),
                                           "a(ta{sd}s)", SD_BUS_PARAM(intervals),
                                           call<&BusMeter::get_history>, unprivileged),
    sd_bus_vtable SD_BUS_METHOD("RetryTables", "", "", call<&BusMeter::retry_tables>, unprivileged),
    sd_bus_vtable SD_BUS_METHOD_WITH_NAMES("GetEvents", "u", SD_BUS_PARAM(count), "a(tqs)",
                                           SD_BUS_PARAM(events), call<&BusMeter::get_events>,
                                           unprivileged),
    sd_bus_vtable SD_BUS_SIGNAL_WITH_NAMES(
        "EventLogged", "tqs", SD_BUS_PARAM(time) SD_BUS_PARAM(id) SD_BUS_PARAM(text), 0),
};

sd_bus_vtable table_row(const MeterProperty& property) {
  sd_bus_vtable row SD_BUS_PROPERTY(property.name, property.type, property.get, 0,
                                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE);
  switch (property.update) {
    case MeterProperty::Update::constant:
      row.flags = SD_BUS_VTABLE_PROPERTY_CONST;
      break;
    case MeterProperty::Update::changes:
      break;
    case MeterProperty::Update::invalidates:
      row.flags = SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION;
      break;
  }
  return row;
}

// The whole interface, for as long as the process lives.
const sd_bus_vtable* meter_table() {
  static const std::vector<sd_bus_vtable> table = [] {
    std::vector<sd_bus_vtable> all(before_properties.begin(), before_properties.end());
    std::ranges::transform(meter_properties, std::back_inserter(all), table_row);
    all.push_back(sd_bus_vtable SD_BUS_VTABLE_END);
    return all;
  }();
  return table.data();
}

std::string folder() {
  return meter_path("");
}

}  // namespace

BusMeters::BusMeters(sd_bus* bus, CommandQueue& commands) : bus_(bus), commands_(commands) {
  std::string path = folder();
  path.pop_back();  // the slash
  sd_bus_slot* slot = nullptr;
  bus::check(sd_bus_add_fallback_vtable(bus, &slot, path.c_str(), meter_interface, meter_table(),
                                        find_object, this),
             "cannot show meters");
  table_.reset(slot);
  bus::check(sd_bus_add_node_enumerator(bus, &slot, path.c_str(), list_objects, this),
             "cannot list meters");
  list_.reset(slot);
}

void BusMeters::add(const MeterSnapshot& meter) {
  meters_.try_emplace(meter.name, bus_, commands_, meter);
}

void BusMeters::announce(const MeterSnapshot& meter) {
  std::array interfaces{const_cast<char*>(meter_interface), static_cast<char*>(nullptr)};
  bus::check(
      sd_bus_emit_interfaces_added_strv(bus_, meter_path(meter.name).c_str(), interfaces.data()),
      "cannot send a signal");
}

void BusMeters::remove(const MeterSnapshot& meter) {
  std::array interfaces{const_cast<char*>(meter_interface), static_cast<char*>(nullptr)};
  const int sent =
      sd_bus_emit_interfaces_removed_strv(bus_, meter_path(meter.name).c_str(), interfaces.data());
  meters_.erase(meter.name);
  bus::check(sent, "cannot send a signal");
}

BusMeter* BusMeters::find(const std::string& name) {
  const auto place = meters_.find(name);
  return place == meters_.end() ? nullptr : &place->second;
}

int BusMeters::find_object(sd_bus*, const char* path, const char*, void* meters, void** found,
                           sd_bus_error* error) noexcept {
  BusMeter* meter = nullptr;
  const int result = bus::guarded(error, [&] {
    const std::string_view whole(path);
    const std::string prefix = folder();
    if (whole.starts_with(prefix)) {
      meter = static_cast<BusMeters*>(meters)->find(std::string(whole.substr(prefix.size())));
    }
  });
  *found = meter;
  return result > 0 && meter == nullptr ? 0 : result;
}

// NOLINTBEGIN(cppcoreguidelines-owning-memory): the library frees the list and what is in it
int BusMeters::list_objects(sd_bus*, const char*, void* meters, char*** paths,
                            sd_bus_error*) noexcept {
  const auto& all = static_cast<BusMeters*>(meters)->meters_;
  auto** const list = static_cast<char**>(std::calloc(all.size() + 1, sizeof(char*)));
  if (list == nullptr) {
    return -ENOMEM;
  }
  char** next = list;
  for (const auto& [name, meter] : all) {
    *next = strdup(meter.path().c_str());
    if (*next++ == nullptr) {
      std::for_each(list, next, [](char* path) { std::free(path); });
      std::free(static_cast<void*>(list));
      return -ENOMEM;
    }
  }
  *paths = list;
  return 0;
}
// NOLINTEND(cppcoreguidelines-owning-memory)

}  // namespace irmeterd
