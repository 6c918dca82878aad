#include "common/accounts.hpp"

#include <grp.h>
#include <pwd.h>

namespace irmeterd {

std::string user_name(uid_t id) {
  const passwd* user = getpwuid(id);
  return user != nullptr ? user->pw_name : std::to_string(id);
}

std::string group_name(gid_t id) {
  const group* found = getgrgid(id);
  return found != nullptr ? found->gr_name : std::to_string(id);
}

}  // namespace irmeterd
