// Who may open a device, by its owner, group and mode: the person at the terminal and the service
// are different accounts, and it is the service that has to.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tools/ir-meterctl/output.hpp"

namespace irmeterctl {

struct Account {
  uid_t user = 0;
  std::vector<gid_t> groups;
};

inline constexpr const char* service_user = "ir-meterd";

// The account of the service with the groups its unit gives it; nothing where it is not installed.
[[nodiscard]] std::optional<Account> service_account();

// Whether the account has the rights that these bits of others, such as S_IROTH, give, going by
// owner, group and mode.
[[nodiscard]] bool may(const Account& account, const struct stat& file, mode_t rights);
// For reading and writing.
[[nodiscard]] bool may_open(const Account& account, const struct stat& device);

// "root and the group dialout, mode 0660"
[[nodiscard]] std::string openers_by_mode(const struct stat& device);

// Why an account cannot read a file that is there, and the cure; nothing where it can. Of the
// folders above it too, and of those that the unit hides from the service.
[[nodiscard]] std::optional<Advice> why_unreadable(const Account& account, const std::string& path);

}  // namespace irmeterctl
