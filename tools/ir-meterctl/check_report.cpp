#include "tools/ir-meterctl/check.hpp"

#include <algorithm>
#include <string_view>

#include "common/config/checks.hpp"

namespace irmeterctl {
std::string text_of(const CheckLine& line, bool name_meter) {
  std::string text(words(line.result).text);
  text += "  " + std::string(name(line.layer));
  if (name_meter && !line.meter.empty()) {
    text += " of " + line.meter;
  }
  if (!line.detail.empty()) {
    text += ": " + line.detail;
  }
  if (!line.cure.empty()) {
    text += (text.ends_with('.') ? " Cure: " : ". Cure: ") + line.cure;
  }
  return irmeterd::on_one_line(text);
}

namespace {

Facts facts_of(const CheckLine& line) {
  return {{"", "meter", line.meter.empty() ? Value(Unknown{}) : Value(line.meter)},
          {"", "layer", std::string(name(line.layer))},
          {"", "result", std::string(words(line.result).json)},
          {"", "detail", line.detail},
          {"", "cure", line.cure}};
}

}  // namespace

void CheckReport::add(const std::vector<CheckLine>& lines) {
  for (const CheckLine& line : lines) {
    if (!output_.json()) {
      output_.sentence(text_of(line, name_meters_));
    }
    lines_.push_back(line);
  }
}

bool CheckReport::finish() {
  const auto count = [this](CheckResult result) {
    return std::ranges::count(lines_, result, &CheckLine::result);
  };
  const bool all_well = count(CheckResult::failed) == 0;
  if (!output_.json()) {
    const std::string notes = count(CheckResult::note) == 0
                                  ? ""
                                  : ", " + std::to_string(count(CheckResult::note)) + " noted";
    const std::string untried = std::to_string(count(CheckResult::not_tried)) + " not tried";
    output_.line((!all_well ? std::to_string(count(CheckResult::failed)) + " not ok, " + untried
                  : count(CheckResult::not_tried) > 0
                      ? "Nothing is wrong as far as it was tried, " + untried
                      : "All is well") +
                 notes + ".");
    return all_well;
  }
  Document document{{{"", "ok", all_well}}, "checks"};
  for (const CheckLine& line : lines_) {
    document.groups.push_back(facts_of(line));
  }
  output_.write(document);
  return all_well;
}

}  // namespace irmeterctl
