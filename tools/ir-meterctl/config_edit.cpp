#include "tools/ir-meterctl/config_edit.hpp"

#include <algorithm>
#include <sstream>

namespace irmeterctl {
namespace {

using Lines = std::vector<std::string>;

// The line without the # of one that is commented out. Comments in words have a blank behind it.
std::string_view uncommented(std::string_view line) {
  return line.starts_with('#') && !line.starts_with("# ") ? line.substr(1) : line;
}

// The name of the table that begins with this line; empty where none does.
std::string_view table_of(std::string_view line) {
  line = uncommented(line);
  if (!line.starts_with('[')) {
    return {};
  }
  const std::size_t begin = std::min(line.find_first_not_of('['), line.size());
  return line.substr(begin, std::min(line.find(']', begin), line.size()) - begin);
}

bool sets(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) {
    return false;
  }
  const std::size_t behind = line.find_first_not_of(" \t", key.size());
  return behind != std::string_view::npos && line[behind] == '=';
}

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    result += c == '"' || c == '\\' ? "\\" : "";
    result += c;
  }
  return result + "\"";
}

// The line with the head of the table, made one where it was a comment or not there.
std::size_t find_table(Lines& lines, std::string_view name, std::size_t number) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with('[') && table_of(lines[i]) == name && number-- == 0) {
      return i;
    }
  }
  const auto comment = std::ranges::find_if(
      lines, [&](const std::string& line) { return table_of(line) == name && line[0] == '#'; });
  if (comment != lines.end()) {
    comment->erase(0, 1);
    return static_cast<std::size_t>(comment - lines.begin());
  }
  lines.insert(lines.end(), {"", "[" + std::string(name) + "]"});
  return lines.size() - 1;
}

void apply(Lines& lines, const Setting& setting, std::size_t number) {
  const auto head =
      lines.begin() + static_cast<std::ptrdiff_t>(find_table(lines, setting.table, number));
  const auto end =
      std::find_if(head + 1, lines.end(), [](const auto& line) { return !table_of(line).empty(); });
  auto place =
      std::find_if(head + 1, end, [&](const auto& line) { return sets(line, setting.key); });
  if (!setting.text) {
    if (place != end) {
      place->insert(0, 1, '#');
    }
    return;
  }
  if (place == end) {
    place = std::find_if(head + 1, end,
                         [&](const auto& line) { return sets(uncommented(line), setting.key); });
  }
  if (place == end) {
    place = lines.insert(head + 1, "");
  }
  *place = std::string(setting.key) + " = " + toml_string(*setting.text);
}

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream input(text);
  for (std::string line; std::getline(input, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string text_of(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string with_settings(const std::string& text, const std::vector<Setting>& settings,
                          std::size_t number) {
  Lines lines = lines_of(text);
  for (const Setting& setting : settings) {
    apply(lines, setting, setting.table == "meter" ? number : 0);
  }
  return text_of(lines);
}

std::string without_table(const std::string& text, std::string_view name) {
  Lines lines = lines_of(text);
  bool inside = false;
  for (std::string& line : lines) {
    if (line.starts_with('[')) {
      inside = table_of(line) == name;
    }
    if (inside && !line.empty() && !line.starts_with('#')) {
      line.insert(0, 1, '#');
    }
  }
  return text_of(lines);
}

}  // namespace irmeterctl
