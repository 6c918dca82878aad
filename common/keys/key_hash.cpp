#include "common/keys/key_hash.hpp"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace irmeterd {
namespace {

constexpr std::string_view method = "$6$";
constexpr std::size_t max_salt = 16;
constexpr std::size_t hash_size = 86;  // 512 bits, six to a character

// crypt(3) has no reason to fail with a method and a salt of its own.
[[noreturn]] void fail(const char* function) {
  throw std::system_error(errno, std::generic_category(), function);
}

bool is_coded(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '.' && c <= '9');
  });
}

}  // namespace

std::string new_salt() {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  // The method's own number of rounds, random bytes from the system.
  if (crypt_gensalt_rn(method.data(), 0, nullptr, 0, salt.data(), static_cast<int>(salt.size())) ==
      nullptr) {
    fail("crypt_gensalt_rn");
  }
  return salt.data();
}

std::string hash_of(const irmeter::Key& key, const std::string& salt) {
  std::array<char, irmeter::Key::size + 1> text{};
  const auto work = std::make_unique<crypt_data>();
  std::copy(key.bytes().begin(), key.bytes().end(), text.begin());
  const char* hash =
      crypt_rn(text.data(), salt.c_str(), work.get(), static_cast<int>(sizeof(crypt_data)));
  std::string result = hash == nullptr ? "" : hash;
  irmeter::wipe(text.data(), text.size());
  irmeter::wipe(work.get(), sizeof(crypt_data));
  if (result.empty()) {
    fail("crypt_rn");
  }
  return result;
}

bool is_key_hash(std::string_view text) {
  // No other method, and no number of rounds that would keep the daemon busy for minutes.
  const std::size_t end_of_salt = text.rfind('$');
  if (!text.starts_with(method) || end_of_salt <= method.size()) {
    return false;
  }
  const std::string_view salt = text.substr(method.size(), end_of_salt - method.size());
  const std::string_view hash = text.substr(end_of_salt + 1);
  return salt.size() <= max_salt && is_coded(salt) && hash.size() == hash_size && is_coded(hash);
}

std::string salt_of(std::string_view key_hash) {
  return std::string(key_hash.substr(0, key_hash.rfind('$')));
}

}  // namespace irmeterd
