// Reads a D-Bus message piece by piece; the first failure ends the reading, so that one look at
// good() at the end is enough.
#pragma once

#include <systemd/sd-bus.h>

#include <string>

namespace irmeterctl {

class MessageReader {
 public:
  explicit MessageReader(sd_bus_message* message) : message_(message) {}
  [[nodiscard]] bool good() const { return error_ >= 0; }

  // A value of one of the basic types, as the C library has it.
  template <typename Value>
  Value basic(char type) {
    Value value{};
    keep(sd_bus_message_read_basic(message_, type, &value));
    return value;
  }
  // s or o
  std::string text(char type = 's') {
    const auto* const text = basic<const char*>(type);
    return text != nullptr ? text : "";
  }

  // Calls each() for every element, which has to read it.
  template <typename Each>
  void array(const std::string& contents, const Each& each) {
    keep(sd_bus_message_enter_container(message_, 'a', contents.c_str()));
    while (good() && sd_bus_message_at_end(message_, 0) == 0) {
      each();
    }
    leave();
  }

  // An array of entries with a key of this type: calls each(key), which has to read the value.
  template <typename Each>
  void dictionary(char key, const std::string& value, const Each& each) {
    const std::string entry = key + value;
    array("{" + entry + "}", [&] {
      keep(sd_bus_message_enter_container(message_, 'e', entry.c_str()));
      each(text(key));
      leave();
    });
  }

  template <typename Body>
  void structure(const char* contents, const Body& body) {
    keep(good() ? sd_bus_message_enter_container(message_, 'r', contents) : error_);
    body();
    leave();
  }

  // A variant: calls body() to read it if it holds this type, and skips any other.
  template <typename Body>
  void variant(const char* type, const Body& body) {
    if (good() && sd_bus_message_verify_type(message_, 'v', type) > 0) {
      keep(sd_bus_message_enter_container(message_, 'v', type));
      body();
      leave();
    } else {
      skip("v");
    }
  }

  void skip(const char* type) { keep(good() ? sd_bus_message_skip(message_, type) : error_); }

 private:
  void keep(int result) { error_ = error_ < 0 ? error_ : result; }
  void leave() { keep(good() ? sd_bus_message_exit_container(message_) : error_); }

  sd_bus_message* message_;
  int error_ = 0;  // negative errno of the first failure
};

}  // namespace irmeterctl
