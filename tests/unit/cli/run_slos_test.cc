#include "cli/report/run_slos.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

SloResult judged(const RunRecord& record, std::string_view text, const SloFigures& figures = {}) {
  auto slo = parse_slo(text);
  EXPECT_THAT(slo, support::is_ok());
  return judge_all(record, {*slo}, figures).front();
}

double seen(const RunRecord& record, std::string_view text, const SloFigures& figures = {}) {
  return judged(record, text, figures).observed.value_or(-1);
}

Histogram histogram_of(std::initializer_list<std::int64_t> values) {
  Histogram histogram;
  for (const auto value : values) histogram.record(value);
  return histogram;
}

// Two seconds of warm-up, four of "calm", four of "burst".
RunRecord record_of() {
  RunRecord record;
  record.model = "open";
  record.phases = {{"warm-up", 0, 2, true}, {"calm", 2, 6, false}, {"burst 1", 6, 10, false}};
  for (int i = 0; i < 10; ++i) {
    SecondRecord second;
    second.at = i;
    second.target = 100;
    second.sent = i < 2 ? 10 : 100;
    second.acknowledged = i < 6 ? 100 : 50;
    second.errors = i < 2 ? 90 : (i < 6 ? 0 : 50);
    second.latency_p99 = i < 2 ? 900 : 10 + i;
    second.staleness_p99 = 100 * (i + 1);
    second.lag_records = i;
    second.lag_seconds = i / 10.0;
    second.schedule_lag_p99 = i;
    second.client_rss = 1'000'000 + i;
    second.reads_ok = i == 7 ? 0.5 : 1;
    record.seconds.push_back(second);
  }
  return record;
}

