// A value, or the reason why there is none.
//
// Expected failures (a short table, a refused service) are values in this library; nothing in lib/
// throws them. std::expected would do, but C++20 does not have it.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace irmeter {

// Why something could not be decoded or was refused, as one clause for a person.
struct Error {
  std::string what;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that functions can return either.
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The value; only after ok().
  [[nodiscard]] const T& value() const& { return std::get<0>(content_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(content_)); }
  const T& operator*() const& { return value(); }
  const T* operator->() const { return &std::get<0>(content_); }

  // The reason; only after !ok().
  [[nodiscard]] const Error& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, Error> content_;
};

}  // namespace irmeter
