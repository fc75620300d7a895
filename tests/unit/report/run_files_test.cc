#include "core/wiring/data_dir.h"

#include "cli/report/hdr_file.h"
#include "cli/report/run_record.h"

#include "tests/unit/report/records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace cqrs {
namespace {

class RunFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "cqrs-report-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    root_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

TEST_F(RunFiles, ADirectoryIsReadAsItWasWritten) {
  RunRecord record = testing::failing_run();
  record.ledger = root_ + "/seed-7.bin";
  ASSERT_TRUE(write_file(record.ledger, "entries"));
  const auto written = write_run_report(root_ + "/report", record);
  ASSERT_TRUE(written) << written.error().message;
  for (const char* name :
       {"report.html", "report.json", "summary.md", "junit.xml", "timeseries.jsonl", "latency.hgrm",
        "histograms.hlog", "mismatches.jsonl", "repro.txt", "ledger.bin"}) {
    EXPECT_GT(std::filesystem::file_size(root_ + "/report/" + name), 0U) << name;
  }
  auto read = read_run_report(root_ + "/report");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read_file(read->ledger), "entries");
  read->ledger = record.ledger;
  EXPECT_EQ(json_of(*read), json_of(record));
  // Once more into the same place, as a report of a report does.
  EXPECT_TRUE(write_run_report(root_ + "/report", record));
}

TEST_F(RunFiles, WhatIsNoReportIsNamed) {
  EXPECT_EQ(read_run_report(root_).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(write_file(root_ + "/report.json", "{"));
  EXPECT_NE(read_run_report(root_).error().message.find("not JSON"), std::string::npos);
  ASSERT_TRUE(write_file(root_ + "/report.json", "{\"schema\":\"cqrsctl.run/1\"}"));
  EXPECT_NE(read_run_report(root_).error().message.find("title is missing"), std::string::npos);
}

TEST(RunText, HasOneLineOfSecondsForEachAndOnlyWhatIsKnown) {
  const std::string text = timeseries_of(testing::closed_run());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 30);
  const Json first = Json::parse(text.substr(0, text.find('\n')));
  EXPECT_TRUE(first.contains("latency_p99_ms"));
  EXPECT_FALSE(first.contains("staleness_p99_ms"));
  EXPECT_FALSE(first.contains("latency_hdr"));
}

TEST(RunText, EveryHistogramOfTheLogIsReadAgain) {
  std::istringstream log(hlog_of(testing::failing_run()));
  int intervals = 0;
  for (std::string line; std::getline(log, line);) {
    if (!line.starts_with("Tag=")) continue;
    const auto read = histogram_of_hdr_text(line.substr(line.rfind(',') + 1));
    ASSERT_TRUE(read) << line;
    ++intervals;
  }
  EXPECT_GT(intervals, 200);
}

TEST(RunText, JunitHasOneCasePerCheckAndThreshold) {
  const std::string xml = junit_of(testing::failing_run());
  EXPECT_NE(xml.find("tests=\"6\" failures=\"3\""), std::string::npos);
  EXPECT_NE(xml.find("name=\"recovery.seconds:max&lt;10s\""), std::string::npos);
  EXPECT_NE(xml.find("<failure message=\"observed no data\"/>"), std::string::npos);
}

TEST(RunText, ForTheTerminalTheVerdictIsLastAndTheModelFirst) {
  std::ostringstream closed;
  print(testing::closed_run(), closed);
  EXPECT_EQ(closed.str().rfind("Closed model: ", 0), 0U);
  std::ostringstream out;
  print(testing::failing_run(), out);
  const std::string text = out.str();
  EXPECT_NE(text.find("achieved of 800.0/s intended"), std::string::npos) << text;
  const std::string last = text.substr(text.rfind('\n', text.size() - 2) + 1);
  EXPECT_EQ(last.rfind("verdict    fail: 1 acknowledged", 0), 0U) << last;
}

TEST(RunText, MarkdownAndReproSayHowToRepeatIt) {
  const RunRecord record = testing::passing_run();
  EXPECT_NE(markdown_of(record).find(record.command_line), std::string::npos);
  EXPECT_NE(repro_of(record).find("\n" + record.command_line + "\n"), std::string::npos);
  EXPECT_NE(repro_of(record).find("seed 7"), std::string::npos);
  EXPECT_NE(repro_of(record).find("\"phases\""), std::string::npos);
}

}  // namespace
}  // namespace cqrs
