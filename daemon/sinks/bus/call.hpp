// A method call: what it brings, and its one answer, at once or later.
#pragma once

#include <systemd/sd-bus.h>

#include <string>
#include <utility>

#include "common/bus_names.hpp"
#include "daemon/sinks/bus/connection.hpp"
#include "daemon/sinks/bus/value.hpp"

namespace irmeterd::bus {

// One that ends without an answer is answered with the error Cancelled. The caller may have gone,
// and so may the bus; neither is of interest to who answers.
class Call {
 public:
  explicit Call(sd_bus_message* call) : call_(sd_bus_message_ref(call)) {}
  ~Call() {
    if (!answered()) {
      fail({cancelled_error, "The daemon stopped serving this meter before it was read."});
    }
  }
  Call(Call&&) = default;
  Call& operator=(Call&& other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }

  [[nodiscard]] bool answered() const { return call_ == nullptr; }

  template <typename... Values>
  void reply(const Values&... values) noexcept {
    sd_bus_error failed{};
    const Message call = std::move(call_);
    guarded(&failed, [&] {
      sd_bus_message* message = nullptr;
      check(sd_bus_message_new_method_return(call.get(), &message), "cannot answer");
      const Message reply(message);
      (put(message, values), ...);
      check(sd_bus_message_send(message), "cannot answer");
    });
    sd_bus_error_free(&failed);
  }
  void fail(const Error& error) noexcept {
    const Message call = std::move(call_);
    sd_bus_error failed{};
    sd_bus_error_set(&failed, error.name.c_str(), error.what());
    sd_bus_reply_method_error(call.get(), &failed);
    sd_bus_error_free(&failed);
  }

 private:
  Message call_;  // none once it is answered
};

// The next argument of a call, of one of the basic types but a text. Throws std::system_error.
template <typename Value>
Value take(sd_bus_message* call) {
  Value value{};
  check(sd_bus_message_read_basic(call, *signature<Value>, &value), "cannot read an argument");
  return value;
}

}  // namespace irmeterd::bus
