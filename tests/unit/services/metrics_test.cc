// Processor time by stage: what is added per batch and what is read at rendering both end up as
// counters, and the write store's share is told apart from what its callback decides.
#include "services/chassis/metrics.h"

#include "core/adapters/memory/stores.h"

#include "services/command/timed_store.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace cqrs {
namespace {

using namespace std::chrono_literals;

// -1 when the line is not there.
double value_of(const std::string& rendered, const std::string& series) {
  const auto at = rendered.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::strtod(&rendered[at + series.size() + 2], nullptr);
}

void burn(std::chrono::nanoseconds time) {
  const auto until = thread_cpu_time() + time;
  while (thread_cpu_time() < until) {
  }
}

TEST(Metrics, StageCpuAddsUpOverBatches) {
  Metrics metrics;
  metrics.add_stage_cpu("store", 1500ms);
  metrics.add_stage_cpu("store", 500ms);
  metrics.add_stage_cpu("decide", 250ms);
  const std::string text = metrics.render();
  EXPECT_DOUBLE_EQ(value_of(text, R"(cqrs_stage_cpu_seconds_total{stage="store"})"), 2.0) << text;
  EXPECT_DOUBLE_EQ(value_of(text, R"(cqrs_stage_cpu_seconds_total{stage="decide"})"), 0.25);
}

TEST(Metrics, AStageCpuTotalFollowsItsSourceAndNeverFalls) {
  Metrics metrics;
  std::chrono::nanoseconds total = 3s;
  metrics.stage_cpu("http", [&] { return total; });
  const std::string series = R"(cqrs_stage_cpu_seconds_total{stage="http"})";
  EXPECT_DOUBLE_EQ(value_of(metrics.render(), series), 3.0);
  total = 5s;
  EXPECT_DOUBLE_EQ(value_of(metrics.render(), series), 5.0);
  total = 0s;  // its thread has ended
  EXPECT_DOUBLE_EQ(value_of(metrics.render(), series), 5.0);
}

TEST(Metrics, TheProcessStandsBesideTheStages) {
  Metrics metrics;
  const double before = value_of(metrics.render(), "process_cpu_seconds_total");
  burn(5ms);
  EXPECT_GE(value_of(metrics.render(), "process_cpu_seconds_total"), before + 0.005);
}

TEST(TimedWriteStore, TellsItsOwnTimeWithoutWhatTheCallbackTook) {
  memory::MemoryRecord record;
  const auto store = memory::open_write_store(record);
  TimedWriteStore timed(*store);
  const auto started = thread_cpu_time();
  EXPECT_THAT(timed.transact({},
                             [](const Loaded&) {
                               burn(50ms);
                               return Changes{};
                             }),
              support::is_ok());
  EXPECT_GE(thread_cpu_time() - started, 50ms);
  const auto spent = timed.take_spent();
  EXPECT_GT(spent, 0ns);
  EXPECT_LT(spent, 25ms) << "the callback's time was counted as the store's";
  EXPECT_EQ(timed.take_spent(), 0ns) << "taken once";
}

}  // namespace
}  // namespace cqrs
