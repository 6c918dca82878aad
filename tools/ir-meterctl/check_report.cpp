#include "tools/ir-meterctl/check.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/config/checks.hpp"

namespace irmeterctl {
namespace {

constexpr std::array<std::string_view, 3> results_in_text{"ok", "NOT OK", "not tried"};
constexpr std::array<std::string_view, 3> results_in_json{"ok", "failed", "not_tried"};

std::string text_of(const CheckLine& line, bool name_meter) {
  std::string text(results_in_text[static_cast<std::size_t>(line.result)]);
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

Facts facts_of(const CheckLine& line) {
  return {{"", "meter", line.meter.empty() ? Value(Unknown{}) : Value(line.meter)},
          {"", "layer", std::string(name(line.layer))},
          {"", "result", std::string(results_in_json[static_cast<std::size_t>(line.result)])},
          {"", "detail", line.detail},
          {"", "cure", line.cure}};
}

}  // namespace

void CheckReport::add(const std::vector<CheckLine>& lines) {
  for (const CheckLine& line : lines) {
    if (!output_.json()) {
      output_.line(text_of(line, name_meters_));
    }
    lines_.push_back(line);
  }
}

bool CheckReport::finish() {
  const auto failed = std::ranges::count(lines_, Result::failed, &CheckLine::result);
  const auto untried = std::ranges::count(lines_, Result::not_tried, &CheckLine::result);
  const bool all_well = failed == 0 && untried == 0;
  if (!output_.json()) {
    output_.line(all_well ? "All is well."
                          : std::to_string(failed) + " not ok, " + std::to_string(untried) +
                                " not tried.");
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
