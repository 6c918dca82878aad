#include "tools/ir-meter-sim/options.hpp"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>

namespace irmetersim {
namespace {

constexpr std::string_view program = "ir-meter-sim";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool fine, const std::string& problem) {
  if (!fine) {
    throw UsageError(problem);
  }
}

// As in "2.1, 3.10".
std::string firmware_list() {
  std::string list;
  for (const Profile& known : profiles()) {
    if (find_firmware(firmware_version(known))->name == known.name) {
      list += (list.empty() ? "" : ", ") + firmware_version(known);
    }
  }
  return list;
}

template <typename Number = std::uint64_t>
Number number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(
      error == std::errc() && end == text.data() + text.size() && value >= least && value <= most,
      "'" + std::string(text) + "' is not a whole number from " + std::to_string(least) + " to " +
          std::to_string(most));
  return static_cast<Number>(value);
}

std::chrono::local_seconds to_local_seconds(tm broken_down) {
  return std::chrono::local_seconds(std::chrono::seconds(::timegm(&broken_down)));
}

// As this machine shows it at the moment, and how far that is ahead of UTC.
std::pair<std::chrono::local_seconds, std::chrono::minutes> present_time() {
  const time_t now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  return {to_local_seconds(local),
          std::chrono::floor<std::chrono::minutes>(std::chrono::seconds(local.tm_gmtoff))};
}

std::chrono::local_seconds parse_time(const std::string& text) {
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"}) {
    tm parsed{};
    const char* end = ::strptime(text.c_str(), format, &parsed);
    if (end != nullptr && *end == '\0' && parsed.tm_year >= 70) {
      return to_local_seconds(parsed);
    }
  }
  throw UsageError("'" + text + "' is not a time like 2025-06-21T12:00");
}

// Every part between commas.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) {
    parts.push_back(part);
  }
  return parts;
}

// A number with a sign.
std::int64_t signed_number(const std::string& text, std::uint64_t most) {
  const bool negative = text.starts_with('-');
  const auto size = number<std::int64_t>(std::string_view(text).substr(negative ? 1 : 0), 0, most);
  return negative ? -size : size;
}

// As in "BT52" or "ET11".
std::uint16_t parse_table(const std::string& text) {
  require(text.starts_with("BT") || text.starts_with("ET"),
          "'" + text + "' is not a table like BT52 or ET11");
  constexpr std::uint16_t first_extended = 2'048;
  const auto number_of_it =
      number<std::uint16_t>(std::string_view(text).substr(2), 0, first_extended - 1);
  return static_cast<std::uint16_t>(number_of_it + (text.front() == 'E' ? first_extended : 0));
}

// The files DIR/BT23.bin and so on.
std::map<std::uint16_t, Bytes> read_dump(const std::string& folder) {
  std::map<std::uint16_t, Bytes> tables;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() == ".bin") {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      tables.emplace(parse_table(entry.path().stem().string()),
                     Bytes(content.begin(), content.end()));
    }
  }
  require(!tables.empty(), "'" + folder + "' has no files such as BT23.bin");
  return tables;
}

// As in "BT52" or "ET11:isc".
Fault parse_refusal(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, Response>, 8> codes{{{"err", Response::err},
                                                                        {"sns", Response::sns},
                                                                        {"isc", Response::isc},
                                                                        {"onp", Response::onp},
                                                                        {"iar", Response::iar},
                                                                        {"bsy", Response::bsy},
                                                                        {"dnr", Response::dnr},
                                                                        {"dlk", Response::dlk}}};
  const std::size_t colon = text.find(':');
  const std::string code = colon == std::string::npos ? "iar" : text.substr(colon + 1);
  const auto* const found =
      std::ranges::find(codes, code, &std::pair<std::string_view, Response>::first);
  require(found != codes.end(), "there is no response code '" + code + "'");
  Fault fault = *parse_fault("refused");
  fault.table = parse_table(text.substr(0, colon));
  fault.value = static_cast<std::int64_t>(found->second);
  return fault;
}

