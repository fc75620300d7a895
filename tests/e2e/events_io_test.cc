// Events leave a system as a file and make another one: whole, as they were, or not at all.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <sstream>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kEach = 500 / kSlowdown;

class EventsIo : public Shop {
 protected:
  EventsIo() {
    const std::string count = std::to_string(kEach);
    stock();
    command("PATCH", std::string("/v1/users/") + kUser, R"({"phone":"+4930123456"})", 200);
    command("PATCH", std::string("/v1/users/") + kUser, R"({"email":"new@example.com"})", 200);
    system_.ctl_json({"seed", "--users", count, "--products", count, "--orders", count});
  }
  [[nodiscard]] int events() const { return 5 + 3 * kEach; }
  [[nodiscard]] std::string exported() const {
    const std::string path = system_.scratch("events.jsonl");
    std::filesystem::remove(path);  // nothing is overwritten
    const Json result = system_.ctl_json({"events", "export", "--out", path});
    EXPECT_EQ(result.value("events", 0), events());
    return path;
  }
  // Imports into a directory that is not there yet.
  [[nodiscard]] Finished import_from(const Words& more) const {
    Words words{CQRSCTL_PROGRAM, "--data-dir", copy(), "events", "import"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, system_.variables());
  }
  [[nodiscard]] std::string copy() const { return system_.scratch("copy"); }
  [[nodiscard]] Finished on_copy(const Words& command) const {
    Words words{CQRSCTL_PROGRAM, "--data-dir", copy(), "-o", "json"};
    words.insert(words.end(), command.begin(), command.end());
    return run(words, system_.variables());
  }
  // Imports the export with one line changed, and expects it to be refused with these words.
  void refuses(int line, const std::function<std::string(std::string)>& change,
               const std::string& words) const {
    std::istringstream whole(read_text(exported()));
    std::string spoiled;
    std::string text;
    for (int number = 1; std::getline(whole, text); ++number) {
      if (number == line) text = change(text);
      if (!text.empty()) spoiled += text + "\n";
    }
    write_text(system_.scratch("spoiled.jsonl"), spoiled);
    const Finished finished = import_from({system_.scratch("spoiled.jsonl"), "--execute"});
    EXPECT_EQ(finished.exit_code, 2) << finished;
    EXPECT_NE(finished.err.find(words), std::string::npos) << finished;
    EXPECT_FALSE(std::filesystem::exists(copy())) << "something half done was left behind";
  }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST_F(EventsIo, AnImportedSystemIsTheSameSystemAndGoesOn) {
  const std::string path = exported();
  const Finished imported = import_from({path, "--execute"});
  ASSERT_EQ(imported.exit_code, 0) << imported;
  const Finished up = on_copy({"up"});
  ASSERT_EQ(up.exit_code, 0) << up;
  const Json verify = on_copy({"verify", "--mode", "deep"}).json();
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  EXPECT_EQ(verify.value("entities", 0), 3 + 3 * kEach);

  const std::string again = system_.scratch("again.jsonl");
  EXPECT_EQ(on_copy({"events", "export", "--out", again}).exit_code, 0);
  EXPECT_EQ(read_text(again), read_text(path)) << "byte for byte";

  // New commands continue, and find the claims where they were.
  const Json run_file = Json::parse(read_text(copy() + "/run.json"), nullptr, false);
  const auto endpoint = load::parse_endpoint(run_file.value("url", ""));
  ASSERT_TRUE(endpoint.ok());
  const auto post = [&](const std::string& email) {
    return load::fetch(*endpoint, "POST", "/v1/users",
                       R"({"email":")" + email + R"(","name":"Ann"})", std::chrono::seconds(10));
  };
  const auto taken = post("new@example.com");
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->status, 409) << taken->body;
  const auto released = post("ann@example.com");
  ASSERT_TRUE(released.ok());
  EXPECT_EQ(released->status, 201) << released->body;
  EXPECT_EQ(Json::parse(released->body).value("position", 0), events() + 1);
  EXPECT_EQ(on_copy({"down"}).exit_code, 0);
}

TEST_F(EventsIo, PartsMakeAWholeAgain) {
  const std::string middle = std::to_string(events() / 2);
  const std::string first = system_.scratch("first.jsonl");
  const std::string second = system_.scratch("second.jsonl");
  system_.ctl_json({"events", "export", "--to", middle, "--out", first});
  system_.ctl_json(
      {"events", "export", "--from", std::to_string(events() / 2 + 1), "--out", second});
  EXPECT_EQ(import_from({second, "--execute"}).exit_code, 2) << "it does not begin at 1";
  const Finished whole = import_from({first, second, "--execute"});
  EXPECT_EQ(whole.exit_code, 0) << whole;
  EXPECT_EQ(on_copy({"events", "check"}).json().value("events", 0), events());
  const Finished views = on_copy({"verify"});
  EXPECT_EQ(views.exit_code, 3) << views;
  EXPECT_NE(views.err.find("cqrsctl up"), std::string::npos)
      << "nothing has filled them yet" << views;
}

TEST_F(EventsIo, ADryRunChecksEverythingAndLeavesNothing) {
  const Finished plan = import_from({exported()});
  EXPECT_EQ(plan.exit_code, 0) << plan;
  EXPECT_NE(plan.out.find("--execute"), std::string::npos) << plan;
  EXPECT_FALSE(std::filesystem::exists(copy()));
}

TEST_F(EventsIo, ATargetWithEventsOrAnOwnerIsRefused) {
  const std::string path = exported();
  const Finished running = system_.ctl({"events", "import", path, "--execute"});
  EXPECT_EQ(running.exit_code, 2) << running;
  EXPECT_NE(running.err.find("cqrsctl down"), std::string::npos) << running;
  system_.down();
  const Finished full = system_.ctl({"events", "import", path, "--execute"});
  EXPECT_EQ(full.exit_code, 2) << full;
  EXPECT_NE(full.err.find("--data-dir"), std::string::npos) << full;
  system_.up();
  EXPECT_EQ(system_.head(), events());
}

