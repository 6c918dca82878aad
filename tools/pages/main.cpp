// Fills the manual pages and the journal's catalog from the tables of the code. Runs when the
// program is built.
//
//   ir-meterd-pages FOLDER FILE...
//
// A line of a page such as  .\" @faults silent echo@  or of the catalog such as  # @states@ becomes
// these rows of the table, or all of them where none is named. Once a file shows a table, it shows
// each of its rows once: a row that was added to the code has to find its place. Of a key of the
// configuration, the default and the example come behind what the page says of it.
#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tools/pages/tables.hpp"

namespace irmeterd {
namespace {

std::runtime_error no_row(const std::string& table, const std::string& name) {
  return std::runtime_error("there is no " + name + " in " + table + ", or it is there twice");
}

// The rows that are still to be shown of the tables that a file shows.
class Filling {
 public:
  // Throws std::runtime_error for what there is not, or not any more.
  std::string rows(const std::string& table, std::istream& names) {
    const auto known = tables().find(table);
    if (known == tables().end()) {
      throw std::runtime_error("there is no table " + table);
    }
    auto& left = left_.try_emplace(table, known->second).first->second;
    std::string text;
    bool all = true;
    for (std::string name; names >> name; all = false) {
      const auto row = std::ranges::find(left, name, &Row::name);
      if (row == left.end()) {
        throw no_row(table, name);
      }
      text += shown(*row);
      left.erase(row);
    }
    for (const Row& row : all ? std::exchange(left, {}) : Table{}) {
      text += shown(row);
    }
    return text;
  }
  // What the item still lacks that ends here.
  std::string end_of_item() { return std::exchange(last_, {}); }
  void finish() const {
    for (const auto& [table, left] : left_) {
      if (!left.empty()) {
        throw std::runtime_error(left.front().name + " of " + table + " is missing");
      }
    }
  }

 private:
  std::string shown(const Row& row) { return std::exchange(last_, row.last) + row.text; }

  std::map<std::string, Table> left_;
  std::string last_;
};

std::string filled(std::istream& file) {
  const std::regex mark(R"((?:\.\\"|#) @([a-z-]+)((?: [^ @]+)*)@)");
  Filling filling;
  std::string result;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, mark)) {
      std::istringstream names(match[2]);
      result += filling.rows(match[1], names);
    } else {
      result += (line == ".El" ? filling.end_of_item() : "") + line + "\n";
    }
  }
  filling.finish();
  return result;
}

int run(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files) {
  for (const std::filesystem::path& path : files) {
    try {
      std::ifstream source(path);
      if (!source) {
        throw std::runtime_error("it cannot be read");
      }
      const std::string text = filled(source);
      if (!(std::ofstream(folder / path.filename()) << text).flush()) {
        throw std::runtime_error("it cannot be written");
      }
    } catch (const std::runtime_error& error) {
      std::cerr << path.string() << ": " << error.what() << "\n";
      return EX_DATAERR;
    }
  }
  return EX_OK;
}

}  // namespace
}  // namespace irmeterd

int main(int argc, char** argv) {
  return argc < 3 ? EX_USAGE : irmeterd::run(argv[1], {argv + 2, argv + argc});
}
