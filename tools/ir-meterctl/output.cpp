#include "tools/ir-meterctl/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "common/config/characters.hpp"
#include "common/config/checks.hpp"
#include "common/json.hpp"

namespace irmeterctl {
namespace {

// Of a terminal, as the tables of status have them.
constexpr std::size_t text_columns = 80;
constexpr const char* text_indent = "    ";

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += (all.empty() ? "" : ", ") + text;
  }
  return all;
}

void write_list(irmeterd::JsonWriter& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) {
    json.text(text);
  }
  json.end_array();
}

void write_facts(irmeterd::JsonWriter& json, const Facts& facts);

void write_objects(irmeterd::JsonWriter& json, const std::vector<Facts>& objects) {
  json.begin_array();
  for (const Facts& facts : objects) {
    json.begin_object();
    write_facts(json, facts);
    json.end_object();
  }
  json.end_array();
}

void write_value(irmeterd::JsonWriter& json, const Value& value) {
  std::visit(Overloaded{[&](const std::string& text) { json.text(text); },
                        [&](const std::vector<std::string>& texts) { write_list(json, texts); },
                        [&](const Number& number) { json.fixed(number.value, number.decimals); },
                        [&](bool flag) { json.boolean(flag); },
                        [&](Moment moment) { json.time(moment); }, [&](Unknown) { json.null(); },
                        [&](const std::vector<Facts>& objects) { write_objects(json, objects); }},
             value);
}

void write_facts(irmeterd::JsonWriter& json, const Facts& facts) {
  for (const Fact& fact : facts) {
    if (!fact.key.empty()) {
      write_value(json.key(fact.key), fact.value);
    }
  }
}

std::string lines(const Facts& facts) {
  std::string text;
  for (const Fact& fact : facts) {
    if (!fact.label.empty()) {
      text += fact.label + ": " + to_text(fact.value) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string to_text(const Value& value) {
  return std::visit(
      Overloaded{[](const std::string& text) { return irmeterd::on_one_line(text); },
                 [](const std::vector<std::string>& texts) {
                   return irmeterd::on_one_line(joined(texts));
                 },
                 [](const Number& number) {
                   const std::string digits =
                       irmeterd::JsonWriter().fixed(number.value, number.decimals).take();
                   return digits + (number.unit.empty() ? "" : " ") + number.unit;
                 },
                 [](bool flag) { return std::string(flag ? "yes" : "no"); },
                 [](Moment moment) { return to_text(local_time(moment), "%Y-%m-%d %H:%M:%S"); },
                 [](Unknown) { return std::string("unknown"); },
                 [](const std::vector<Facts>&) { return std::string(); }},
      value);
}

std::string kwh(double watt_hours) {
  return to_text(Number{std::llround(watt_hours), 3, "kWh"});
}

std::string to_text(const Document& document) {
  std::string text = lines(document.facts);
  for (const Facts& group : document.groups) {
    text += (text.empty() ? "" : "\n") + lines(group);
  }
  return text;
}

std::string to_json(const Document& document) {
  irmeterd::JsonWriter json;
  json.begin_object();
  write_facts(json, document.facts);
  if (!document.list_key.empty()) {
    write_objects(json.key(document.list_key), document.groups);
  }
  return json.end_object().take() + "\n";
}

std::string in_columns(const std::string& line, std::size_t columns, const std::string& indent) {
  constexpr std::size_t none = std::string_view::npos;
  std::string result;
  std::string before;  // what the line begins with
  std::string_view rest = line;
  for (;;) {
    std::size_t used = before.size();
    std::size_t end = none;  // the last blank that is in the line
    const std::size_t word = std::min(rest.find_first_not_of(' '), rest.size());
    for (std::size_t i = 0; i < rest.size() && (used <= columns || end == none); ++i) {
      if (rest[i] == ' ' && i > word && (used <= columns || end == none)) {
        end = i;
      }
      used += (rest[i] & '\xC0') != '\x80' ? 1U : 0U;
    }
    if (used <= columns || end == none) {
      return result + before + std::string(rest);
    }
    result += before + std::string(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(rest.find_first_not_of(' ', end), rest.size()));
    before = indent;
  }
}

Output::Output(bool json) : json_(json), terminal_(::isatty(STDOUT_FILENO) == 1) {}

void Output::write(const Document& document) {
  if (json_) {
    write_all(to_json(document));
    return;
  }
  std::istringstream text(to_text(document));
  std::string all;
  for (std::string line; std::getline(text, line);) {
    all += (terminal_ ? in_columns(line, text_columns, text_indent) : line) + "\n";
  }
  write_all(all);
}

void Output::sentence(const std::string& text) {
  line(terminal_ ? in_columns(text, text_columns, text_indent) : text);
}

void Output::line(const std::string& text) {
  write_all(text + "\n");
}

bool Output::gone() const {
  return error_ == EPIPE;
}

void Output::write_all(const std::string& text) {
  std::string_view rest = text;
  while (error_ == 0 && !rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

bool confirmed(const std::string& question) {
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  answer = irmeterd::in_small_letters(answer);
  return answer == "y" || answer == "yes";
}

void print_error(const std::string& problem) {
  std::fprintf(stderr, "ir-meterctl: %s\n", problem.c_str());
}

}  // namespace irmeterctl
