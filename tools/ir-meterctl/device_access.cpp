#include "tools/ir-meterctl/device_access.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "common/accounts.hpp"

namespace irmeterctl {
namespace {

constexpr mode_t owner_opens = S_IRUSR | S_IWUSR;
constexpr mode_t group_opens = S_IRGRP | S_IWGRP;
constexpr mode_t others_open = S_IROTH | S_IWOTH;

std::string mode_text(const struct stat& file) {
  char mode[16];
  std::snprintf(mode, sizeof mode, "mode %04o", file.st_mode & 07777U);
  return mode;
}

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

bool may(const Account& account, const struct stat& file, mode_t rights) {
  if (account.user == 0) {
    return true;
  }
  const bool is_owner = account.user == file.st_uid;
  const bool is_member =
      !is_owner && std::ranges::find(account.groups, file.st_gid) != account.groups.end();
  return has(file.st_mode, rights << (is_owner ? 6U : is_member ? 3U : 0U));
}

bool may_open(const Account& account, const struct stat& device) {
  return may(account, device, others_open);
}

std::string openers_by_mode(const struct stat& device) {
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
  return text + ", " + mode_text(device);
}

std::optional<Advice> why_unreadable(const Account& account, const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  for (std::filesystem::path each = path; each.has_relative_path(); each = each.parent_path()) {
    const bool is_file = each == path;
    if (stat(each.c_str(), &status) == 0 && !may(account, status, is_file ? S_IROTH : S_IXOTH)) {
      return Advice{"the service may not read " + path + ": " + (is_file ? "it" : each.string()) +
                        " belongs to " + irmeterd::user_name(status.st_uid) + ":" +
                        irmeterd::group_name(status.st_gid) + " with " + mode_text(status),
                    is_file
                        ? "run 'chown " + std::string(service_user) + " " + path + "'"
                        : "put the file where the service may go, such as below /etc/ir-meterd"};
    }
  }
  for (const std::string_view hidden : {"/home/", "/root/", "/run/user/", "/tmp/"}) {
    if (path.starts_with(hidden)) {
      return Advice{"the service sees no file below " + std::string(hidden) + ", such as " + path,
                    "put it elsewhere, such as below /etc/ir-meterd"};
    }
  }
  return std::nullopt;
}

}  // namespace irmeterctl
