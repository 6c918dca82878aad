#include "tools/ir-meterctl/device_access.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cstdio>

#include "common/accounts.hpp"

namespace irmeterctl {
namespace {

constexpr mode_t owner_opens = S_IRUSR | S_IWUSR;
constexpr mode_t group_opens = S_IRGRP | S_IWGRP;
constexpr mode_t others_open = S_IROTH | S_IWOTH;

bool has(mode_t mode, mode_t bits) {
  return (mode & bits) == bits;
}

}  // namespace

std::optional<Account> service_account() {
  const passwd* user = getpwnam(service_user);  // NOLINT(concurrency-mt-unsafe): one thread
  if (user == nullptr) {
    return std::nullopt;
  }
  Account account{user->pw_uid, std::vector<gid_t>(64)};
  int count = static_cast<int>(account.groups.size());
  if (getgrouplist(service_user, user->pw_gid, account.groups.data(), &count) < 0) {
    account.groups.resize(static_cast<std::size_t>(count));
    (void)getgrouplist(service_user, user->pw_gid, account.groups.data(), &count);
  }
  account.groups.resize(static_cast<std::size_t>(count));
  // SupplementaryGroups= of the unit
  if (const group* dialout = getgrnam("dialout")) {  // NOLINT(concurrency-mt-unsafe): one thread
    account.groups.push_back(dialout->gr_gid);
  }
  return account;
}

bool may_open(const Account& account, const struct stat& device) {
  if (account.user == 0) {
    return true;
  }
  if (account.user == device.st_uid) {
    return has(device.st_mode, owner_opens);
  }
  if (std::ranges::find(account.groups, device.st_gid) != account.groups.end()) {
    return has(device.st_mode, group_opens);
  }
  return has(device.st_mode, others_open);
}

std::string openers_by_mode(const struct stat& device) {
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", device.st_mode & 07777U);
  std::string text = "root";
  if (has(device.st_mode, others_open)) {
    text = "everybody";
  } else {
    if (device.st_uid != 0 && has(device.st_mode, owner_opens)) {
      text += " and the user " + irmeterd::user_name(device.st_uid);
    }
    if (has(device.st_mode, group_opens)) {
      text += " and the group " + irmeterd::group_name(device.st_gid);
    }
  }
  return text + ", mode " + mode;
}

}  // namespace irmeterctl
