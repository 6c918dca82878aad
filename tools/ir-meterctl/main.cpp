// ir-meterctl: options, and the command they name.

#include <sys/resource.h>
#include <sysexits.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>

#include "tools/ir-meterctl/command_line.hpp"
#include "tools/ir-meterctl/output.hpp"

int main(int argc, char** argv) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);  // a core dump would hold the key
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
