// ir-meterd: options, signals, configuration, and the loop.

#include <malloc.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "common/config/settings.hpp"
#include "common/log.hpp"
#include "common/loop.hpp"
#include "common/process.hpp"
#include "daemon/daemon.hpp"
#include "daemon/service/command_line.hpp"
#include "daemon/service/message_ids.hpp"
#include "daemon/sinks/bus/owner.hpp"

namespace irmeterd {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

// Libraries start threads of their own; what is blocked before that is blocked in them too, and
// arrives in the loop.
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&set, number);
  }
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
}

// The C library keeps freed memory for speed, which is not needed here. Large blocks are given
// back: any user of the message bus may send 32 MiB, and what Home Assistant is told of a meter is
// long and seldom told. Blocks that each poll of a meter needs are smaller than that limit, as
// giving one back takes two system calls. All threads share one heap, as only the loop's does much.
void keep_little_memory() {
  constexpr int large = 80 * 1024;  // bytes
  constexpr int page = 4096;
  (void)mallopt(M_MMAP_THRESHOLD, large);
  (void)mallopt(M_TOP_PAD, page);
  (void)mallopt(M_ARENA_MAX, 1);
}

int check_config(const Daemon::Paths& paths) {
  const Settings settings = load_settings(paths.config, paths.credentials_directory);
  for (const ConfigProblem& problem : settings.problems) {
    std::fprintf(stderr, "%s\n", problem.text().c_str());
  }
  for (const ConfigProblem& warning : settings.warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.text().c_str());
  }
  if (!settings.problems.empty()) {
    return EX_CONFIG;
  }
  std::puts("The configuration is right.");
  return EX_OK;
}

int run(const CommandLine& options) {
  Daemon::Paths paths;
  paths.config = options.config_path;
  paths.credentials_directory = environment("CREDENTIALS_DIRECTORY", "");
  paths.runtime_directory = environment("RUNTIME_DIRECTORY", "/run/ir-meterd");
  paths.state_directory = environment("STATE_DIRECTORY", "/var/lib/ir-meterd");
  paths.notify_socket = environment("NOTIFY_SOCKET", "");
  if (options.check_config) {
    return check_config(paths);
  }

  Log log(options.log_level);
  Settings settings = load_settings(paths.config, paths.credentials_directory);
  for (const ConfigProblem& warning : settings.warnings) {
    log.warning(warning.text());
  }
  if (!settings.problems.empty()) {
    for (const ConfigProblem& problem : settings.problems) {
      log.error(problem.text(), {message_id(Event::configuration_refused)});
    }
    return EX_CONFIG;
  }

  if (isatty(STDERR_FILENO) == 1 && paths.notify_socket.empty() &&
      name_is_owned(settings.config.bus)) {
    std::fputs(
        "ir-meterd: it runs already, and two would take each other's bytes.\n"
        "See what it reads with 'ir-meterctl status', or stop it with\n"
        "'sudo systemctl stop ir-meterd'.\n",
        stderr);
    return EX_USAGE;
  }

  Loop loop;
  Daemon daemon(loop, log, std::move(paths), std::move(settings));
  const auto terminate = loop.signal(SIGTERM, [&] { daemon.shut_down(); });
  const auto interrupt = loop.signal(SIGINT, [&] { daemon.shut_down(); });
  const auto hang_up = loop.signal(SIGHUP, [&] { daemon.reload(); });
  daemon.start();
  return loop.run();
}

}  // namespace
}  // namespace irmeterd

int main(int argc, char** argv) {
  irmeterd::fill_standard_streams();
  irmeterd::keep_memory_private();
  irmeterd::keep_little_memory();
  irmeterd::block_signals();
  const irmeterd::CommandLine options = irmeterd::parse_command_line(argc, argv);
  if (options.exit_status) {
    return *options.exit_status;
  }
  try {
    return irmeterd::run(options);
  } catch (const std::exception& error) {
    irmeterd::Log(irmeterd::LogLevel::error).error(error.what());
    return EXIT_FAILURE;
  }
}