TEST(RunSlos, HistogramsAreThoseOfTheWholeRun) {
  RunRecord record;
  record.latency = histogram_of({100, 200, 400});
  record.query_latency = histogram_of({50});
  record.service_time = histogram_of({10, 20});
  record.schedule_lag = histogram_of({5});
  record.staleness = histogram_of({1'000});
  record.hops["apply"] = histogram_of({70});
  EXPECT_EQ(seen(record, "command.latency:max<1s"), 400);
  EXPECT_EQ(seen(record, "command.latency:p50<1s"), 200);
  EXPECT_EQ(seen(record, "command.latency:count>1"), 3);
  EXPECT_NEAR(seen(record, "command.latency:mean<1s"), 233.3, 0.1);
  EXPECT_EQ(seen(record, "query.latency:p99<1s"), 50);
  EXPECT_EQ(seen(record, "service_time:max<1s"), 20);
  EXPECT_EQ(seen(record, "schedule_lag:p99<1s"), 5);
  EXPECT_EQ(seen(record, "staleness:p99<1s"), 1'000);
  EXPECT_EQ(seen(record, "hop.apply:p99<1s"), 70);
  EXPECT_EQ(judged(record, "command.latency:p99<1s").samples, 3U);
}

TEST(RunSlos, WhatARunDoesNotKnowFails) {
  const RunRecord record;
  for (const char* text : {"command.latency:p99<1s",
                           "staleness:p99<1s",
                           "hop.commit:p99<1s",
                           "errors<1%",
                           "throughput>=0/s",
                           "load.achieved>=0%",
                           "lag.records<1m",
                           "ledger.lost==0",
                           "ledger.dup==0",
                           "ledger.acked>=0",
                           "verify.diff==0",
                           "order.violations==0",
                           "replay.rate>=0/s",
                           "recovery.seconds<1m",
                           "growth.exponent<2",
                           "cpu_us_per_cmd<1000",
                           "rss<1GB",
                           "ledger.indeterminate==0",
                           "errors<1% @5s",
                           "staleness{phase=x}:p99<1s",
                           "visible.seconds<9"}) {
    const auto result = judged(record, text);
    EXPECT_FALSE(result.ok) << text;
    EXPECT_FALSE(result.observed.has_value()) << text;
  }
}

TEST(RunSlos, OperationsAreJudgedOneByOneAndTogether) {
  RunRecord record = record_of();
  OperationRecord create;
  create.name = "create_order";
  create.command = true;
  create.acknowledged = 80;
  create.rejected = 15;
  create.indeterminate = 5;
  create.latency = histogram_of({300});
  create.service_time = histogram_of({200});
  OperationRecord get;
  get.name = "get_order";
  get.acknowledged = 100;
  record.operations = {create, get};
  EXPECT_DOUBLE_EQ(seen(record, "errors<1%"), 0.1);
  EXPECT_DOUBLE_EQ(seen(record, "errors{op=create_order}<1%"), 0.2);
  EXPECT_EQ(judged(record, "errors{op=create_order}<1%").samples, 100U);
  EXPECT_EQ(seen(record, "errors:count<1"), 20);
  EXPECT_TRUE(judged(record, "errors{op=get_order}<=0%").ok);
  EXPECT_EQ(seen(record, "command.latency{op=create_order}:p99<1s"), 300);
  EXPECT_EQ(seen(record, "service_time{op=create_order}:p99<1s"), 200);
  EXPECT_FALSE(judged(record, "errors{op=pay_order}<1%").observed.has_value());
  // 180 in the eight seconds after the warm-up.
  EXPECT_DOUBLE_EQ(seen(record, "throughput>1/s"), 22.5);
  EXPECT_DOUBLE_EQ(seen(record, "throughput{op=get_order}>1/s"), 12.5);
}

TEST(RunSlos, APhaseIsJudgedOnItsSeconds) {
  const RunRecord record = record_of();
  EXPECT_EQ(seen(record, "errors{phase=calm}<1%"), 0);
  EXPECT_DOUBLE_EQ(seen(record, "errors{phase=burst}<1%"), 0.5);  // a stage, by its phase's name
  EXPECT_DOUBLE_EQ(seen(record, "errors{phase=warm-up}<1%"), 90.0 / 190);
  EXPECT_EQ(judged(record, "errors{phase=burst}<1%").samples, 400U);
  EXPECT_EQ(seen(record, "throughput{phase=burst}>1/s"), 50);
  EXPECT_EQ(seen(record, "command.latency{phase=calm}:p99<1s"), 15'000);
  EXPECT_EQ(seen(record, "staleness{phase=burst}:p99<2s"), 1'000'000);
  EXPECT_EQ(seen(record, "lag.records{phase=burst}:last<5"), 9);
  EXPECT_EQ(seen(record, "lag.records{phase=burst}:min<5"), 6);
  EXPECT_EQ(seen(record, "lag.records{phase=burst}:mean<5"), 7.5);
  EXPECT_EQ(seen(record, "load.achieved{phase=warm-up}>=99%"), 0.1);
  EXPECT_EQ(seen(record, "schedule_lag{phase=calm}:p99<1s"), 5'000);
  EXPECT_FALSE(judged(record, "errors{phase=other}<1%").observed.has_value());
}

TEST(RunSlos, OfWindowsTheWorstIsTold) {
  const RunRecord record = record_of();
  EXPECT_DOUBLE_EQ(seen(record, "errors<1% @4s"), 0.5);
  EXPECT_EQ(seen(record, "errors>1% @4s"), 0);  // for > the worst is the lowest
  EXPECT_EQ(seen(record, "throughput>60/s @4s"), 50);
  EXPECT_EQ(seen(record, "throughput<60/s @4s"), 100);
  EXPECT_EQ(seen(record, "staleness:p99<1s @2s"), 1'000'000);
  EXPECT_EQ(judged(record, "lag.seconds:max<1 @3s").samples, 8U);
  // Two seconds are left after two windows of three: more than half, so they count.
  EXPECT_EQ(seen(record, "lag.seconds:min<0 @3s"), 0.8);
  // One is left after one of seven: it says little about seven.
  EXPECT_EQ(seen(record, "lag.records:min<0 @7s"), 2);
  // The warm-up is in no window.
  EXPECT_EQ(seen(record, "schedule_lag:p99<1s @20s"), 9'000);
  EXPECT_EQ(seen(record, "load.achieved>=99% @2s"), 1);
}

TEST(RunSlos, LevelsWithoutAWindowAreThoseAfterTheWarmup) {
  const RunRecord record = record_of();
  EXPECT_EQ(seen(record, "lag.records<5"), 9);
  EXPECT_EQ(seen(record, "lag.records:min<5"), 2);
  EXPECT_EQ(seen(record, "reads.available>=99%"), 0.5);
  EXPECT_EQ(seen(record, "rss:last<1MB"), 1'000'009);
}

TEST(RunSlos, TheLastSecondCountsForAsLongAsItWas) {
  RunRecord record = record_of();
  record.phases.back().to = 9.5;
  EXPECT_NEAR(seen(record, "throughput{phase=burst}>1/s"), 200 / 3.5, 1e-9);
}

TEST(RunSlos, LedgerVerifyAndFiguresAreTotals) {
  RunRecord record;
  record.lost = 0;
  record.sent = 10;
  record.acknowledged = 10;
  record.indeterminate = 2;
  EXPECT_TRUE(judged(record, "ledger.lost==0").ok);
  record.lost = 3;
  EXPECT_EQ(seen(record, "ledger.lost==0"), 3);
  EXPECT_EQ(seen(record, "ledger.indeterminate==0"), 2);
  EXPECT_FALSE(judged(record, "verify.diff==0").ok);
  EXPECT_TRUE(judged(record, "verify.diff==0", {{"verify.diff", 0}}).ok);
  EXPECT_EQ(seen(record, "growth.exponent<1.1", {{"growth.exponent", 1.02}}), 1.02);
  record.mismatches.push_back({{"kind", "lost"}});
  EXPECT_EQ(seen(record, "verify.diff==0"), 1);
}

TEST(RunSlos, CostsAreThoseOfTheGeneratorAndOfTheSystem) {
  RunRecord record;
  record.sent = 1'000;
  record.client_cpu_s = 0.04;
  record.system_cpu_s = 0.2;
  record.client_rss = 19'000'000;
  record.system_rss = 80'000'000;
  EXPECT_NEAR(seen(record, "cpu_us_per_cmd<50"), 40, 1e-9);
  EXPECT_NEAR(seen(record, "system.cpu_us_per_cmd<50"), 200, 1e-9);
  EXPECT_EQ(seen(record, "rss<20MB"), 19e6);
  EXPECT_EQ(seen(record, "system.rss<20MB"), 80e6);
}

TEST(RunSlos, AClosedModelHasNoSchedule) {
  RunRecord record = record_of();
  record.model = "closed";
  record.intended = 100;
  record.schedule_lag = histogram_of({1});
  EXPECT_FALSE(judged(record, "load.achieved>=99%").observed.has_value());
  EXPECT_FALSE(judged(record, "schedule_lag:p99<1s").observed.has_value());
}

TEST(RunSlos, RecoveryNeedsTheLastFaultToBeOver) {
  RunRecord record;
  record.faults.resize(2);
  record.faults[0].recovered_after = 4;
  record.faults[1].recovered_after = 2;
  EXPECT_EQ(seen(record, "recovery.seconds<3"), 4);
  EXPECT_EQ(seen(record, "recovery.seconds:mean<3"), 3);
  EXPECT_EQ(seen(record, "recovery.seconds:last<3"), 2);
  record.faults[1].recovered_after = -1;
  EXPECT_FALSE(judged(record, "recovery.seconds<30").observed.has_value());
}

std::optional<SloResult> aborted(const RunRecord& record, std::size_t seconds,
                                 std::string_view text) {
  RunRecord so_far = record;
  so_far.seconds.resize(seconds);
  return broken_abort(so_far, {*parse_slo(text)});
}

TEST(RunSlos, ARunEndsEarlyWhenAThresholdIsBrokenForGood) {
  const RunRecord record = record_of();
  EXPECT_FALSE(aborted(record, 0, "errors<10% abort"));
  EXPECT_FALSE(aborted(record, 6, "errors<10% abort"));  // what failed in the warm-up is no matter
  EXPECT_TRUE(aborted(record, 10, "errors<10% abort"));
  EXPECT_FALSE(aborted(record, 10, "errors<10%"));
  EXPECT_FALSE(aborted(record, 9, "errors<10% abort=10s"));
  EXPECT_TRUE(aborted(record, 10, "errors<10% abort=10s"));
  // A window counts when it is complete.
  EXPECT_FALSE(aborted(record, 9, "errors<40% @4s abort"));
  const auto result = aborted(record, 10, "errors<40% @4s abort");
  ASSERT_TRUE(result);
  EXPECT_DOUBLE_EQ(result->observed.value_or(0), 0.5);
  EXPECT_FALSE(aborted(record, 10, "staleness:p50<1s abort"));  // no data is no reason
}

}  // namespace
}  // namespace cqrs
