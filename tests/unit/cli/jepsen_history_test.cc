// The history of a run, read by a checker that shares no code with it.
#include "cli/report/jepsen_history.h"

#include "core/base/json_tree.h"

#include "tests/support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <sys/wait.h>

namespace cqrs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

HistoryOperation write(std::uint64_t number, const std::string& key, std::int64_t version,
                       std::int64_t from, std::int64_t to,
                       HistoryOutcome outcome = HistoryOutcome::kOk) {
  return {number, "update_user", key, false, version, 0, from, to, outcome};
}

HistoryOperation read(std::uint64_t number, const std::string& key, std::int64_t version,
                      std::int64_t from, std::int64_t to, std::int64_t min_version = 0) {
  return {number, "get_user", key, true, version, min_version, from, to, HistoryOutcome::kOk};
}

std::string text_of(const std::vector<HistoryOperation>& operations, HistoryOptions options = {}) {
  std::ostringstream out;
  write_history(operations, options, out);
  return out.str();
}

std::vector<Json> lines_of(const std::vector<HistoryOperation>& operations) {
  std::vector<Json> lines;
  std::istringstream text(text_of(operations));
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(JepsenHistory, HasALineForEachBeginningAndEachEndInOrderOfTime) {
  const auto lines = lines_of({write(1, "user/b", 2, 30, 50), write(0, "user/a", 1, 10, 40)});
  ASSERT_EQ(lines.size(), 4U);
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].at("index"), i);
    times.push_back(lines[i].at("time").get<std::int64_t>());
  }
  EXPECT_THAT(times, ElementsAre(10, 30, 40, 50));
  EXPECT_EQ(lines[0].at("type"), "invoke");
  EXPECT_EQ(lines[0].at("f"), "txn");
  EXPECT_EQ(lines[0].at("value"), Json::parse(R"([["w","user/a",1]])"));
  EXPECT_EQ(lines[0].at("op"), "update_user");
  EXPECT_EQ(lines[2].at("type"), "ok");
  EXPECT_EQ(lines[2].at("process"), lines[0].at("process"));
  EXPECT_NE(lines[1].at("process"), lines[0].at("process"));
}

TEST(JepsenHistory, AReadKnowsWhatItSawOnlyAtItsEnd) {
  const auto lines = lines_of({read(0, "user/a", 7, 1, 2, 5)});
  EXPECT_EQ(lines[0].at("value"), Json::parse(R"([["r","user/a",null]])"));
  EXPECT_EQ(lines[1].at("value"), Json::parse(R"([["r","user/a",7]])"));
  EXPECT_EQ(lines[1].at("min_version"), 5);
}

TEST(JepsenHistory, AProcessWithAnUnknownOutcomeIsNeverUsedAgain) {
  const auto lines =
      lines_of({write(0, "user/a", 0, 1, 2, HistoryOutcome::kInfo), write(1, "user/b", 1, 3, 4),
                write(2, "user/c", 1, 5, 6), write(3, "user/d", 0, 7, -1)});
  EXPECT_EQ(lines[1].at("type"), "info");
  EXPECT_EQ(lines[0].at("process"), 0);
  EXPECT_EQ(lines[2].at("process"), 1);
  EXPECT_EQ(lines[4].at("process"), 1) << "a process that is free again is taken first";
  EXPECT_EQ(lines.size(), 7U) << "what never ended has no end";
}

TEST(JepsenHistory, AWriteOfUnknownVersionWritesWhatNobodyElseDid) {
  const auto lines = lines_of({write(4, "user/a", 0, 1, 2, HistoryOutcome::kFail),
                               write(5, "user/a", 0, 3, 4, HistoryOutcome::kInfo)});
  EXPECT_EQ(lines[0].at("value")[0][2], -5);
  EXPECT_EQ(lines[1].at("value")[0][2], -5);
  EXPECT_EQ(lines[2].at("value")[0][2], -6);
}

TEST(JepsenHistory, WhatHappensInOneInstantOverlaps) {
  const auto lines = lines_of({write(0, "user/a", 1, 1, 5), write(1, "user/a", 2, 5, 9)});
  EXPECT_EQ(lines[1].at("type"), "invoke");
  EXPECT_EQ(lines[2].at("type"), "ok");
}

