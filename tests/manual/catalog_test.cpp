// The journal's catalog of our messages against the code.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "daemon/service/message_ids.hpp"
#include "tests/manual/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

struct Explanation {
  std::map<std::string, std::string> header;  // "Subject" and so on
  std::string text;                           // on one line
};

// By message ID.
std::map<std::string, Explanation> catalog() {
  std::ifstream file(CATALOG);
  std::map<std::string, Explanation> catalog;
  Explanation* current = nullptr;
  bool in_header = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ")) {
      EXPECT_FALSE(catalog.contains(line.substr(3))) << line << " is there twice";
      current = &catalog[line.substr(3)];
      in_header = true;
    } else if (line.empty()) {
      in_header = false;
    } else if (in_header) {
      const std::size_t colon = line.find(": ");
      current->header[line.substr(0, colon)] = line.substr(colon + 2);
    } else if (current != nullptr) {
      EXPECT_LE(line.size(), 78U) << line;
      std::istringstream words(line);
      for (std::string word; words >> word;) {
        current->text += (current->text.empty() ? "" : " ") + word;
      }
    }
  }
  return catalog;
}

std::set<std::string> ids() {
  std::set<std::string> ids;
  for (const auto& [state, id] : state_messages) {
    ids.emplace(id);
  }
  for (const auto& [event, id] : event_messages) {
    ids.emplace(id);
  }
  return ids;
}

TEST(Catalog, ExplainsEveryMessageAndNoOther) {
  std::set<std::string> explained;
  for (const auto& [id, explanation] : catalog()) {
    explained.insert(id);
    for (const std::string name : {"Subject", "Defined-By", "Support", "Documentation"}) {
      EXPECT_TRUE(explanation.header.contains(name)) << id << " lacks " << name;
    }
    EXPECT_FALSE(explanation.text.empty()) << id;
  }
  EXPECT_EQ(explained, ids());
}

TEST(Catalog, IsUnderstoodByTheJournal) {
  const TempDir root;
  const std::string folder = root.path("usr/lib/systemd/catalog");
  std::filesystem::create_directories(folder);
  std::filesystem::create_directories(root.path("var/lib/systemd/catalog"));
  std::filesystem::copy_file(CATALOG, folder + "/ir-meterd.catalog");
  const std::string option = "--root=" + root.path();
  EXPECT_EQ(said_by({"journalctl", option, "--update-catalog"}), "");
  std::istringstream list(said_by({"journalctl", option, "--no-pager", "--list-catalog"}));
  std::set<std::string> listed;
  for (std::string line; std::getline(list, line);) {
    listed.insert(line.substr(0, line.find(' ')));
  }
  EXPECT_EQ(listed, ids());
}

}  // namespace
}  // namespace irmeterd
