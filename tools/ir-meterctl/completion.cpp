// Writes the completions for bash, zsh and fish into a folder, from the tables of commands and
// options. Runs when the program is built.

#include <sysexits.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "tools/ir-meterctl/command_line.hpp"

namespace irmeterctl {
namespace {

bool is_file(const OptionInfo& option) {
  return option.value == "FILE" || option.value == "DEVICE";
}

// For a text in single quotes.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return result;
}

std::string bash() {
  std::string names;
  std::string files;
  std::string folders;
  std::string others;
  std::string all_options;
  for (const Command& command : commands()) {
    names += (names.empty() ? "" : " ") + std::string(command.name);
  }
  for (const OptionInfo& option : options()) {
    const std::string name = "--" + std::string(option.name);
    all_options += (all_options.empty() ? "" : " ") + name;
    if (!option.value.empty() && option.name != "bus") {
      std::string& list = is_file(option) ? files : option.value == "DIR" ? folders : others;
      list += (list.empty() ? "" : "|") + name;
    }
  }
  std::string into_folders;
  for (const Command& command : commands()) {
    if (command.operand == "DIR") {
      into_folders += (into_folders.empty() ? "" : "|") + std::string(command.name);
    }
  }
  std::string patterns = names;
  for (char& c : patterns) {
    c = c == ' ' ? '|' : c;
  }
  return R"(# bash completion for ir-meterctl, made from its tables
_ir_meterctl() {
    local word command="" current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
        )" +
         files + R"() mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        )" +
         folders + R"() mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
        --bus) mapfile -t COMPREPLY < <(compgen -W "system session" -- "$current"); return ;;
        )" +
         others + R"() return ;;
    esac
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            )" +
         patterns + R"() command=$word ;;
        esac
    done
    case $current in
        -*) mapfile -t COMPREPLY < <(compgen -W ")" +
         all_options + R"(" -- "$current") ;;
        *) case $command in
            "") mapfile -t COMPREPLY < <(compgen -W ")" +
         names + R"(" -- "$current") ;;
            )" +
         into_folders + R"() mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
        esac ;;
    esac
}
complete -o filenames -F _ir_meterctl ir-meterctl
)";
}

std::string zsh() {
  // A colon ends a description.
  const auto described = [](std::string_view text) {
    std::string result;
    for (const char c : plain(text)) {
      result += c == ':' || c == '[' || c == ']' ? "\\" + std::string(1, c) : std::string(1, c);
    }
    return result;
  };
  std::string text =
      "#compdef ir-meterctl\n"
      "# zsh completion for ir-meterctl, made from its tables\n"
      "local -a commands\ncommands=(\n";
  for (const Command& command : commands()) {
    text += "  '" + std::string(command.name) + ":" + described(command.summary) + "'\n";
  }
  text += ")\n_arguments -S \\\n";
  for (const OptionInfo& option : options()) {
    text += "  '--" + std::string(option.name) + "[" + described(option.summary) + "]";
    if (!option.value.empty()) {
      text += ":" + std::string(option.value) + ":" +
              (is_file(option)         ? "_files"
               : option.value == "DIR" ? "_files -/"
               : option.name == "bus"  ? "(system session)"
                                       : "");
    }
    text += "' \\\n";
  }
  return text + "  '1:command:{_describe command commands}' '*::argument:'\n";
}

std::string fish() {
  std::string text = "# fish completion for ir-meterctl, made from its tables\n";
  for (const Command& command : commands()) {
    text += "complete -c ir-meterctl -n __fish_use_subcommand -f -a " + std::string(command.name) +
            " -d '" + plain(command.summary) + "'\n";
  }
  for (const OptionInfo& option : options()) {
    const char* const value = option.value.empty()    ? " -f"
                              : is_file(option)       ? " -r -F"
                              : option.value == "DIR" ? " -x -a '(__fish_complete_directories)'"
                              : option.name == "bus"  ? " -x -a 'system session'"
                                                      : " -x";
    text += "complete -c ir-meterctl -l " + std::string(option.name) + value + " -d '" +
            plain(option.summary) + "'\n";
  }
  return text;
}

int write(const std::string& folder) {
  for (const auto& [name, text] :
       {std::pair("/ir-meterctl", bash()), std::pair("/_ir-meterctl", zsh()),
        std::pair("/ir-meterctl.fish", fish())}) {
    std::ofstream file(folder + name);
    if (!(file << text).flush()) {
      std::cerr << folder << name << " cannot be written\n";
      return EXIT_FAILURE;
    }
  }
  return EX_OK;
}

}  // namespace
}  // namespace irmeterctl

int main(int argc, char** argv) {
  return argc == 2 ? irmeterctl::write(argv[1]) : EXIT_FAILURE;
}
