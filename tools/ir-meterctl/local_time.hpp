// The time of the place where this runs, which $TZ or /etc/localtime names.
#pragma once

#include <chrono>
#include <ctime>
#include <string>

namespace irmeterctl {

using Moment = std::chrono::system_clock::time_point;

[[nodiscard]] std::tm local_time(Moment moment);
// By strftime's format; at most 63 bytes.
[[nodiscard]] std::string to_text(const std::tm& local, const char* format);
// With or without summer time, as it was then, whatever tm_isdst says. Days and hours that are too
// small or too large belong to other months and days.
[[nodiscard]] Moment moment_of(std::tm local);
// Its first second, as many days earlier.
[[nodiscard]] Moment begin_of_day(Moment moment, int days_earlier = 0);

}  // namespace irmeterctl
