// The days of a meter as a picture of letters.
#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "tools/ir-meterctl/history.hpp"

namespace irmeterctl {
namespace {

constexpr std::size_t margin = 8;
constexpr std::size_t width = screen_width - margin;
constexpr std::size_t widest = 8;  // column
constexpr int rows = 8;            // of import, and of export

struct Day {
  std::tm date{};
  double import_wh = 0;
  double export_wh = 0;
};

// Of a cell of the table below the picture.
std::string short_kwh(double watt_hours) {
  return to_text(Number{std::llround(watt_hours / 100), 1, {}});
}

double consumed(const HistoryEntry& entry, const char* key) {
  const auto found = entry.numbers.find(key);
  return found == entry.numbers.end() ? 0 : found->second;
}

std::string right(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

// How much of a cell is filled, in eighths: from its lower end, or of a bar that hangs from its
// upper one.
std::string cell(int eighths, bool hanging, bool utf8) {
  constexpr std::array<const char*, 9> bars{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (!utf8) {
    return eighths >= 4 ? "#" : " ";
  }
  if (hanging) {
    return eighths >= 6 ? "█" : eighths >= 2 ? "▀" : " ";
  }
  return bars.at(static_cast<std::size_t>(eighths));
}

std::string bars(const std::vector<Day>& days, double Day::*value, bool hanging, double most,
                 std::size_t column, bool utf8) {
  std::string text;
  for (int i = 0; i < rows; ++i) {
    const int row = hanging ? i : rows - 1 - i;
    std::string line = i == (hanging ? rows - 1 : 0) ? right(short_kwh(most) + " ", margin)
                                                     : std::string(margin, ' ');
    for (const Day& day : days) {
      // What there is shows, however little.
      const int all = static_cast<int>(std::lround(day.*value / most * rows * 8));
      const int least = day.*value > 0 && row == 0 ? (hanging || !utf8 ? 4 : 1) : 0;
      const std::string filled = cell(std::clamp(all - row * 8, least, 8), hanging, utf8);
      for (std::size_t i_column = 0; i_column < column; ++i_column) {
        line += i_column + 1 == column && column > 1 ? " " : filled;
      }
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

// A line of cells, where they fit.
template <typename Cell>
std::string row_of(const std::string& label, const std::vector<Day>& days, std::size_t column,
                   const Cell& text) {
  std::string line = label;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const std::string cell = text(days[i]);
    const std::size_t at = margin + i * column;
    if (at >= line.size() + (line.size() > margin ? 1 : 0) && at + cell.size() <= margin + width) {
      line.resize(at, ' ');
      line += cell;
    }
  }
  return line + "\n";
}

}  // namespace

std::string history_chart(const std::vector<HistoryEntry>& entries, bool utf8) {
  std::vector<Day> days;
  std::size_t marked = 0;
  Day total;
  for (const HistoryEntry& entry : entries) {
    const std::tm date = local_time(entry.end - std::chrono::seconds(1));
    if (days.empty() || days.back().date.tm_yday != date.tm_yday ||
        days.back().date.tm_year != date.tm_year) {
      days.push_back({date});
    }
    days.back().import_wh += consumed(entry, "energy_import_interval");
    days.back().export_wh += consumed(entry, "energy_export_interval");
    const bool known = entry.numbers.contains("energy_import_interval") ||
                       entry.numbers.contains("energy_export_interval");
    const bool oldest = &entry == &entries.front();  // which nothing lies in front of
    marked += entry.status.empty() && (known || oldest) ? 0U : 1U;
  }
  if (days.empty()) {
    return "The meter has nothing of that time.\n";
  }
  const std::size_t fitting = std::min(days.size(), width);
  days.erase(days.begin(), days.end() - static_cast<std::ptrdiff_t>(fitting));
  double most = 0;
  for (const Day& day : days) {
    total.import_wh += day.import_wh;
    total.export_wh += day.export_wh;
    most = std::max({most, day.import_wh, day.export_wh});
  }
  const std::size_t column = std::min(width / days.size(), widest);
  std::string text;
  if (most > 0) {
    text += bars(days, &Day::import_wh, false, most, column, utf8);
    std::string axis = "    kWh ";
    for (std::size_t i = 0; i < days.size() * column; ++i) {
      axis += utf8 ? "─" : "-";
    }
    text += axis + "\n";
    text += total.export_wh > 0 ? bars(days, &Day::export_wh, true, most, column, utf8) : "";
  }
  const char* const date = column >= 6 ? "%m-%d" : "%d";
  text += row_of("", days, column, [&](const Day& day) { return to_text(day.date, date); });
  if (column >= 6) {
    text +=
        row_of("import  ", days, column, [](const Day& day) { return short_kwh(day.import_wh); });
    text +=
        row_of("export  ", days, column, [](const Day& day) { return short_kwh(day.export_wh); });
  }
  text += "\nImport " + kwh(total.import_wh) + ", export " + kwh(total.export_wh) + " from " +
          to_text(days.front().date, "%Y-%m-%d") + " to " + to_text(days.back().date, "%Y-%m-%d") +
          "\n";
  if (marked > 0) {
    text += "Of " + std::to_string(entries.size()) + " intervals, " + std::to_string(marked) +
            (marked == 1 ? " is" : " are") + " incomplete or marked by the meter; see --csv\n";
  }
  return text;
}

}  // namespace irmeterctl
