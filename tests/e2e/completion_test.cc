// The completion scripts, tried in the shells that are there: bash always is.
#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

namespace cqrs::e2e {
namespace {

class Completion : public testing::Test {
 protected:
  [[nodiscard]] std::string script(const std::string& shell) const {
    const Finished finished = system_.ctl({"completion", shell});
    EXPECT_EQ(finished.exit_code, 0) << finished;
    const std::string path = system_.scratch(shell);
    write_text(path, finished.out);
    return path;
  }
  // What bash offers for the last of these words, as it would after a Tab.
  [[nodiscard]] std::set<std::string> offered(const Words& line) const {
    std::string words;
    for (const auto& word : line) words += " '" + word + "'";
    const Finished finished = run({"/bin/bash", "-c",
                                   "source " + script("bash") + " && COMP_WORDS=(" + words +
                                       ") COMP_CWORD=" + std::to_string(line.size() - 1) +
                                       " && _cqrsctl && printf '%s\\n' \"${COMPREPLY[@]}\""});
    EXPECT_EQ(finished.exit_code, 0) << finished;
    EXPECT_EQ(finished.err, "");
    std::istringstream lines(finished.out);
    std::set<std::string> found;
    for (std::string word; std::getline(lines, word);) {
      if (!word.empty()) found.insert(word);
    }
    return found;
  }
  static void expect_syntax(const std::string& shell, const std::string& path) {
    for (const char* place : {"/bin/", "/usr/bin/"}) {
      if (access((place + shell).c_str(), X_OK) != 0) continue;
      const Finished finished = run({place + shell, "-n", path});
      EXPECT_EQ(finished.exit_code, 0) << finished;
      return;
    }
  }

  TestSystem system_;
};

TEST_F(Completion, CommandsAreOfferedByTheirBeginning) {
  EXPECT_EQ(offered({"cqrsctl", "rep"}), (std::set<std::string>{"repair", "replay", "report"}));
  EXPECT_EQ(offered({"cqrsctl", "replay", ""}),
            (std::set<std::string>{"status", "switch", "drop"}));
  EXPECT_EQ(offered({"cqrsctl", "events", "ex"}), (std::set<std::string>{"export"}));
  EXPECT_EQ(offered({"cqrsctl", "completion", ""}), (std::set<std::string>{"bash", "zsh", "fish"}));
}

TEST_F(Completion, OptionsOfTheCommandAndTheProgramAreOffered) {
  const auto options = offered({"cqrsctl", "replay", "switch", "--"});
  EXPECT_TRUE(options.contains("--to"));
  EXPECT_TRUE(options.contains("--data-dir"));
  EXPECT_FALSE(options.contains("--rate"));
  EXPECT_EQ(offered({"cqrsctl", "replay", "--no-v"}), (std::set<std::string>{"--no-verify"}));
}

TEST_F(Completion, ChoicesAreOfferedBehindTheirOption) {
  EXPECT_EQ(offered({"cqrsctl", "-o", ""}), (std::set<std::string>{"text", "json"}));
  EXPECT_EQ(offered({"cqrsctl", "--output", "=", "j"}), (std::set<std::string>{"json"}));
  EXPECT_EQ(offered({"cqrsctl", "status", "-o", "t"}), (std::set<std::string>{"text"}));
}

TEST_F(Completion, TheValueOfAnOptionIsNotMistakenForACommand) {
  EXPECT_TRUE(offered({"cqrsctl", "--data-dir", "re"}).empty()) << "files, by the shell itself";
  EXPECT_EQ(offered({"cqrsctl", "--data-dir", "replay", "dem"}), (std::set<std::string>{"demo"}));
}

// zsh and fish are tried where they are installed; nothing else is claimed of them.
TEST_F(Completion, EveryScriptHasASyntaxThatItsShellAccepts) {
  for (const char* shell : {"bash", "zsh", "fish"}) expect_syntax(shell, script(shell));
}

}  // namespace
}  // namespace cqrs::e2e
