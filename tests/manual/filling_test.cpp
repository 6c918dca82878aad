// The program that fills the pages from the tables of the code.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/manual/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace irmeterd {
namespace {

// What becomes of a page, or what is wrong with it.
std::string filled(const std::string& source) {
  const TempDir folder;
  const std::string path = folder.path("page.8");
  std::ofstream(path) << source;
  const std::string problem = said_by({PAGES_PROGRAM, folder.path(), path});
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return problem.empty() ? text.str() : problem.substr(problem.find(": ") + 2);
}

TEST(Filling, PutsTheRowsOfATableInPlaceOfItsMark) {
  const std::string page = filled(".Bl\n.\\\" @states@\n.El\n");
  EXPECT_NE(page.find(".It Sy no\\-key\nThere is no key to read the meter with.\n"), page.npos)
      << page;
  EXPECT_EQ(page.find('@'), page.npos);
}

TEST(Filling, PutsDefaultAndExampleOfAKeyBehindWhatIsSaidOfIt) {
  const std::string page = filled(
      ".Bl\n.\\\" @keys dbus.bus@\nThe bus.\n.El\n.Bl\n.\\\" @keys cache.directory@\nWhere.\n.El\n"
      ".\\\" @keys@\n");
  EXPECT_NE(page.find(".It Cm bus\nThe bus.\n.D1 Default: \\(dqsystem\\(dq\n"
                      ".D1 Example: \\(dqnone\\(dq\n.El\n"),
            page.npos)
      << page;
}

TEST(Filling, RefusesAPageThatLacksARow) {
  EXPECT_EQ(filled(".\\\" @metrics ir_meterd_up@\n"),
            "ir_meterd_last_reading_timestamp_seconds of metrics is missing\n");
}

TEST(Filling, RefusesWhatThereIsNot) {
  EXPECT_EQ(filled(".\\\" @riddles@\n"), "there is no table riddles\n");
  EXPECT_EQ(filled(".\\\" @states online bored@\n"),
            "there is no bored in states, or it is there twice\n");
}

}  // namespace
}  // namespace irmeterd