TEST(JepsenHistory, AReadThatFindsNothingWhereSomethingWasDeletedProvesNothing) {
  auto deletion = write(0, "user/a", 3, 1, 2);
  deletion.operation = "delete_user";
  const auto lines = lines_of({deletion, read(1, "user/a", 0, 3, 4), read(2, "user/b", 0, 5, 6)});
  EXPECT_EQ(lines[3].at("type"), "fail");
  EXPECT_EQ(lines[5].at("type"), "ok");
}

TEST(JepsenHistory, InEdnItSaysTheSame) {
  EXPECT_EQ(text_of({write(0, "user/a", 1, 10, 40), read(1, "user/a", 0, 50, 60)},
                    {HistoryFormat::kEdn, true}),
            "{:index 0, :process 0, :type :invoke, :f :txn, :value [[:w \"user/a\" 1]], :time 10, "
            ":op \"update_user\", :number 0}\n"
            "{:index 1, :process 0, :type :ok, :f :txn, :value [[:w \"user/a\" 1]], :time 40, "
            ":op \"update_user\", :number 0}\n"
            "{:index 2, :process 0, :type :invoke, :f :txn, :value [[:r \"user/a\" nil]], "
            ":time 50, :op \"get_user\", :number 1}\n"
            "{:index 3, :process 0, :type :ok, :f :txn, :value [[:r \"user/a\" nil]], :time 60, "
            ":op \"get_user\", :number 1}\n");
}

TEST(JepsenHistory, CanLeaveReadsOut) {
  EXPECT_EQ(text_of({read(0, "user/a", 1, 1, 2)}, {HistoryFormat::kJson, false}), "");
}

TEST(JepsenHistory, FormatsAreNamed) {
  EXPECT_EQ(parse_history_format("edn").value(), HistoryFormat::kEdn);
  EXPECT_EQ(parse_history_format("json").value(), HistoryFormat::kJson);
  EXPECT_THAT(parse_history_format("xml").error().message, HasSubstr("json or edn"));
}

struct Verdict {
  int code = -1;
  std::string text;
};

Verdict checked(const std::vector<HistoryOperation>& operations) {
  const support::TempDir home;
  const std::string path = home.file("history.jsonl");
  std::ofstream(path) << text_of(operations);
  Verdict verdict;
  std::FILE* pipe = ::popen((std::string(CQRS_HISTORY_CHECKER) + " " + path).c_str(), "r");
  if (pipe == nullptr) return verdict;
  std::array<char, 4096> bytes;
  for (std::size_t got = 0; (got = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) {
    verdict.text.append(bytes.data(), got);
  }
  const int status = ::pclose(pipe);
  verdict.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return verdict;
}

// Two clients, a write whose outcome nobody knows and which came true, reads with and without a
// version asked for, one of them stale as it may be.
std::vector<HistoryOperation> sound() {
  return {write(0, "user/a", 1, 0, 10),
          write(1, "user/a", 2, 12, 20),
          write(2, "user/a", 0, 22, 30, HistoryOutcome::kInfo),
          write(3, "user/a", 4, 31, 40),
          write(4, "user/b", 1, 5, 35),
          read(5, "user/a", 1, 21, 25),
          read(6, "user/a", 2, 21, 25, 2),
          read(7, "user/a", 3, 41, 45),
          read(8, "user/b", 0, 6, 7)};
}

TEST(JepsenHistory, AnIndependentCheckerFindsNothingInASoundHistory) {
  const auto verdict = checked(sound());
  EXPECT_EQ(verdict.code, 0) << verdict.text;
  EXPECT_THAT(verdict.text, HasSubstr("9 operations"));
}

TEST(JepsenHistory, AnIndependentCheckerNamesWhatIsWrong) {
  const std::vector<std::pair<HistoryOperation, std::string>> wrong{
      {write(9, "user/a", 2, 50, 60), "unique: version 2 of user/a"},
      {write(9, "user/a", 3, 50, 60), "order: user/a got version 3 after version 4"},
      {read(9, "user/a", 1, 50, 60, 2), "token: a read of user/a asked for version 2 and saw 1"},
      {read(9, "user/a", 4, 24, 26), "future: a read of user/a saw version 4"},
      {read(9, "user/b", 8, 50, 60), "phantom: a read of user/b saw version 8"}};
  for (const auto& [operation, text] : wrong) {
    auto operations = sound();
    operations.push_back(operation);
    const auto verdict = checked(operations);
    EXPECT_EQ(verdict.code, 1) << text;
    EXPECT_THAT(verdict.text, HasSubstr(text));
  }
}

}  // namespace
}  // namespace cqrs
