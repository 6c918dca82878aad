// Users and groups by their names. For the thread of the loop alone.
#pragma once

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>

#include <string>

namespace irmeterd {

// The number in place of a name where the system knows none.
[[nodiscard]] inline std::string user_name(uid_t id) {
  const passwd* found = getpwuid(id);
  return found != nullptr ? found->pw_name : std::to_string(id);
}
[[nodiscard]] inline std::string group_name(gid_t id) {
  const group* found = getgrgid(id);
  return found != nullptr ? found->gr_name : std::to_string(id);
}

}  // namespace irmeterd
