#include "cli/report/run_record.h"

#include "tests/unit/report/records.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cqrs {
namespace {

void expect_same_again(const RunRecord& record) {
  const Json json = json_of(record);
  const auto read = run_record_of(Json::parse(json.dump()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(json_of(*read), json);
  EXPECT_EQ(read->latency, record.latency);
  EXPECT_EQ(read->hops, record.hops);
}

TEST(RunRecord, IsTheSameAgainFromItsJson) {
  expect_same_again(testing::passing_run());
  expect_same_again(testing::failing_run());
  expect_same_again(testing::closed_run());
  expect_same_again(testing::tiny_run());
  expect_same_again(testing::empty_run());
}

// Any numbers and names in one of each part.
TEST(RunRecord, AnyContentIsTheSameAgain) {
  EXPECT_TRUE(
      rc::check([](std::uint64_t seed, std::int64_t lost, const std::vector<std::int64_t>& samples,
                   const std::map<std::string, std::uint64_t>& raw) {
        RunRecord record;
        record.seed = seed;
        record.lost = lost;
        for (const auto sample : samples) record.latency.record(sample % 5'000'000, 3);
        OperationRecord operation;
        operation.latency = record.latency;
        for (const auto& [name, times] : raw) {
          // Text in JSON is UTF-8; any bytes are not.
          std::string readable;
          for (const char c : name) readable += static_cast<char>('a' + (c & 15));
          operation.failures[readable] = times;
        }
        record.operations = {operation};
        SecondRecord second;
        second.at = static_cast<double>(seed % 1'000'003) / 7;
        second.lag_seconds = static_cast<double>(lost) * 1e-9;
        if (second.lag_seconds == -1) second.lag_seconds = 0;
        record.seconds = {second};
        const auto read = run_record_of(Json::parse(json_of(record).dump()));
        RC_ASSERT(read.ok());
        RC_ASSERT(json_of(*read) == json_of(record));
        RC_ASSERT(read->seed == seed);
        RC_ASSERT(read->lost == lost);
        RC_ASSERT(read->latency == record.latency);
        RC_ASSERT(read->operations.front().failures == operation.failures);
        RC_ASSERT(read->seconds.front().at == second.at);
      }));
}

TEST(RunRecord, WhatIsMissingOrWrongIsNamed) {
  const Json good = json_of(testing::tiny_run());
  const auto reason = [](const Json& json) {
    const auto read = run_record_of(json);
    return read ? std::string("read") : read.error().message;
  };
  Json json = good;
  json.erase("sent");
  EXPECT_EQ(reason(json), "report: sent is missing");
  json = good;
  json["operations"][1]["latency"]["hdr"] = 5;
  EXPECT_EQ(reason(json), "report: operations.1.latency.hdr must be a text");
  json = good;
  json["sent"] = -1;
  EXPECT_EQ(reason(json), "report: sent must not be negative");
  json = good;
  json["shard"] = 5'000'000'000;
  EXPECT_EQ(reason(json), "report: shard is out of range");
  json = good;
  json["latency"]["max_us"] = 7'000'000;
  EXPECT_EQ(reason(json), "report: latency.hdr does not fit min_us and max_us");
  json = good;
  json["schema"] = "cqrsctl.report/1";
  EXPECT_NE(reason(json).find("cqrsctl.report/1"), std::string::npos);
  EXPECT_NE(reason(Json::array()).find("schema"), std::string::npos);
}

TEST(RunRecord, TheSummaryHasWhatScriptsRelyOn) {
  const Json json = summary_json(testing::failing_run());
  for (const char* member :
       {"verdict", "sent", "acked", "rejected", "indeterminate", "elapsed_s", "entities_per_s",
        "visible_after_s", "lost", "latency_ms", "staleness_ms", "achieved_ratio", "cpu_us_per_cmd",
        "rss_bytes", "slos"}) {
    EXPECT_TRUE(json.contains(member)) << member;
  }
  for (const char* member : {"p50", "p90", "p95", "p99", "p999", "max"}) {
    EXPECT_TRUE(json["latency_ms"].contains(member)) << member;
    EXPECT_TRUE(json["staleness_ms"].contains(member)) << member;
  }
  for (const char* member : {"slo", "ok", "observed", "unit", "samples"}) {
    EXPECT_TRUE(json["slos"][0].contains(member)) << member;
  }
  EXPECT_TRUE(json["slos"][3]["observed"].is_null());  // no data
  EXPECT_TRUE(summary_json(testing::closed_run())["lost"].is_null());
}

}  // namespace
}  // namespace cqrs
