// What a program that holds secrets sees to before anything else.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace irmeterd {

// Opens /dev/null in place of each standard stream that is closed: a socket or a file that got its
// number would be written to by whoever means standard error.
inline void fill_standard_streams() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) {
    close(fd);
  }
}

// No core dump, and no look into the memory by others of the same user.
inline void keep_memory_private() {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace irmeterd
