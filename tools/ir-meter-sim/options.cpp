#include "tools/ir-meter-sim/options.hpp"

#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace irmetersim {
namespace {

constexpr std::string_view program = "ir-meter-sim";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum Option : int {
  link_path = 1,
  tcp_port,
  key,
  baud,
  think,
  profile,
  ident,
  serial,
  packets,
  no_negotiate,
  start_time,
  speed,
  seed,
  fault,
  verbose,
  help,
  version,
};

constexpr option long_options[] = {
    {"link", required_argument, nullptr, link_path},
    {"tcp", required_argument, nullptr, tcp_port},
    {"key", required_argument, nullptr, key},
    {"baud", required_argument, nullptr, baud},
    {"think", required_argument, nullptr, think},
    {"profile", required_argument, nullptr, profile},
    {"ident", required_argument, nullptr, ident},
    {"serial", required_argument, nullptr, serial},
    {"packets", required_argument, nullptr, packets},
    {"no-negotiate", no_argument, nullptr, no_negotiate},
    {"start-time", required_argument, nullptr, start_time},
    {"speed", required_argument, nullptr, speed},
    {"seed", required_argument, nullptr, seed},
    {"fault", required_argument, nullptr, fault},
    {"verbose", no_argument, nullptr, verbose},
    {"help", no_argument, nullptr, help},
    {"version", no_argument, nullptr, version},
    {nullptr, 0, nullptr, 0},
};

std::string help_text() {
  std::ostringstream text;
  text << "Usage: ir-meter-sim --link PATH | --tcp PORT [OPTION]...\n"
          "A simulated NES electricity meter with a household behind it. When it is ready it\n"
          "prints what to open, and runs until SIGINT or SIGTERM.\n"
          "\n"
          "  --link PATH        make a pseudo-terminal and the symbolic link PATH to it\n"
          "  --tcp PORT         listen on 127.0.0.1, raw bytes, one client at a time; 0 = free "
          "port\n"
          "  --key KEY          the 20 characters that Security wants (default "
       << demo_key
       << ")\n"
          "  --baud N           pace of the line in bits per second (default 9600), 0 = no pacing\n"
          "  --think MS         pause between the ACK and the response (default 0)\n"
          "  --profile NAME     kind of meter (default plain):\n";
  for (const Profile& known : profiles()) {
    text << "      " << known.name << std::string(17 - known.name.size(), ' ') << known.description
         << '\n';
  }
  text << "  --ident FORM       short or long identification (default short)\n"
          "  --serial DIGITS    manufacturer serial number in table 1, up to 16 digits\n"
          "  --packets N        most packets of 64 bytes that Negotiate grants (default 2)\n"
          "  --no-negotiate     answer Negotiate with sns\n"
          "  --start-time TIME  the household's clock at the start, as 2025-06-21T12:00 (default "
          "now)\n"
          "  --speed N          seconds that pass in the household per second (default 1), 0 = "
          "none\n"
          "  --seed N           another household, another weather (default 1)\n"
          "  --fault FAULT      let something go wrong: NAME[:PARAMETER=VALUE,...], see below; may "
          "be\n"
          "                     given several times; SIGUSR1 ends all faults at once\n"
          "  --verbose          print every packet, without the key, and every fault that strikes "
          "to\n"
          "                     standard error\n"
          "  --help, --version\n"
          "\n"
       << fault_help()
       << "\n"
          "Exit status: 0 stopped by a signal, 1 cannot open the line, 64 bad command line.\n";
  return text.str();
}

std::uint64_t number(std::string_view name, std::string_view text, std::uint64_t least,
                     std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    throw UsageError("--" + std::string(name) + ": '" + std::string(text) +
                     "' is not a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  }
  return value;
}

std::chrono::local_seconds to_local_seconds(tm broken_down) {
  return std::chrono::local_seconds(std::chrono::seconds(::timegm(&broken_down)));
}

std::chrono::local_seconds present_time() {
  const time_t now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  return to_local_seconds(local);
}

std::chrono::local_seconds parse_time(const std::string& text) {
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"}) {
    tm parsed{};
    const char* end = ::strptime(text.c_str(), format, &parsed);
    if (end != nullptr && *end == '\0' && parsed.tm_year >= 70) {
      return to_local_seconds(parsed);
    }
  }
  throw UsageError("--start-time: '" + text + "' is not a time like 2025-06-21T12:00");
}

void apply(Options& options, int option_code, const std::string& value) {
  MeterSettings& meter = options.meter;
  switch (option_code) {
    case link_path:
      if (value.empty()) {
        throw UsageError("--link: the path is empty");
      }
      options.link = value;
      break;
    case tcp_port:
      options.port = static_cast<std::uint16_t>(number("tcp", value, 0, 65'535));
      break;
    case key:
      if (value.size() != key_size) {
        throw UsageError("--key: a key has " + std::to_string(key_size) + " characters, this has " +
                         std::to_string(value.size()));
      }
      meter.key = value;
      break;
    case baud:
      meter.link.baud = static_cast<unsigned>(number("baud", value, 0, 4'000'000));
      break;
    case think:
      meter.link.think_time = std::chrono::milliseconds(number("think", value, 0, 5'000));
      break;
    case profile:
      if (const Profile* found = find_profile(value)) {
        meter.profile = *found;
        break;
      }
      throw UsageError("--profile: there is no '" + value + "', see --help");
    case ident:
      if (value != "short" && value != "long") {
        throw UsageError("--ident: '" + value + "' is neither short nor long");
      }
      meter.identification =
          value == "long" ? Identification::long_form : Identification::short_form;
      break;
    case serial:
      if (value.empty() || value.size() > 16 ||
          !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
        throw UsageError("--serial: '" + value + "' is not 1 to 16 digits");
      }
      meter.nameplate.serial = value;
      break;
    case packets:
      meter.packet_count = static_cast<std::size_t>(number("packets", value, 1, 255));
      break;
    case no_negotiate:
      meter.negotiates = false;
      break;
    case start_time:
      meter.household.start = parse_time(value);
      break;
    case speed:
      meter.speed = static_cast<unsigned>(number("speed", value, 0, 86'400));
      break;
    case seed:
      meter.household.seed = number("seed", value, 0, UINT64_MAX);
      break;
    case fault: {
      auto parsed = parse_fault(value);
      if (!parsed) {
        throw UsageError("--fault: " + parsed.error().what + ", see --help");
      }
      options.faults.push_back(*parsed);
      break;
    }
    case verbose:
      options.verbose = true;
      break;
    default:
      throw UsageError("bad option");
  }
}

}  // namespace

std::variant<Options, Stop> parse_options(int argc, char** argv) {
  Options options;
  options.meter.household.start = present_time();
  try {
    int code = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    while ((code = ::getopt_long(argc, argv, "", long_options, nullptr)) != -1) {
      if (code == help) {
        return Stop{help_text(), 0};
      }
      if (code == version) {
        return Stop{std::string(program) + " " + IRMETER_VERSION + "\n", 0};
      }
      if (code == '?') {
        throw UsageError("");  // getopt has said what is wrong
      }
      apply(options, code, optarg == nullptr ? std::string() : std::string(optarg));
    }
    if (optind != argc) {
      throw UsageError(std::string("unexpected argument '") + argv[optind] + "'");
    }
    if (options.link.empty() == !options.port) {
      throw UsageError("give one of --link and --tcp");
    }
  } catch (const UsageError& error) {
    std::string text = error.what();
    if (!text.empty()) {
      text = std::string(program) + ": " + text + "\n";
    }
    return Stop{text + "Try 'ir-meter-sim --help'.\n", exit_bad_usage};
  }
  return options;
}

}  // namespace irmetersim
