// ir-meterctl: options, and the command they name.

#include <sysexits.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>

#include "common/process.hpp"
#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/output.hpp"

int main(int argc, char** argv) {
  irmeterd::fill_standard_streams();
  irmeterd::keep_memory_private();
  (void)std::signal(SIGPIPE, SIG_IGN);
  const irmeterctl::CommandLine options = irmeterctl::parse_command_line(argc, argv);
  if (options.exit_status) {
    return *options.exit_status;
  }
  try {
    irmeterctl::Output output(options.json);
    const int status = options.command->run(options, output);
    if (output.good() || output.gone()) {
      return status;
    }
    irmeterctl::print_error("standard output: " + std::generic_category().message(output.error()));
    return EX_IOERR;
  } catch (const std::exception& error) {
    irmeterctl::print_error(error.what());
    return EXIT_FAILURE;
  }
}
