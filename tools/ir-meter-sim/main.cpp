// ir-meter-sim: the simulated meter on a pseudo-terminal or a TCP port.
//
// One loop that waits for the client, the next byte on the line, the next timer of the meter or of
// a fault, or a signal.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <optional>
#include <system_error>
#include <variant>

#include "lib/trace/trace.hpp"
#include "tools/ir-meter-sim/descriptor.hpp"
#include "tools/ir-meter-sim/endpoint.hpp"
#include "tools/ir-meter-sim/endpoint_faults.hpp"
#include "tools/ir-meter-sim/options.hpp"
#include "tools/ir-meter-sim/paced_line.hpp"
#include "tools/ir-meter-sim/simulated_meter.hpp"

namespace irmetersim {
namespace {

Instant clock_now() {
  return Instant(std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

// Blocks the signals the program knows and returns a descriptor that becomes readable instead.
Descriptor open_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Descriptor fd(::signalfd(-1, &signals, SFD_CLOEXEC));
  if (!fd.is_open()) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
  return fd;
}

// The one that has come.
int next_signal(const Descriptor& signals) {
  signalfd_siginfo info{};
  return ::read(signals.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                  : 0;
}

// Until there is input or the deadline has come.
void wait(std::array<pollfd, 2>& descriptors, std::optional<Instant> deadline) {
  timespec left{};
  if (deadline) {
    const auto rest = std::max(*deadline - clock_now(), Duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
    left.tv_sec = static_cast<std::time_t>(seconds.count());
    left.tv_nsec = static_cast<long>(std::chrono::nanoseconds(rest - seconds).count());
  }
  if (::ppoll(descriptors.data(), descriptors.size(), deadline ? &left : nullptr, nullptr) < 0 &&
      errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
}

// Lines of the conversation, or a fault that has struck, for a person to follow: each behind the
// seconds since the start.
void print(const irmeter::Trace::Lines& lines, Instant start) {
  const std::chrono::duration<double> since_start = clock_now() - start;
  for (const std::string& line : lines) {
    std::fprintf(stderr, "%9.3f %s\n", since_start.count(), line.c_str());
  }
}

void run(Options options) {
  const Descriptor signals = open_signals();
  const auto place = options.port ? open_tcp(*options.port) : open_pty(options.link);
  // The default slack of 50 us is much when a byte takes a millisecond.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  const Instant start = clock_now();
  options.meter.start = start;
  SimulatedMeter meter(options.meter);
  PacedLine line(meter, options.meter.link.baud);
  EndpointFaults endpoint(*place, meter.faults());
  for (const Fault& fault : options.faults) {
    meter.faults().add(fault, start);
  }
  // The most that Negotiate may be told to grant. The key is not in the lines.
  irmeter::Trace trace(8'192);
  if (options.verbose) {
    meter.faults().set_observer(
        [start](FaultKind kind) { print({"fault: " + std::string(info(kind).name)}, start); });
  }
  endpoint.timeout(start);
  std::cout << place->address() << std::endl;

  for (;;) {
    endpoint.timeout(clock_now());
    line.timeout(clock_now());
    if (const Bytes bytes = line.transmit(); !bytes.empty()) {
      endpoint.write(bytes, clock_now());
      if (options.verbose) {
        print(trace.meter(bytes), start);
      }
    }
    std::array<pollfd, 2> descriptors{
        {{endpoint.descriptor(), POLLIN, 0}, {signals.get(), POLLIN, 0}}};
    wait(descriptors, irmeter::earlier(line.deadline(), endpoint.deadline(clock_now())));
    if (descriptors[1].revents != 0) {
      if (next_signal(signals) != SIGUSR1) {
        return;
      }
      meter.faults().end();
    } else if (descriptors[0].revents != 0) {
      const Bytes bytes = endpoint.read(clock_now());
      line.receive(bytes, clock_now());
      if (options.verbose) {
        print(trace.client(bytes), start);
      }
    }
  }
}

}  // namespace
}  // namespace irmetersim

int main(int argc, char** argv) {
  try {
    auto parsed = irmetersim::parse_options(argc, argv);
    if (const auto* stop = std::get_if<irmetersim::Stop>(&parsed)) {
      (stop->status == 0 ? std::cout : std::cerr) << stop->text;
      return stop->status;
    }
    irmetersim::run(std::get<irmetersim::Options>(std::move(parsed)));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "ir-meter-sim: " << error.what() << '\n';
    return 1;
  }
}
