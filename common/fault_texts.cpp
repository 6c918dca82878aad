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
  return failure.context.empty() ? cause : cause + " (" + failure.context + ")";
}

std::string sentence_of(const irmeter::Failure& failure) {
  return joined(cause_of(failure), text(failure.fault).cure);
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
  return keys.empty() ? keys : "Not believed and held back: " + keys + ".";
}

}  // namespace irmeterd
