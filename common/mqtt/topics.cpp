#include "common/mqtt/topics.hpp"

#include <systemd/sd-id128.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <functional>

namespace irmeterd {
namespace {

// Names this use of the machine id; made with systemd-id128 new.
constexpr sd_id128_t application =
    SD_ID128_ARRAY(1b, cc, c7, 6a, 62, be, 4b, 3d, bd, 4b, 92, d8, 78, 8f, 52, 85);

constexpr bool fits_topic(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

std::string host_topic_name(std::string_view host_name) {
  std::string topic(host_name.empty() ? "localhost" : host_name);
  std::ranges::replace_if(topic, std::not_fn(fits_topic), '_');
  return topic;
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  (void)gethostname(name.data(), name.size());
  return name.data();
}

std::string machine_name() {
  std::string name = host_topic_name(host_name());
  sd_id128_t machine{};
  // A system without a machine id still has an id for this boot.
  if (sd_id128_get_machine_app_specific(application, &machine) < 0 &&
      sd_id128_get_boot_app_specific(application, &machine) < 0) {
    return name;
  }
  std::array<char, SD_ID128_STRING_MAX> digits{};
  sd_id128_to_string(machine, digits.data());
  return name + "-" + std::string(digits.data(), 6);
}

}  // namespace irmeterd
