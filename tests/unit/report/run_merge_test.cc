#include "cli/report/hdr_file.h"
#include "cli/report/run_record.h"

#include "tests/unit/report/records.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

std::vector<RunRecord> shards_of(std::uint32_t count) {
  std::vector<RunRecord> out;
  for (std::uint32_t i = 1; i <= count; ++i) {
    out.push_back(testing::passing_run());
    out.back().shard = i;
    out.back().shards = count;
    out.back().ledger = "shard-" + std::to_string(i) + ".bin";
  }
  return out;
}

std::string reason(const std::vector<RunRecord>& shards) {
  const auto merged = merge(shards);
  return merged ? std::string("merged") : merged.error().message;
}

TEST(RunMerge, CountsAndHistogramsAreExactSums) {
  auto shards = shards_of(2);
  shards[1].latency.record(7'777'777);
  shards[1].operations[0].failures["timeout"] = 4;
  shards[1].operations[0].sent += 4;
  shards[1].sent += 4;
  const auto merged = merge(shards);
  ASSERT_TRUE(merged) << merged.error().message;
  const RunRecord& record = merged->record;
  EXPECT_EQ(record.sent, shards[0].sent + shards[1].sent);
  Histogram expected = shards[0].latency;
  expected.merge(shards[1].latency);
  EXPECT_EQ(record.latency, expected);
  EXPECT_EQ(record.operations.size(), shards[0].operations.size());
  EXPECT_EQ(record.operations[0].sent, shards[0].operations[0].sent * 2 + 4);
  EXPECT_EQ(record.operations[0].failures.at("timeout"), 4U);
  EXPECT_DOUBLE_EQ(record.achieved_per_s, shards[0].achieved_per_s * 2);
  EXPECT_EQ(record.lost, 0);
  EXPECT_EQ(record.shard, 0U);
  EXPECT_EQ(merged->ledgers, (std::vector<std::string>{"shard-1.bin", "shard-2.bin"}));
}

TEST(RunMerge, TheOrderOfShardsDoesNotMatter) {
  auto shards = shards_of(3);
  shards[2].seconds.pop_back();
  const auto forth = merge(shards);
  std::reverse(shards.begin(), shards.end());
  const auto back = merge(shards);
  ASSERT_TRUE(forth && back);
  EXPECT_EQ(json_of(forth->record), json_of(back->record));
}

// One shard's second was fast, the other's slow: the p99 of both together is that of all samples.
TEST(RunMerge, PercentilesOfASecondAreThoseOfAllItsSamples) {
  auto shards = shards_of(2);
  Histogram fast;
  Histogram slow;
  fast.record(1'000, 980);
  slow.record(900'000, 20);
  const auto put = [](SecondRecord& second, const Histogram& histogram) {
    second.latency_hdr = hdr_text(histogram, HdrDigits::kTwo);
    second.latency_p50 = static_cast<double>(histogram.percentile(50)) / 1e3;
    second.latency_p99 = static_cast<double>(histogram.percentile(99)) / 1e3;
  };
  put(shards[0].seconds[5], fast);
  put(shards[1].seconds[5], slow);
  const auto merged = merge(shards);
  ASSERT_TRUE(merged);
  const SecondRecord& second = merged->record.seconds[5];
  EXPECT_NEAR(second.latency_p50, 1, 0.01);
  EXPECT_NEAR(second.latency_p99, 900, 9);
  EXPECT_EQ(second.sent, shards[0].seconds[5].sent * 2);
}

TEST(RunMerge, WithoutHistogramsASecondIsThatOfTheWorstShardAndSaysSo) {
  auto shards = shards_of(2);
  shards[0].seconds[5].latency_hdr.clear();
  shards[0].seconds[5].latency_p99 = 77;
  const auto merged = merge(shards);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->record.seconds[5].latency_p99, 77);
  EXPECT_NE(merged->record.caveats.back().find("kept no histogram"), std::string::npos);
}

TEST(RunMerge, TheVerdictIsThatOfTheWorstShard) {
  auto shards = shards_of(3);
  shards[1].verdict = "fail";
  shards[1].exit_code = 99;
  shards[1].headline = "too slow";
  shards[2].verdict = "inconclusive";
  shards[2].exit_code = 4;
  const auto merged = merge(shards);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->record.verdict, "fail");
  EXPECT_EQ(merged->record.exit_code, 99);
  EXPECT_NE(merged->record.headline.find("number 2: too slow"), std::string::npos);
}

TEST(RunMerge, WhatIsMissingDoubledOrOfAnotherRunIsNamed) {
  auto shards = shards_of(4);
  shards.erase(shards.begin() + 1, shards.begin() + 3);
  EXPECT_NE(reason(shards).find("of 4 shards these are missing: 2, 3"), std::string::npos);
  shards = shards_of(2);
  shards[1].shard = 1;
  EXPECT_NE(reason(shards).find("shard 1 of 2 is there twice"), std::string::npos);
  shards = shards_of(2);
  shards[1].seed = 8;
  EXPECT_NE(reason(shards).find("its seed differs"), std::string::npos);
  shards = shards_of(2);
  shards[1].scenario = Json::object();
  EXPECT_NE(reason(shards).find("its scenario differs"), std::string::npos);
  EXPECT_NE(reason({testing::tiny_run(), testing::tiny_run()}).find("compare"), std::string::npos);
  EXPECT_NE(reason({}).find("no report"), std::string::npos);
}

}  // namespace
}  // namespace cqrs
