// setup: a dialogue that proves each layer before it asks for the next, and writes nothing before
// all has been asked. What is tried, and what is said of it, is what check tries and says.
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "common/config/checks.hpp"
#include "tools/ir-meterctl/commands.hpp"
#include "tools/ir-meterctl/config_edit.hpp"
#include "tools/ir-meterctl/setup/steps.hpp"

namespace irmeterctl {
namespace {

std::optional<std::string> text_of_file(const std::string& path) {
  std::ifstream file(path);
  return file ? std::optional(std::string(std::istreambuf_iterator<char>(file), {})) : std::nullopt;
}

// The number of the meter that is meant.
std::size_t chosen_meter(const CommandLine& options, const irmeterd::Config& config) {
  if (options.meter.empty()) {
    return 0;
  }
  const auto found = std::ranges::find(config.meters, options.meter, &irmeterd::MeterConfig::name);
  if (found == config.meters.end()) {
    throw Ended{{"the configuration has no meter " + irmeterd::in_quotes(options.meter),
                 "leave --meter out, or write its table first"}};
  }
  return static_cast<std::size_t>(found - config.meters.begin());
}

SetupReport set_up(const CommandLine& options, const std::string& text,
                   const irmeterd::Config& config) {
  Findings findings{options,
                    text,
                    config,
                    config,
                    options.bus.value_or(config.bus),
                    chosen_meter(options, config),
                    false,
                    {},
                    {},
                    {}};
  Dialogue dialogue(!options.confirmed);
  ServicePause pause(options.root.empty());  // ends before the dialogue lets a signal end all
  ask_for_head(findings, dialogue, pause);
  ask_for_key(findings, dialogue);
  ask_for_broker(findings, dialogue);
  write_and_start(findings, dialogue, pause);
  return findings.report;
}

}  // namespace

int setup(const CommandLine& options, Output& output) {
  if (options.root.empty() && ::geteuid() != 0) {
    print_error("the service belongs to root: run 'sudo ir-meterctl setup'");
    return EX_NOPERM;
  }
  if (!options.confirmed && (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1)) {
    print_error("setup asks at a terminal; add --yes, and the options for what is not to be asked");
    return EX_USAGE;
  }
  const std::string text = text_of_file(options.config_path).value_or(shipped_config());
  irmeterd::LoadedConfig loaded = irmeterd::parse_config(text, options.config_path);
  for (const irmeterd::ConfigProblem& problem : loaded.problems) {
    print_error(problem.text());
  }
  if (!loaded.problems.empty()) {
    return EX_CONFIG;
  }
  try {
    const SetupReport report = set_up(options, text, loaded.config);
    output.write(document_of(report));
    return report.good() ? EX_OK : EXIT_FAILURE;
  } catch (const Ended& ended) {
    output.write(problem_document(ended.why));
    return EXIT_FAILURE;
  }
}

}  // namespace irmeterctl
