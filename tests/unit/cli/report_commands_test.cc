// `report` and `compare` over report directories, up to their exit codes.
#include "cli/commands/commands.h"
#include "cli/report/run_record.h"

#include "tests/unit/report/records.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

namespace cqrs {
namespace {

class ReportCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "cqrs-runs-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    root_ = path;
    context_.options.quiet = true;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string write(const std::string& name, const RunRecord& record) {
    const std::string directory = root_ + "/" + name;
    EXPECT_TRUE(write_run_report(directory, record));
    return directory;
  }
  // Four repeats around a rate, with commas between them.
  std::string side(const std::string& name, double rate) {
    std::string out;
    for (int i = 0; i < 4; ++i) {
      RunRecord record = testing::tiny_run();
      record.achieved_per_s = rate + i;
      out += (i == 0 ? "" : ",") + write(name + std::to_string(i), record);
    }
    return out;
  }

  std::string root_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::atomic<bool> interrupted_{false};
  Context context_{{}, out_, err_, interrupted_};
};

TEST_F(ReportCommands, ShardsAreMergedAndWritten) {
  std::vector<std::string> runs;
  for (std::uint32_t i = 1; i <= 2; ++i) {
    RunRecord record = testing::passing_run();
    record.shard = i;
    record.shards = 2;
    record.slos.clear();  // invented ones
    runs.push_back(write("shard" + std::to_string(i), record));
  }
  EXPECT_EQ(run_report({runs, root_ + "/merged"}, context_), ExitCode::kDone);
  EXPECT_NE(out_.str().find("all 2 shards merged"), std::string::npos) << out_.str();
  const auto merged = read_run_report(root_ + "/merged");
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->sent, testing::passing_run().sent * 2);
}

TEST_F(ReportCommands, ThresholdsAreJudgedOnTheShardsTogether) {
  auto slo = parse_slo("command.latency:p99<1us");
  ASSERT_TRUE(slo.ok());
  std::vector<std::string> runs;
  for (std::uint32_t i = 1; i <= 2; ++i) {
    RunRecord record = testing::passing_run();
    record.shard = i;
    record.shards = 2;
    record.slos = {{*slo, true, std::nullopt, "", 0, 0}};
    runs.push_back(write("shard" + std::to_string(i), record));
  }
  EXPECT_EQ(run_report({runs, ""}, context_), ExitCode::kSloFailed);
}

TEST_F(ReportCommands, AShardThatIsMissingIsAUsageError) {
  std::vector<std::string> runs;
  for (const std::uint32_t i : {1U, 3U}) {
    RunRecord record = testing::passing_run();
    record.shard = i;
    record.shards = 3;
    runs.push_back(write("shard" + std::to_string(i), record));
  }
  EXPECT_EQ(run_report({runs, ""}, context_), ExitCode::kUsage);
  EXPECT_NE(err_.str().find("missing: 2"), std::string::npos) << err_.str();
}

TEST_F(ReportCommands, AReportEndsAsItsRunDid) {
  RunRecord record = testing::failing_run();
  record.exit_code = 99;
  EXPECT_EQ(run_report({{write("one", record)}, ""}, context_), ExitCode::kSloFailed);
  EXPECT_EQ(run_report({{root_ + "/none"}, ""}, context_), ExitCode::kUsage);
}

TEST_F(ReportCommands, ComparingFailsOnlyWhenItIsCertain) {
  const std::string fast = side("fast", 900);
  const std::string slow = side("slow", 600);
  EXPECT_EQ(run_compare({{fast, fast}, {}, {}, "10%", ""}, context_), ExitCode::kDone);
  EXPECT_EQ(run_compare({{fast, slow}, {}, {}, "10%", root_ + "/out"}, context_),
            ExitCode::kSloFailed);
  EXPECT_TRUE(std::filesystem::exists(root_ + "/out/comparison.md"));
  EXPECT_EQ(run_compare({{fast, slow}, {}, {}, "", ""}, context_), ExitCode::kDone);
  EXPECT_EQ(run_compare({{}, {fast}, {slow}, "50%", ""}, context_), ExitCode::kDone);
  const std::string one = fast.substr(0, fast.find(','));
  EXPECT_EQ(run_compare({{one, one}, {}, {}, "10%", ""}, context_), ExitCode::kInconclusive);
  EXPECT_EQ(run_compare({{fast}, {}, {}, "", ""}, context_), ExitCode::kUsage);
  EXPECT_EQ(run_compare({{fast, slow}, {}, {}, "much", ""}, context_), ExitCode::kUsage);
}

}  // namespace
}  // namespace cqrs
