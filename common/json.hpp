// A JSON writer for values that must not pass through floating point.
//
// kWh leave with exactly three decimals, printed from the meter's integer. The caller nests begin
// and end correctly and gives every value in an object a key; the writer sees to the commas.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace irmeterd {

// Appends value / 10^decimals with exactly that many decimals (0 to 18): -0.005 for -5 and 3.
void append_fixed(std::string& text, std::int64_t value, int decimals);

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  // name: one of ours, with nothing in it that needs escaping.
  JsonWriter& key(std::string_view name);

  // Quoted and escaped. What is not UTF-8 becomes U+FFFD, one for each such byte.
  JsonWriter& text(std::string_view value);
  JsonWriter& integer(std::int64_t value) { return fixed(value, 0); }
  // As append_fixed().
  JsonWriter& fixed(std::int64_t value, int decimals);
  // "2026-11-22T10:15:30.125Z": RFC 3339 in UTC, always with milliseconds.
  JsonWriter& time(std::chrono::system_clock::time_point value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }

  // The document; the writer is empty again afterwards.
  [[nodiscard]] std::string take();

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& raw(std::string_view value);

  std::string out_;
  bool comma_due_ = false;  // a value stands before the place where the next one goes
};

}  // namespace irmeterd
