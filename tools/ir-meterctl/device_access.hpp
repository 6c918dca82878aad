// Who may open a device, by its owner, group and mode: the person at the terminal and the service
// are different accounts, and it is the service that has to.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace irmeterctl {

struct Account {
  uid_t user = 0;
  std::vector<gid_t> groups;
};

inline constexpr const char* service_user = "ir-meterd";

// The account of the service with the groups its unit gives it; nothing where it is not installed.
[[nodiscard]] std::optional<Account> service_account();

// For reading and writing, going by the mode alone.
[[nodiscard]] bool may_open(const Account& account, const struct stat& device);

// "root and the group dialout, mode 0660"
[[nodiscard]] std::string openers_by_mode(const struct stat& device);

}  // namespace irmeterctl
