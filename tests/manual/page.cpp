#include "tests/manual/page.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace irmeterd {
namespace {

std::string unescaped(std::string_view text) {
  const std::map<std::string_view, std::string_view> escapes{
      {"\\-", "-"}, {"\\e", "\\"}, {"\\&", ""}, {"\\(aq", "'"}, {"\\(dq", "\""}};
  std::string result;
  while (!text.empty()) {
    if (text.front() != '\\') {
      result += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto escape = escapes.find(text.substr(0, text.substr(1, 1) == "(" ? 4 : 2));
    if (escape == escapes.end()) {
      throw std::runtime_error("unknown escape: " + std::string(text));
    }
    result += escape->second;
    text.remove_prefix(escape->first.size());
  }
  return result;
}

// Macros that change how their words look, and no more.
bool is_plain(std::string_view macro) {
  constexpr std::array<std::string_view, 23> macros{"Ar", "Cm", "D1", "Dd", "Dt", "Dv", "Em", "Er",
                                                    "Ev", "Fn", "Li", "Lk", "Nd", "Nm", "No", "Op",
                                                    "Os", "Pa", "Ql", "Sx", "Sy", "Va", "Xr"};
  return std::find(macros.begin(), macros.end(), macro) != macros.end();
}

// The words of a macro line; quotes keep some together.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 1; (at = line.find_first_not_of(' ', at)) != line.npos;) {
    const char end = line[at] == '"' ? '"' : ' ';
    at += end == '"' ? 1 : 0;
    const std::size_t size = std::min(line.find(end, at), line.size()) - at;
    words.push_back(line.substr(at, size));
    at += size + 1;
  }
  return words;
}

// What a reader sees of the words behind a macro.
std::string shown(const std::vector<std::string>& words) {
  const std::map<std::string, std::pair<std::string, std::string>> enclosing{{"Pq", {"(", ")"}},
                                                                             {"Qq", {"\"", "\""}}};
  std::string text;
  std::string closing;
  bool joined = true;  // to what is there
  const auto put = [&](const std::string& piece, bool to_previous, bool to_next) {
    text += (joined || to_previous ? "" : " ") + piece;
    joined = to_next;
  };
  for (const std::string& word : words) {
    if (word == "Ns") {
      joined = true;
    } else if (word == "Fl") {
      put("-", false, true);
    } else if (word == "Ta") {
      put("\t", true, true);
    } else if (const auto found = enclosing.find(word); found != enclosing.end()) {
      put(found->second.first, false, true);
      closing = found->second.second + closing;
    } else if (!is_plain(word)) {
      put(unescaped(word), word == "," || word == "." || word == ";" || word == ":", false);
    }
  }
  return text + closing;
}

class Reader {
 public:
  Page read(std::istream& file) {
    for (std::string line; std::getline(file, line);) {
      if (display_ && line != ".Ed") {
        *display_ += unescaped(line) + "\n";
      } else if (!line.starts_with('.')) {
        take_text(unescaped(line));
      } else if (!line.starts_with(".\\\"")) {
        take_macro(words_of(line));
      }
    }
    return std::move(page_);
  }

 private:
  struct List {
    std::optional<std::size_t> item;  // the one that is being read
    bool paragraph = false;           // its first one is not over
  };

  void take_macro(const std::vector<std::string>& words) {
    const std::string& macro = words.at(0);
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    if (macro == "Sh") {
      section_ = shown(rest);
      subsection_.clear();
    } else if (macro == "Ss") {
      subsection_ = shown(rest);
    } else if (macro == "Bl") {
      lists_.emplace_back();
    } else if (macro == "El") {
      lists_.pop_back();
    } else if (macro == "It") {
      lists_.back() = {page_.items.size(), true};
      page_.items.push_back({section_, subsection_, lists_.size(), shown(rest), {}});
    } else if (macro == "Pp") {
      if (!lists_.empty()) {
        lists_.back().paragraph = false;
      }
    } else if (macro == "Bd") {
      display_ = "";
    } else if (macro == "Ed") {
      page_.displays.emplace(section_, *std::exchange(display_, std::nullopt));
    } else if (macro != "Fl" && macro != "Pq" && macro != "Qq" && !is_plain(macro)) {
      throw std::runtime_error("unknown macro: " + macro);
    } else {
      if (macro == "Xr") {
        page_.references.insert(unescaped(rest.at(0)) + "(" + rest.at(1) + ")");
      }
      take_text(shown(words));
    }
  }

  void take_text(const std::string& text) {
    if (!lists_.empty() && lists_.back().item && lists_.back().paragraph) {
      page_.items[*lists_.back().item].lines.push_back(text);
    }
  }

  Page page_;
  std::string section_;
  std::string subsection_;
  std::vector<List> lists_;  // the innermost last
  std::optional<std::string> display_;
};

}  // namespace

std::string PageItem::text() const {
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "" : " ") + line;
  }
  return text;
}

std::vector<PageItem> Page::in(std::string_view section,
                               std::optional<std::string_view> subsection) const {
  std::vector<PageItem> found;
  for (const PageItem& item : items) {
    if (item.depth == 1 && item.section == section &&
        (!subsection || item.subsection == *subsection)) {
      found.push_back(item);
    }
  }
  return found;
}

Page read_page(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  return Reader().read(file);
}

std::set<std::string> tags(const std::vector<PageItem>& items) {
  std::set<std::string> tags;
  for (const PageItem& item : items) {
    tags.insert(item.tag);
  }
  return tags;
}

}  // namespace irmeterd
