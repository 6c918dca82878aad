#include "common/fault_texts.hpp"

#include "common/faces.hpp"

namespace irmeterd {
namespace {

std::string joined(const std::string& cause, std::string_view cure) {
  return cause + ": " + std::string(cure) + ".";
}

}  // namespace

std::string cause_of(const irmeter::Failure& failure) {
  const std::string cause(text(failure.fault).cause);
  // The cure names where it belongs.
  return failure.context.empty() || failure.fault == irmeter::Fault::no_key
             ? cause
             : cause + " (" + failure.context + ")";
}

std::string cure_of(const irmeter::Failure& failure) {
  std::string cure(text(failure.fault).cure);
  if (failure.fault != irmeter::Fault::no_key) {
    return cure;
  }
  if (failure.context.starts_with('/')) {
    return "write the 20-character read-only key (RK) of the optical port into " + failure.context +
           ", and run 'sudo systemctl reload ir-meterd'";
  }
  const bool is_shipped = failure.context.empty() || failure.context == "meter-key";
  return is_shipped ? cure
                    : cure + "; then load it (" + failure.context +
                          ") with the drop-in that this command shows";
}

std::string sentence_of(const irmeter::Failure& failure) {
  return joined(cause_of(failure), cure_of(failure));
}

std::string sentence_of_reading(bool echo, const irmeter::Reading& reading,
                                const irmeter::QuantitySet& withheld) {
  std::string all(meaning(irmeter::State::online));
  if (echo) {
    all += " " + joined(std::string(echo_remark.cause), echo_remark.cure);
  }
  if (reading.places_assumed) {
    all += " " + joined(std::string(places_remark.cause), places_remark.cure);
  }
  return withheld.any() ? all + " " + withheld_text(withheld) : all;
}

std::string withheld_text(const irmeter::QuantitySet& withheld) {
  std::string keys;
  for (const std::string_view key : keys_of(withheld)) {
    keys += (keys.empty() ? "" : ", ") + std::string(key);
  }
  return keys.empty() ? keys : "Held back, as they cannot be true: " + keys + ".";
}

}  // namespace irmeterd
