// The test as a user without privileges, for as long as this exists; as it is, where it has none.
#pragma once

#include <grp.h>
#include <unistd.h>

#include <stdexcept>

namespace irmeterd {

class OrdinaryUser {
 public:
  OrdinaryUser() {
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setegid(nobody) != 0 || ::seteuid(nobody) != 0)) {
      throw std::runtime_error("cannot become another user");
    }
  }
  ~OrdinaryUser() {
    if (::getuid() == 0 && (::seteuid(0) != 0 || ::setegid(0) != 0)) {
      ::_exit(1);
    }
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  static constexpr unsigned nobody = 65534;
};

}  // namespace irmeterd
