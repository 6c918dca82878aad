#include "tests/support/shifted_clock.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "common/file_descriptor.hpp"

namespace irmeterd {

ShiftedClock::ShiftedClock()
    : file_(directory_.write("seconds-ahead", std::string(sizeof *seconds_ahead_, '\0'))) {
  const FileDescriptor file(::open(file_.c_str(), O_RDWR | O_CLOEXEC));
  void* const mapped =
      ::mmap(nullptr, sizeof *seconds_ahead_, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) {
    throw std::system_error(errno, std::system_category(), file_);
  }
  seconds_ahead_ = static_cast<std::int64_t*>(mapped);
}

ShiftedClock::~ShiftedClock() {
  ::munmap(seconds_ahead_, sizeof *seconds_ahead_);
}

std::vector<std::string> ShiftedClock::variables() const {
  // The address sanitizer wants to be the first library in the program.
  const char* const options = std::getenv("ASAN_OPTIONS");
  return {"LD_PRELOAD=" SHIFTED_CLOCK_PRELOAD, "SHIFTED_CLOCK=" + file_,
          "ASAN_OPTIONS=" + (options == nullptr ? std::string() : options + std::string(":")) +
              "verify_asan_link_order=0"};
}

void ShiftedClock::set_ahead(std::chrono::seconds by) {
  std::atomic_ref<std::int64_t>(*seconds_ahead_).store(by.count());
}

std::chrono::system_clock::time_point ShiftedClock::now() const {
  return std::chrono::system_clock::now() +
         std::chrono::seconds(std::atomic_ref(*seconds_ahead_).load());
}

}  // namespace irmeterd
