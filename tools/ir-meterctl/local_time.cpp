#include "tools/ir-meterctl/local_time.hpp"

#include <array>

namespace irmeterctl {

std::tm local_time(Moment moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local;
}

std::string to_text(const std::tm& local, const char* format) {
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &local)};
}

Moment moment_of(std::tm local) {
  local.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&local));
}

Moment begin_of_day(Moment moment, int days_earlier) {
  std::tm local = local_time(moment);
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  local.tm_mday -= days_earlier;
  return moment_of(local);
}

}  // namespace irmeterctl
