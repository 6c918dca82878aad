#include "tests/soak/process_figures.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace irmeterd {
namespace {

// Without what tells one of a kind from another: "socket:[4711]", "/dev/pts/3 (deleted)".
std::string kind_of(const std::string& target) {
  if (target.starts_with("/dev/pts/")) {
    return "/dev/pts";
  }
  return target.starts_with("anon_inode:") ? target : target.substr(0, target.find(':'));
}

std::size_t field(const std::string& file, std::string_view name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name) && line[name.size()] == ':') {
      return std::stoul(line.substr(name.size() + 1));
    }
  }
  throw std::runtime_error(file + " has no " + std::string(name));
}

}  // namespace

std::string ProcessFigures::text() const {
  std::string text = std::to_string(resident_kib) + " KiB resident, of it " +
                     std::to_string(anonymous_kib) + " anonymous; " + std::to_string(threads) +
                     " threads; descriptors:";
  for (const auto& [kind, count] : descriptors) {
    text += " " + std::to_string(count) + " " + kind + ",";
  }
  text.pop_back();
  return text;
}

ProcessFigures figures_of(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  ProcessFigures figures;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
    std::error_code gone;  // meanwhile
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone) {
      ++figures.descriptors[kind_of(target.string())];
    }
  }
  figures.threads = field(process + "/status", "Threads");
  figures.anonymous_kib = field(process + "/status", "RssAnon");
  figures.resident_kib = field(process + "/status", "VmRSS");
  return figures;
}

}  // namespace irmeterd
