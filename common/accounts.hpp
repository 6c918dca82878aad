// Users and groups by their names. For the thread of the loop alone.
#pragma once

#include <sys/types.h>

#include <string>

namespace irmeterd {

// The number in place of a name where the system knows none.
[[nodiscard]] std::string user_name(uid_t id);
[[nodiscard]] std::string group_name(gid_t id);

}  // namespace irmeterd
