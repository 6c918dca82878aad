// Values as D-Bus has them: the signature of a type, and how one is put into a message.
//
// A vector is an array, a tuple a structure, a pair an entry of a dictionary.
#pragma once

#include <systemd/sd-bus.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/made_text.hpp"
#include "daemon/sinks/bus/connection.hpp"

namespace irmeterd::bus {

namespace value_detail {

// The character behind the last one is a NUL.
using Text = MadeText<32>;

template <typename Value>
struct Of;
template <char type>
struct Basic {
  static constexpr void add_to(Text& text) { text.add(type); }
};
template <>
struct Of<bool> : Basic<'b'> {};
template <>
struct Of<std::uint8_t> : Basic<'y'> {};
template <>
struct Of<std::uint16_t> : Basic<'q'> {};
template <>
struct Of<std::uint32_t> : Basic<'u'> {};
template <>
struct Of<std::uint64_t> : Basic<'t'> {};
template <>
struct Of<double> : Basic<'d'> {};
template <>
struct Of<std::string> : Basic<'s'> {};
template <>
struct Of<std::string_view> : Basic<'s'> {};
template <typename Element>
struct Of<std::vector<Element>> {
  static constexpr void add_to(Text& text) {
    text.add('a');
    Of<Element>::add_to(text);
  }
};
template <typename... Members>
struct Of<std::tuple<Members...>> {
  static constexpr void add_to(Text& text) {
    text.add('(');
    (Of<Members>::add_to(text), ...);
    text.add(')');
  }
};
template <typename Key, typename Mapped>
struct Of<std::pair<Key, Mapped>> {
  static constexpr void add_to(Text& text) {
    text.add('{');
    Of<Key>::add_to(text);
    Of<Mapped>::add_to(text);
    text.add('}');
  }
};

template <typename... Values>
inline constexpr Text text = [] {
  Text made;
  (Of<Values>::add_to(made), ...);
  return made;
}();

}  // namespace value_detail

// Of the values one after the other: "sd".
template <typename... Values>
inline constexpr const char* signature = value_detail::text<Values...>.characters.data();

// Puts a value behind what is in the message. Throws std::system_error.
template <typename Value>
requires std::is_arithmetic_v<Value>
void put(sd_bus_message* message, Value value) {
  // sd-bus takes a bool as an int.
  const std::conditional_t<std::is_same_v<Value, bool>, int, Value> stored = value;
  check(sd_bus_message_append_basic(message, *signature<Value>, &stored), "cannot put a number");
}

// Up to the first NUL, as the bus ends a connection that sends one.
inline void put(sd_bus_message* message, std::string_view value) {
  value = value.substr(0, value.find('\0'));
  char* space = nullptr;
  check(sd_bus_message_append_string_space(message, value.size(), &space), "cannot put a text");
  std::ranges::copy(value, space);
}

// In microseconds since 1970-01-01 00:00:00 UTC; 0 before.
[[nodiscard]] inline std::uint64_t usec_of(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  return since.count() < 0 ? 0 : static_cast<std::uint64_t>(since.count());
}

// Each may contain each other.
template <typename... Members>
void put(sd_bus_message* message, const std::tuple<Members...>& value);
template <typename Element>
void put(sd_bus_message* message, const std::vector<Element>& value);
template <typename Key, typename Mapped>
void put(sd_bus_message* message, const std::pair<Key, Mapped>& value);

// What body() puts is in a container of this type: 'a', 'r', 'e' or 'v'.
template <typename Body>
void contain(sd_bus_message* message, char type, const char* contents, const Body& body) {
  check(sd_bus_message_open_container(message, type, contents), "cannot open a container");
  body();
  check(sd_bus_message_close_container(message), "cannot close a container");
}

template <typename... Members>
void put(sd_bus_message* message, const std::tuple<Members...>& value) {
  contain(message, 'r', signature<Members...>, [&] {
    std::apply([&](const Members&... members) { (put(message, members), ...); }, value);
  });
}

template <typename Element>
void put(sd_bus_message* message, const std::vector<Element>& value) {
  contain(message, 'a', signature<Element>, [&] {
    for (const Element& element : value) {
      put(message, element);
    }
  });
}

template <typename Key, typename Mapped>
void put(sd_bus_message* message, const std::pair<Key, Mapped>& value) {
  contain(message, 'e', signature<Key, Mapped>, [&] {
    put(message, value.first);
    put(message, value.second);
  });
}

}  // namespace irmeterd::bus