TEST_F(EventsIo, AnEmptySystemTakesTheImport) {
  ASSERT_EQ(on_copy({"up"}).exit_code, 0);
  ASSERT_EQ(on_copy({"down"}).exit_code, 0);
  const Finished imported = import_from({exported(), "--execute"});
  ASSERT_EQ(imported.exit_code, 0) << imported;
  ASSERT_EQ(on_copy({"up"}).exit_code, 0);
  EXPECT_EQ(on_copy({"verify", "--mode", "deep"}).json().value("verdict", ""), "pass");
  EXPECT_EQ(on_copy({"down"}).exit_code, 0);
}

TEST_F(EventsIo, AKilledImportLeavesAnEmptySystemThatTakesTheNextOne) {
  const std::string path = exported();
  for (int i = 0; i < 3; ++i) {
    Process killed({CQRSCTL_PROGRAM, "--data-dir", copy(), "events", "import", path, "--execute"},
                   system_.variables());
    (void)wait_until([&] {
      return std::filesystem::exists(copy() + "/import/write.db-wal") || !killed.running();
    });
    killed.send(SIGKILL);
    if (killed.wait().signal != SIGKILL) std::filesystem::remove_all(copy());
  }
  const Finished imported = import_from({path, "--execute"});
  EXPECT_EQ(imported.exit_code, 0) << imported;
  EXPECT_EQ(on_copy({"events", "check"}).json().value("verdict", ""), "pass");
  EXPECT_FALSE(std::filesystem::exists(copy() + "/import"));
}

TEST_F(EventsIo, AFileThatWasCutOffIsNoticed) {
  const std::string whole = read_text(exported());
  const auto last_line = whole.rfind('\n', whole.size() - 2);
  write_text(system_.scratch("cut.jsonl"), whole.substr(0, last_line + 1));
  const Finished without_end = import_from({system_.scratch("cut.jsonl"), "--execute"});
  EXPECT_EQ(without_end.exit_code, 2) << without_end;
  EXPECT_NE(without_end.err.find("cut off"), std::string::npos) << without_end;
  write_text(system_.scratch("cut.jsonl"), whole.substr(0, last_line - 20));
  const Finished within = import_from({system_.scratch("cut.jsonl"), "--execute"});
  EXPECT_EQ(within.exit_code, 2) << within;
  EXPECT_NE(within.err.find("cut off"), std::string::npos) << within;
}

TEST_F(EventsIo, EveryMistakeInAFileIsNamedByLineAndField) {
  refuses(
      4, [](const std::string&) { return ""; }, "line 4, position");
  refuses(
      4, [](const std::string& line) { return replaced(line, "\"position\":4", "\"position\":6"); },
      "line 4, position");
  refuses(
      4,
      [](const std::string& line) {
        return replaced(line, "\"aggregateversion\":2", "\"aggregateversion\":3");
      },
      "line 4, aggregateversion");
  refuses(
      1,
      [](const std::string& line) {
        return replaced(line, "cqrs.user.created", "cqrs.user.dreamt");
      },
      "line 1");
  refuses(
      1, [](const std::string& line) { return replaced(line, "\"email\":", "\"mail\":"); },
      "line 1, ");
  refuses(
      1,
      [](const std::string& line) {
        return replaced(line, "\"recordedmicros\":1", "\"recordedmicros\":2");
      },
      "line 1, time");
  refuses(
      2, [](const std::string& line) { return replaced(line, "\"name\":\"Lamp\"", "\"name\":7"); },
      "line 2");
  refuses(
      2, [](const std::string& line) { return line.substr(0, line.size() / 2); }, "line 2");
  refuses(
      2, [](const std::string& line) { return replaced(line, "Lamp", "Lump"); }, "sha256");
}

TEST_F(EventsIo, RepeatedIdsAndClaimsAreFoundInWhateverBatchTheyStand) {
  const Json first = Json::parse(system_.ctl({"-o", "json", "events", "show", "1"}).out);
  const int last = events();
  refuses(
      last,
      [&](const std::string& line) {
        const Json event = Json::parse(line);
        return replaced(line, event.value("id", ""), first.value("id", ""));
      },
      "line " + std::to_string(last) + ", id");
  const int seeded_user = 7;
  refuses(
      seeded_user,
      [&](const std::string& line) {
        const Json event = Json::parse(line);
        return replaced(line, event.at("data").at("personal").value("email", ""),
                        "new@example.com");
      },
      "line 7, data.email");
}

TEST_F(EventsIo, ExportRefusesWhatIsNotThereAndOverwritesNothing) {
  EXPECT_EQ(system_.ctl({"events", "export", "--from", "0"}).exit_code, 2);
  EXPECT_EQ(system_.ctl({"events", "export", "--from", "9999999"}).exit_code, 2);
  EXPECT_EQ(system_.ctl({"events", "export", "--from", "5", "--to", "2"}).exit_code, 2);
  const Finished again = system_.ctl({"events", "export", "--out", exported()});
  EXPECT_EQ(again.exit_code, 2) << again;
  const Finished nowhere = system_.ctl({"events", "export", "--out", "/nonexistent/x"});
  EXPECT_EQ(nowhere.exit_code, 3) << nowhere;
  const Finished full = system_.ctl({"events", "export", "--out", "/dev/full"});
  EXPECT_EQ(full.exit_code, 2) << full;
}

}  // namespace
}  // namespace cqrs::e2e
