#include "core/workload/slo.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <utility>

namespace cqrs {
namespace {

using std::chrono::milliseconds;
using support::fails_with;
using support::is_ok;

Slo slo_of(std::string_view text) {
  auto slo = parse_slo(text);
  EXPECT_THAT(slo, is_ok()) << text;
  return slo ? *slo : Slo{};
}

TEST(SloText, EveryPartIsRead) {
  const Slo slo = slo_of("staleness:p(99)<1s @10s abort=30s");
  EXPECT_EQ(slo.text, "staleness:p(99)<1s @10s abort=30s");
  EXPECT_EQ(slo.metric, "staleness");
  EXPECT_EQ(slo.aggregate, "p99");
  EXPECT_EQ(slo.comparison, Comparison::kLess);
  EXPECT_EQ(slo.value, 1e6);
  EXPECT_EQ(slo.window, milliseconds(10'000));
  EXPECT_TRUE(slo.abort);
  EXPECT_EQ(slo.abort_after, milliseconds(30'000));
}

TEST(SloText, TagsAreRead) {
  const Slo of_operation = slo_of("errors{op=create_order}:rate<1%");
  EXPECT_EQ(of_operation.tag, "op");
  EXPECT_EQ(of_operation.tag_value, "create_order");
  const Slo of_phase = slo_of(" errors { phase = steady load } : rate <= 0.01 ");
  EXPECT_EQ(of_phase.tag, "phase");
  EXPECT_EQ(of_phase.tag_value, "steady load");
  EXPECT_DOUBLE_EQ(of_phase.value, 0.01);
}

TEST(SloText, ShorthandMeansTheValueTheRateOrTheLargest) {
  EXPECT_EQ(slo_of("ledger.lost==0").aggregate, "value");
  EXPECT_EQ(slo_of("load.achieved>=99%").aggregate, "value");
  EXPECT_EQ(slo_of("errors<1%").aggregate, "rate");
  EXPECT_EQ(slo_of("throughput>500/s").aggregate, "rate");
  EXPECT_EQ(slo_of("lag.records<1k").aggregate, "max");
  EXPECT_EQ(slo_of("recovery.seconds<20").aggregate, "max");
}

TEST(SloText, PercentilesHaveOneSpelling) {
  for (const auto& [written, meant] :
       std::initializer_list<std::pair<const char*, const char*>>{{"p50", "p50"},
                                                                  {"p(99)", "p99"},
                                                                  {"p99.9", "p99.9"},
                                                                  {"p999", "p99.9"},
                                                                  {"p(99.9)", "p99.9"},
                                                                  {"p9999", "p99.99"},
                                                                  {"p100", "p100"},
                                                                  {"p5", "p5"},
                                                                  {"p99.0", "p99"}}) {
    EXPECT_EQ(slo_of("command.latency:" + std::string(written) + "<1s").aggregate, meant);
  }
  EXPECT_DOUBLE_EQ(percentile_of("p99.9").value(), 99.9);
  EXPECT_FALSE(percentile_of("max").has_value());
}

TEST(SloText, ValuesAreInBaseUnits) {
  EXPECT_EQ(slo_of("command.latency:p99<250ms").value, 250'000);
  EXPECT_EQ(slo_of("command.latency:p99<40us").value, 40);
  EXPECT_EQ(slo_of("command.latency:max<2m").value, 120e6);
  EXPECT_EQ(slo_of("command.latency:count>10k").value, 10'000);
  EXPECT_EQ(slo_of("lag.seconds<2").value, 2);
  EXPECT_EQ(slo_of("lag.seconds:mean<250ms").value, 0.25);
  EXPECT_DOUBLE_EQ(slo_of("errors:rate<0.5%").value, 0.005);
  EXPECT_EQ(slo_of("errors:count<5").value, 5);
  EXPECT_EQ(slo_of("throughput>2k/s").value, 2'000);
  EXPECT_EQ(slo_of("rss<20MB").value, 20e6);
  EXPECT_EQ(slo_of("rss<20MiB").value, 20.0 * 1024 * 1024);
  EXPECT_EQ(slo_of("cpu_us_per_cmd<50").value, 50);
  EXPECT_DOUBLE_EQ(slo_of("growth.exponent<1.1").value, 1.1);
}

TEST(SloText, EveryMetricOfTheManualExists) {
  for (const char* text : {"command.latency:p99<1s",
                           "query.latency:p99<1s",
                           "service_time:p99<1s",
                           "schedule_lag:p99<1s",
                           "staleness:p99<1s",
                           "hop.commit:p99<1s",
                           "hop.publish:p99<1s",
                           "hop.apply:p99<1s",
                           "hop.visible:p99<1s",
                           "errors<1%",
                           "throughput>1/s",
                           "load.achieved>=99%",
                           "lag.records<1",
                           "lag.seconds<1",
                           "ledger.acked>0",
                           "ledger.lost==0",
                           "ledger.dup==0",
                           "ledger.phantom==0",
                           "ledger.stale==0",
                           "ledger.indeterminate==0",
                           "verify.diff==0",
                           "order.violations==0",
                           "replay.rate>1k/s",
                           "recovery.seconds<30",
                           "growth.exponent<1.1",
                           "cpu_us_per_cmd<50",
                           "rss<20MB"}) {
    EXPECT_THAT(parse_slo(text), is_ok()) << text;
  }
}

TEST(SloText, EveryComparisonIsRead) {
  EXPECT_EQ(slo_of("errors<1%").comparison, Comparison::kLess);
  EXPECT_EQ(slo_of("errors<=1%").comparison, Comparison::kLessEqual);
  EXPECT_EQ(slo_of("errors>1%").comparison, Comparison::kGreater);
  EXPECT_EQ(slo_of("errors>=1%").comparison, Comparison::kGreaterEqual);
  EXPECT_EQ(slo_of("errors==1%").comparison, Comparison::kEqual);
  EXPECT_EQ(slo_of("errors!=1%").comparison, Comparison::kUnlike);
}

// Each error names what is wrong and the way out.
TEST(SloText, WhatIsWrongIsNamedWithTheWayOut) {
  const std::initializer_list<std::pair<const char*, const char*>> cases{
      {"", "a metric is missing"},
      {"command.latncy:p99<1s", "did you mean command.latency?"},
      {"speed<1", "there are: command.latency"},
      {"command.latency<1s", "write command.latency:p99"},
      {"command.latency:q99<1s", "p50, p99 or any other pNN, max, mean, count"},
      {"command.latency:p0<1s", "has no \"p0\""},
      {"command.latency:p101.5<1s", "has no \"p101.5\""},
      {"ledger.lost:p99==0", "ledger.lost has no \"p99\": there are value"},
      {"command.latency:p99 250ms", "a comparison is missing"},
      {"ledger.lost=0", "use =="},
      {"command.latency:p99<", "\"\" is no number"},
      {"command.latency:p99<fast", "\"fast\" is no number"},
      {"command.latency:p99<250", "add us, ms, s or m"},
      {"command.latency:p99<250%", "\"%\" is no unit of command.latency: there are us, ms, s, m"},
      {"errors<5", "a share is 0 to 1"},
      {"errors<-1%", "never be below 0"},
      {"errors{op=create_ordr}<1%", "did you mean create_order?"},
      {"errors{shard=1}<1%", "there are op and phase"},
      {"errors{op=create_order<1%", "the tag has no }"},
      {"errors{op}<1%", "{op=create_order}"},
      {"errors{op=}<1%", "has no value"},
      {"command.latency{op=get_order}:p99<1s", "use query.latency"},
      {"query.latency{op=create_order}:p99<1s", "use command.latency"},
      {"staleness{op=create_order}:p99<1s", "leave {op=create_order} out"},
      {"errors<1% @1500ms", "whole seconds"},
      {"errors<1% @soon", "\"soon\" is no time"},
      {"errors<1% abort=never", "\"never\" is no time"},
      {"errors<1% please", "\"please\" is not understood"},
      {"ledger.lost==0 @10s", "leave a window (@) out"},
      {"verify.diff==0 abort", "leave abort out"},
      {"hop.apply{phase=x}:p99<1s", "leave {phase=...} out"},
      {"staleness:p99.9<1s @10s", "or use p50, p99"},
      {"errors{op=create_order}<1% @10s", "operations are not kept for every second"},
  };
  for (const auto& [text, says] : cases) {
    const auto slo = parse_slo(text);
    ASSERT_THAT(slo, fails_with(ErrorCode::kInvalid, "slo")) << text;
    EXPECT_THAT(slo.error().message, testing::HasSubstr(says)) << text;
    EXPECT_THAT(slo.error().message, testing::HasSubstr("at character")) << text;
  }
  EXPECT_THAT(parse_slo("errors:rate<1% @10").error().message,
              testing::HasSubstr("at character 16"));
  EXPECT_THAT(parse_slo(std::string(1'000, 'x')).error().message,
              testing::HasSubstr("at most 200"));
}

// Texts as scenarios have them are made worse at random places: never a crash, and what is still
// accepted can be read again.
TEST(SloText, DamagedTextsAreReadOrRefused) {
  const std::string_view whole = "command.latency{op=create_order}:p(99.9)<=250ms";
  for (std::size_t place = 0; place <= whole.size(); ++place) {
    for (const char c : {' ', ':', '{', '}', '=', '<', '@', '9', '(', '.', 'p', '\0', '\xff'}) {
      std::string text(whole);
      text.insert(place, 1, c);
      const auto slo = parse_slo(text);
      if (!slo) continue;
      EXPECT_EQ(*parse_slo(slo->text), *slo) << text;
    }
    const auto shorter = parse_slo(whole.substr(0, place));
    if (!shorter) continue;
    EXPECT_EQ(*parse_slo(shorter->text), *shorter);
  }
}

}  // namespace
}  // namespace cqrs
