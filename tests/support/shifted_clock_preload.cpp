// Loaded in front of a program's libraries: the clock on the wall is ahead by the seconds that
// stand in the file $SHIFTED_CLOCK. Clocks that count from the start of the machine stay true.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

std::int64_t* map_file() {
  const char* const path = std::getenv("SHIFTED_CLOCK");
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    std::abort();
  }
  void* const mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped == MAP_FAILED) {
    std::abort();
  }
  return static_cast<std::int64_t*>(mapped);
}

std::int64_t seconds_ahead() {
  static std::int64_t* const file = map_file();
  return std::atomic_ref(*file).load();
}

// On a machine of 32 bits there are two, for either size of time_t.
#ifdef SYS_clock_gettime64
constexpr long system_call = sizeof(time_t) > sizeof(long) ? SYS_clock_gettime64
                                                           : SYS_clock_gettime;
#else
constexpr long system_call = SYS_clock_gettime;
#endif

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(system_call, clock, time));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += static_cast<time_t>(seconds_ahead());
  }
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1'000};
  return result;
}

time_t time(time_t* time) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (time != nullptr) {
    *time = now.tv_sec;
  }
  return now.tv_sec;
}

// The kernel waits by its own clock.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  timespec true_until = *until;
  true_until.tv_sec -= static_cast<time_t>(seconds_ahead());
  return ::pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, &true_until);
}

}  // extern "C"