using Text = const std::string&;
constexpr std::array<KnownOption, 26> option_table{{
    {"link", "PATH", "make a pseudo-terminal and the symbolic link PATH to it",
     [](Options& o, Text t) {
       require(!t.empty(), "the path is empty");
       o.link = t;
     }},
    {"tcp", "PORT", "listen on 127.0.0.1, raw bytes, one client at a time; 0 = free port",
     [](Options& o, Text t) { o.port = number<std::uint16_t>(t, 0, 65'535); }},
    {"key", "KEY", "the 20 characters that Security wants (default 0123456789ABCDEF0123)",
     [](Options& o, Text t) {
       require(t.size() == key_size, "a key has " + std::to_string(key_size) +
                                         " characters, this has " + std::to_string(t.size()));
       o.meter.key = t;
     }},
    {"baud", "N", "pace of the line in bits per second (default 9600), 0 = no pacing",
     [](Options& o, Text t) { o.meter.link.baud = number<unsigned>(t, 0, 4'000'000); }},
    {"think", "MS", "pause between the ACK and the response (default 0)",
     [](Options& o, Text t) {
       o.meter.link.think_time = std::chrono::milliseconds(number(t, 0, 5'000));
     }},
    {"profile", "NAME", "kind of meter, see below (default plain)",
     [](Options& o, Text t) {
       const Profile* const found = find_profile(t);
       require(found != nullptr, "there is no '" + t + "', see --help");
       o.meter.profile = *found;
     }},
    {"firmware", "VERSION", "the profile of this firmware, see below",
     [](Options& o, Text t) {
       const Profile* const found = find_firmware(t);
       require(found != nullptr, "there is no '" + t + "', see --help");
       o.meter.profile = *found;
     }},
    {"tariffs", "N", "1 to 8; the day is divided evenly among them (default 1)",
     [](Options& o, Text t) { o.meter.household.tariffs = number<unsigned>(t, 1, max_tiers); }},
    {"status", "FLAGS", "flags of BT03 that are set, as in cover_removed,phase_loss",
     [](Options& o, Text t) {
       for (const std::string& name : split(t)) {
         const auto bit = find_status_flag(name);
         require(bit.has_value(), "there is no flag '" + name + "'");
         o.meter.status.set(*bit);
       }
     }},
    {"mbus", "N", "M-Bus devices behind it, up to 4: water, gas, heat, hot water (default 0)",
     [](Options& o, Text t) { o.meter.mbus_devices = number<unsigned>(t, 0, max_mbus_devices); }},
    {"refuse", "TABLE",
     "answer reads of it with a refusal, as in BT52, which is BT52:iar, or ET11:isc; may be given "
     "several times",
     [](Options& o, Text t) { o.faults.push_back(parse_refusal(t)); }},
    {"tables", "DIR", "serve the tables of a dump, as of ir-meterctl dump, and no others",
     [](Options& o, Text t) { o.meter.tables = read_dump(t); }},
    {"clock-offset", "S", "seconds that the meter's clock is ahead (default 0)",
     [](Options& o, Text t) {
       o.meter.clock.ahead = std::chrono::seconds(signed_number(t, 1'000'000'000));
     }},
    {"clock-drift", "PPM", "seconds that it gains in a million (default 0)",
     [](Options& o, Text t) {
       o.meter.clock.drift = static_cast<double>(signed_number(t, 100'000));
     }},
    {"ident", "FORM", "short or long identification (default short)",
     [](Options& o, Text t) {
       require(t == "short" || t == "long", "'" + t + "' is neither short nor long");
       o.meter.identification =
           t == "long" ? Identification::long_form : Identification::short_form;
     }},
    {"serial", "DIGITS", "manufacturer serial number in table 1, up to 16 digits",
     [](Options& o, Text t) {
       const bool digits = t.find_first_not_of("0123456789") == std::string::npos;
       require(digits && !t.empty() && t.size() <= 16, "'" + t + "' is not 1 to 16 digits");
       o.meter.nameplate.serial = t;
     }},
    {"register-unit", "WH",
     "Wh and varh that registers count as 1: 1, 10 or 100 (default 1); firmware 3.70 and later",
     [](Options& o, Text t) {
       require(t == "1" || t == "10" || t == "100", "'" + t + "' is neither 1, 10 nor 100");
       o.meter.nameplate.register_unit = number<std::uint8_t>(t, 1, 100);
     }},
    {"packets", "N", "most packets of 64 bytes that Negotiate grants (default 2)",
     [](Options& o, Text t) { o.meter.packet_count = number(t, 1, 255); }},
    {"no-negotiate", "", "answer Negotiate with sns",
     [](Options& o, Text) { o.meter.negotiates = false; }},
    {"start-time", "TIME", "the household's clock at the start, as 2025-06-21T12:00 (default now)",
     [](Options& o, Text t) { o.meter.household.start = parse_time(t); }},
    {"speed", "N", "seconds that pass in the household per second (default 1), 0 = none",
     [](Options& o, Text t) { o.meter.speed = number<unsigned>(t, 0, 86'400); }},
    {"seed", "N", "another household, another weather (default 1)",
     [](Options& o, Text t) { o.meter.household.seed = number(t, 0, UINT64_MAX); }},
    {"fault", "FAULT",
     "let something go wrong: NAME[:PARAMETER=VALUE,...], see below; may be given several times; "
     "SIGUSR1 ends all faults at once",
     [](Options& o, Text t) {
       const auto fault = parse_fault(t);
       if (!fault) {
         throw UsageError(fault.error().what + ", see --help");
       }
       o.faults.push_back(*fault);
     }},
    {"verbose", "",
     "print every packet, without the key, and every fault that strikes to standard error",
     [](Options& o, Text) { o.verbose = true; }},
    {"help", "", "print this help and exit", nullptr},
    {"version", "", "print the version and exit", nullptr},
}};

// In lines of 80 columns, behind a name in the first of them.
std::string help_lines(std::string name, std::string_view words) {
  constexpr std::size_t column = 20;
  std::string text;
  std::string line = std::move(name);
  line.resize(std::max(line.size(), column), ' ');
  std::istringstream in{std::string(words)};
  for (std::string word; in >> word; line += " " + word) {
    if (line.size() + 1 + word.size() > 80) {
      text += std::exchange(line, std::string(column, ' ')) + "\n";
    }
  }
  return text + line + "\n";
}

std::string help_text() {
  std::string text = R"(Usage: ir-meter-sim --link PATH | --tcp PORT [OPTION]...
A simulated NES electricity meter with a household behind it. When it is ready it
prints what to open, and runs until SIGINT or SIGTERM.

)";
  for (const KnownOption& option : option_table) {
    text += help_lines("  --" + std::string(option.name) + (option.value.empty() ? "" : " ") +
                           std::string(option.value),
                       option.summary);
  }
  text += "\nKinds of meter:\n";
  for (const Profile& known : profiles()) {
    text += help_lines("   " + std::string(known.name), known.description);
  }
  text += "Firmware: " + firmware_list() + "\n" + fault_help();
  return text +
         "\nExit status: 0 stopped by a signal, 1 cannot open the line, 64 bad command line.\n";
}

}  // namespace

std::span<const KnownOption> known_options() {
  return option_table;
}

std::variant<Options, Stop> parse_options(int argc, char** argv) {
  std::array<option, option_table.size() + 1> long_options{};
  std::ranges::transform(option_table, long_options.begin(), [](const KnownOption& known) {
    return option{known.name, known.value.empty() ? no_argument : required_argument, nullptr, 0};
  });
  Options options;
  std::tie(options.meter.household.start, options.meter.clock.zone) = present_time();
  std::string place;  // of what is wrong
  try {
    int index = 0;
    int code = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    while ((code = ::getopt_long(argc, argv, "", long_options.data(), &index)) == 0) {
      const KnownOption& known = option_table.at(static_cast<std::size_t>(index));
      if (known.apply == nullptr) {
        const bool help = std::string_view(known.name) == "help";
        return Stop{help ? help_text() : std::string(program) + " " IRMETER_VERSION "\n", 0};
      }
      place = "--" + std::string(known.name) + ": ";
      known.apply(options, optarg == nullptr ? "" : optarg);
    }
    place.clear();
    require(code != '?', "");  // getopt has said what is wrong
    if (optind != argc) {
      throw UsageError(std::string("unexpected argument '") + argv[optind] + "'");
    }
    require(options.link.empty() == options.port.has_value(), "give one of --link and --tcp");
  } catch (const UsageError& error) {
    std::string text = place + error.what();
    if (!text.empty()) {
      text = std::string(program) + ": " + text + "\n";
    }
    return Stop{text + "Try 'ir-meter-sim --help'.\n", exit_bad_usage};
  }
  return options;
}

}  // namespace irmetersim
