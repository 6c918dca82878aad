// What a command has to say, as text for people and screen readers or as JSON for scripts: both
// come from the same facts.
//
// Text is a line "label: value" for each fact, and a blank line in front of each group. JSON is one
// document on one line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tools/ir-meterctl/local_time.hpp"

namespace irmeterctl {

// value / 10^decimals, shown with all of them (0 to 18) and its unit behind it: {12345, 3, "kWh"}
// is "12.345 kWh", in JSON 12.345.
struct Number {
  std::int64_t value = 0;
  int decimals = 0;
  std::string unit;

  friend bool operator==(const Number&, const Number&) = default;
};

struct Unknown {  // text "unknown", JSON null
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

struct Fact;
using Facts = std::vector<Fact>;

// Texts may hold anything: control characters become question marks on a terminal. A flag is "yes"
// or "no"; a list has commas between its texts. A moment is local time in text, RFC 3339 in UTC in
// JSON. A list of facts is for JSON, where it is an array of objects.
using Value = std::variant<std::string, std::vector<std::string>, Number, bool, Moment, Unknown,
                           std::vector<Facts>>;

struct Fact {
  std::string label;  // in text; empty: only JSON has this fact
  std::string key;    // in JSON; empty: only text has this fact
  Value value;
};

struct Document {
  Facts facts;
  std::string list_key{};  // in JSON, of the array that groups are in; empty: there is none
  std::vector<Facts> groups{};
};

[[nodiscard]] std::string to_text(const Value& value);
[[nodiscard]] std::string to_text(const Document& document);
// "12.345 kWh"
[[nodiscard]] std::string kwh(double watt_hours);
[[nodiscard]] std::string to_json(const Document& document);

// What is wrong and what to do about it, two clauses.
struct Advice {
  std::string what;
  std::string cure;
};

// The cure of what this user may not do, and the service may.
inline constexpr const char* run_as_root = "run this as root";

// In lines of at most so many columns, which end between words; those after the first begin with
// the indent. A word that is longer than a line has one to itself.
[[nodiscard]] std::string in_columns(const std::string& line, std::size_t columns,
                                     const std::string& indent);

inline constexpr std::size_t screen_width = 80;  // columns, of what is laid out for a screen

class Output {
 public:
  explicit Output(bool json);
  [[nodiscard]] bool json() const { return json_; }

  // Text is wrapped at a terminal; elsewhere each fact is one line.
  void write(const Document& document);
  // Likewise, one line.
  void sentence(const std::string& text);
  // As it stands, with a line end behind it; what a command formats itself.
  void line(const std::string& text);
  // As it stands.
  void bytes(const std::string& text) { write_all(text); }

  // False once standard output did not take everything; gone() if because nobody reads it.
  [[nodiscard]] bool good() const { return error_ == 0; }
  [[nodiscard]] bool gone() const;
  [[nodiscard]] int error() const { return error_; }

 private:
  void write_all(const std::string& text);

  bool json_;
  bool terminal_;
  int error_ = 0;  // errno of the first write that failed
};

// Asks on standard error, with " [y/N] " behind the question, and reads the answer from standard
// input; where that has ended it is no.
[[nodiscard]] bool confirmed(const std::string& question);

// "ir-meterctl: problem" on standard error.
void print_error(const std::string& problem);

}  // namespace irmeterctl
