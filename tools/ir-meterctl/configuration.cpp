#include "tools/ir-meterctl/configuration.hpp"

#include <utility>

#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

std::optional<irmeterd::Config> load_configuration(const CommandLine& options) {
  irmeterd::LoadedConfig loaded = irmeterd::load_config(options.config_path);
  for (const irmeterd::ConfigProblem& problem : loaded.problems) {
    print_error(problem.text());
  }
  return loaded.problems.empty() ? std::optional(std::move(loaded.config)) : std::nullopt;
}

irmeterd::Bus chosen_bus(const CommandLine& options) {
  if (options.bus) {
    return *options.bus;
  }
  const auto config = load_configuration(options);
  return config ? config->bus : irmeterd::Bus::system;
}

}  // namespace irmeterctl
