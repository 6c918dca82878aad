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

// The names of all commands, or of those with an operand.
std::string names(const char* between, std::string_view operand = {}) {
  std::string text;
  for (const Command& command : commands()) {
    if (operand.empty() || command.operand == operand) {
      text += (text.empty() ? "" : between) + std::string(command.name);
    }
  }
  return text;
}

// "--config --json": those that every command has.
std::string common_options() {
  std::string text;
  for (const OptionInfo& option : options()) {
    if (is_of_every_command(option)) {
      text += (text.empty() ? "--" : " --") + std::string(option.name);
    }
  }
  return text;
}

std::string bash() {
  std::string files;
  std::string folders;
  std::string others;
  for (const OptionInfo& option : options()) {
    if (!option.value.empty() && option.name != "bus") {
      std::string& list = is_file(option) ? files : option.value == "DIR" ? folders : others;
      list += (list.empty() ? "--" : "|--") + std::string(option.name);
    }
  }
  std::string own_options;
  for (const Command& command : commands()) {
    if (!command.own_options.empty()) {
      own_options += "                " + std::string(command.name) + ") words+=\" " +
                     std::string(command.own_options) + "\" ;;\n";
    }
  }
  return R"(# bash completion for ir-meterctl, made from its tables
_ir_meterctl() {
    local word words command="" current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    _ir_meterctl_paths() {
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
    }
    COMPREPLY=()
    case $before in
        )" +
         files + R"() _ir_meterctl_paths -f; return ;;
        )" +
         folders + R"() _ir_meterctl_paths -d; return ;;
        --bus) mapfile -t COMPREPLY < <(compgen -W "system session" -- "$current"); return ;;
        )" +
         others + R"() return ;;
    esac
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            )" +
         names("|") + R"() command=$word; break ;;
        esac
    done
    case $current in
        -*) words=")" +
         common_options() + R"("
            case $command in
)" + own_options +
         R"(            esac
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
        *) case $command in
            "") mapfile -t COMPREPLY < <(compgen -W ")" +
         names(" ") + R"(" -- "$current") ;;
            )" +
         names("|", "DIR") + R"() _ir_meterctl_paths -d ;;
        esac ;;
    esac
}
complete -F _ir_meterctl ir-meterctl
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
  const auto argument = [&](const OptionInfo& option) {
    std::string text = "'--" + std::string(option.name) + "[" + described(option.summary) + "]";
    if (!option.value.empty()) {
      text += ":" + std::string(option.value) + ":" +
              (is_file(option)         ? "_files"
               : option.value == "DIR" ? "_files -/"
               : option.name == "bus"  ? "(system session)"
                                       : "");
    }
    return text + "'";
  };
  std::string text =
      "#compdef ir-meterctl\n"
      "# zsh completion for ir-meterctl, made from its tables\n"
      "local word command\n"
      "local -a commands arguments\ncommands=(\n";
  for (const Command& command : commands()) {
    text += "  '" + std::string(command.name) + ":" + described(command.summary) + "'\n";
  }
  text += ")\narguments=(\n";
  for (const OptionInfo& option : options()) {
    text += is_of_every_command(option) ? "  " + argument(option) + "\n" : "";
  }
  text +=
      ")\n"
      "for word in $words[2,CURRENT-1]; do\n"
      "  case $word in\n    (" +
      names("|") +
      ") command=$word; break ;;\n"
      "  esac\n"
      "done\n"
      "case $command in\n";
  for (const Command& command : commands()) {
    if (command.own_options.empty() && command.operand != "DIR") {
      continue;
    }
    text += "  (" + std::string(command.name) + ") arguments+=(\n";
    for (const OptionInfo& option : options()) {
      text += has_own_option(command, option.name) ? "    " + argument(option) + "\n" : "";
    }
    text += command.operand == "DIR" ? "    '2:DIR:_files -/'\n" : "";
    text += "  ) ;;\n";
  }
  return text + "esac\n_arguments -S $arguments '1:command:{_describe command commands}'\n";
}

std::string fish() {
  std::string text =
      "# fish completion for ir-meterctl, made from its tables\n"
      "# Whether the command is one of these; without any, whether there is none yet.\n"
      "function __ir_meterctl_command_is\n"
      "    for word in (commandline -opc)[2..-1]\n"
      "        if contains -- $word " +
      names(" ") +
      "\n"
      "            contains -- $word $argv\n"
      "            return\n"
      "        end\n"
      "    end\n"
      "    test (count $argv) -eq 0\n"
      "end\n"
      "complete -c ir-meterctl -f\n";
  const std::string when = " -n '__ir_meterctl_command_is";
  const std::string folders = " -x -a '(__fish_complete_directories)'";
  for (const Command& command : commands()) {
    text += "complete -c ir-meterctl" + when + "' -a " + std::string(command.name) + " -d '" +
            plain(command.summary) + "'\n";
  }
  for (const OptionInfo& option : options()) {
    std::string owners;
    for (const Command& command : commands()) {
      owners += has_own_option(command, option.name) ? " " + std::string(command.name) : "";
    }
    text += "complete -c ir-meterctl" + (owners.empty() ? "" : when + owners + "'") + " -l " +
            std::string(option.name) +
            (option.value.empty()    ? ""
             : is_file(option)       ? " -r -F"
             : option.value == "DIR" ? folders
             : option.name == "bus"  ? " -x -a 'system session'"
                                     : " -x") +
            " -d '" + plain(option.summary) + "'\n";
  }
  return text + "complete -c ir-meterctl" + when + " " + names(" ", "DIR") + "'" + folders + "\n";
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
