#include "core/workload/slo.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

class FixedSource final : public SloSource {
 public:
  explicit FixedSource(std::optional<Observation> seen) : seen_(seen) {}
  [[nodiscard]] std::optional<Observation> observe(const Slo& /*slo*/) const override {
    return seen_;
  }

 private:
  std::optional<Observation> seen_;
};

SloResult judged(std::string_view text, double value, std::uint64_t samples = 12'345) {
  return judge(*parse_slo(text), FixedSource({{value, samples}}));
}

TEST(Slo, EveryComparisonIsCarriedOut) {
  EXPECT_TRUE(judged("errors:count<5", 4).ok);
  EXPECT_FALSE(judged("errors:count<5", 5).ok);
  EXPECT_TRUE(judged("errors:count<=5", 5).ok);
  EXPECT_FALSE(judged("errors:count<=5", 6).ok);
  EXPECT_TRUE(judged("errors:count>5", 6).ok);
  EXPECT_FALSE(judged("errors:count>5", 5).ok);
  EXPECT_TRUE(judged("errors:count>=5", 5).ok);
  EXPECT_FALSE(judged("errors:count>=5", 4).ok);
  EXPECT_TRUE(judged("errors:count==5", 5).ok);
  EXPECT_FALSE(judged("errors:count==5", 4).ok);
  EXPECT_TRUE(judged("errors:count!=5", 4).ok);
  EXPECT_FALSE(judged("errors:count!=5", 5).ok);
}

TEST(Slo, WithoutSamplesItFails) {
  for (const auto& source :
       {FixedSource(std::nullopt).observe({}), FixedSource({{0, 0}}).observe({})}) {
    const auto result = judge(*parse_slo("command.latency:p99<250ms"), FixedSource(source));
    EXPECT_FALSE(result.ok);
    EXPECT_FALSE(result.observed.has_value());
    EXPECT_EQ(text_of(result), "command.latency:p99<250ms  no data");
  }
}

TEST(Slo, WhatWasObservedIsToldInTheUnitThatIsUsual) {
  EXPECT_EQ(text_of(judged("command.latency:p99<250ms", 120'000)),
            "command.latency:p99<250ms  observed 120 ms (12,345 samples)");
  EXPECT_EQ(text_of(judged("load.achieved>=99%", 0.99984, 1)),
            "load.achieved>=99%  observed 99.98% (1 sample)");
  EXPECT_EQ(text_of(judged("ledger.lost==0", 3, 10)), "ledger.lost==0  observed 3 (10 samples)");
  EXPECT_EQ(text_of(judged("throughput>1k/s", 1234.56, 10)),
            "throughput>1k/s  observed 1235/s (10 samples)");
  EXPECT_EQ(judged("cpu_us_per_cmd<50", 42).unit, "us");
  EXPECT_EQ(judged("lag.seconds<2", 0.5).unit, "s");
  EXPECT_EQ(judged("rss<20MB", 19e6).unit, "bytes");
  EXPECT_DOUBLE_EQ(judged("staleness:p99<1s", 250'000).shown, 250);
  EXPECT_EQ(judged("command.latency:count>5", 12).unit, "");
}

TEST(Slo, ThoseOfEveryRunKnowTheModel) {
  const auto open = always_on_slos(true, 0.955);
  ASSERT_EQ(open.size(), 3U);
  EXPECT_EQ(open[0].text, "ledger.lost==0");
  EXPECT_EQ(open[1].text, "verify.diff==0");
  EXPECT_EQ(open[2].text, "load.achieved>=95.5%");
  EXPECT_EQ(always_on_slos(true).back().value, 0.99);
  EXPECT_EQ(always_on_slos(false).size(), 2U);
}

}  // namespace
}  // namespace cqrs
