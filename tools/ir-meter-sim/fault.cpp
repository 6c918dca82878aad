#include "tools/ir-meter-sim/fault.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

namespace irmetersim {
namespace {

// As in "session-limit:limit=20,pause=5".
using Apply = bool (*)(Fault& fault, double value);
struct Parameter {
  std::string_view name;
  std::string_view description;
  Apply apply;  // false: not a value for it
  bool (*belongs_to)(const FaultInfo& info);
};

bool to_count(std::uint64_t& target, double value, double least) {
  constexpr double most = 1e15;
  if (value < least || value > most || std::floor(value) != value) {
    return false;
  }
  target = static_cast<std::uint64_t>(value);
  return true;
}

bool to_integer(std::int64_t& target, double value) {
  constexpr double most = 1e9;
  if (std::abs(value) > most || std::floor(value) != value) {
    return false;
  }
  target = static_cast<std::int64_t>(value);
  return true;
}

bool to_seconds(Duration& target, double value) {
  constexpr double most = 1e9;
  if (value < 0 || value > most) {
    return false;
  }
  target = std::chrono::round<Duration>(std::chrono::duration<double>(value));
  return true;
}

bool always(const FaultInfo&) {
  return true;
}
bool with_occasions(const FaultInfo& fault) {
  return !fault.occasion.empty();
}

bool by_chance(const FaultInfo& fault) {
  return with_occasions(fault) || fault.kind == FaultKind::random;
}

bool of_reads(const FaultInfo& fault) {
  return fault.occasion == "read in a session";
}

constexpr std::array<Parameter, 11> parameters{{
    {"after", "the first N occasions pass (default 0)",
     [](Fault& f, double v) { return to_count(f.after, v, 0); }, with_occasions},
    {"every", "each Nth one is struck then (default 1)",
     [](Fault& f, double v) { return to_count(f.every, v, 1); }, with_occasions},
    {"times", "until so many were struck (default: no end)",
     [](Fault& f, double v) { return to_count(f.times, v, 1); }, with_occasions},
    {"rate", "strikes in so many cases of a hundred (default 100; random: 1)",
     [](Fault& f, double v) {
       f.rate = v;
       return v > 0 && v <= 100;
     },
     by_chance},
    {"seed", "other random bytes, places and cases (default 1)",
     [](Fault& f, double v) { return to_count(f.seed, v, 0); }, by_chance},
    {"from", "seconds from the start until it begins (default 0)",
     [](Fault& f, double v) { return to_seconds(f.from, v); }, always},
    {"for", "seconds that it lasts in all (default: no end)",
     [](Fault& f, double v) { return to_seconds(f.lasting, v); }, always},
    {"pause", "seconds, where the description says so",
     [](Fault& f, double v) { return to_seconds(f.pause, v); },
     [](const FaultInfo& fault) { return fault.pause > 0; }},
    {"limit", "what the meter puts up with, where the description says so",
     [](Fault& f, double v) { return v >= 1 && to_integer(f.limit, v); },
     [](const FaultInfo& fault) { return fault.limit != 0; }},
    {"table", "only reads of this table: 3 is BT03, 2051 ET03",
     [](Fault& f, double v) {
       std::uint64_t id = 0;
       const bool fine = v <= UINT16_MAX && to_count(id, v, 0);
       f.table = static_cast<std::uint16_t>(id);
       return fine;
     },
     of_reads},
    {"value", "what is shown, or how much more",
     [](Fault& f, double v) { return to_integer(f.value, v); },
     [](const FaultInfo& fault) { return fault.value != 0; }},
}};

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// Why the parameter, as in "times=3", was not applied; empty if it was.
std::string apply_parameter(Fault& fault, std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto found = std::ranges::find(parameters, name, &Parameter::name);
  if (found == parameters.end()) {
    return "there is no parameter " + quoted(name);
  }
  if (!found->belongs_to(info(fault.kind))) {
    return "it has no parameter " + quoted(name);
  }
  const std::string_view value = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  if (const auto parsed = number(value); !parsed || !found->apply(fault, *parsed)) {
    return quoted(value) + " is not a value for " + quoted(name);
  }
  return {};
}

// As in " (limit=600, pause=300)".
std::string defaults(const FaultInfo& fault) {
  std::ostringstream text;
  text.precision(9);
  const char* separator = " (";
  const auto put = [&](const char* name, double value) {
    if (value != 0) {
      text << std::exchange(separator, ", ") << name << '=' << value;
    }
  };
  put("limit", static_cast<double>(fault.limit));
  put("pause", fault.pause);
  put("value", static_cast<double>(fault.value));
  return text.str() + (text.str().empty() ? "" : ")");
}

}  // namespace

irmeter::Result<Fault> parse_fault(std::string_view spec) {
  const auto colon = spec.find(':');
  const std::string_view name = spec.substr(0, colon);
  const auto known = std::ranges::find(fault_table(), name, &FaultInfo::name);
  if (known == fault_table().end()) {
    return irmeter::Error{"there is no fault " + quoted(name)};
  }
  Fault fault;
  fault.kind = known->kind;
  fault.rate = known->rate;
  to_seconds(fault.pause, known->pause);
  fault.limit = known->limit;
  fault.value = known->value;
  for (std::size_t begin = colon; begin != std::string_view::npos;) {
    const std::size_t end = spec.find(',', begin + 1);
    const std::string_view parameter = spec.substr(begin + 1, end - begin - 1);
    if (const std::string wrong = apply_parameter(fault, parameter); !wrong.empty()) {
      return irmeter::Error{quoted(spec) + ": " + wrong};
    }
    begin = end;
  }
  return fault;
}

std::string fault_help() {
  constexpr std::size_t width = 19;
  std::string text = "Faults: what is looked at, and what happens to it (defaults of parameters)\n";
  const auto put = [&text](std::string_view mark, std::string_view name) {
    text.append(mark).append(name).append(width - name.size(), ' ');
  };
  for (const FaultInfo& fault : fault_table()) {
    put(fault.random ? " * " : "   ", fault.name);
    if (!fault.occasion.empty()) {
      text.append(fault.occasion).append(": ");
    }
    text.append(fault.description).append(defaults(fault)).append("\n");
  }
  text += "Parameters of faults:\n";
  for (const Parameter& parameter : parameters) {
    put("   ", parameter.name);
    text.append(parameter.description).append("\n");
  }
  return text;
}

}  // namespace irmetersim
