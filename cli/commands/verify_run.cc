#include "cli/commands/verify_run.h"

#include "core/wiring/stores.h"

#include "cli/output/work_progress.h"

#include <atomic>
#include <thread>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPoll{20};

// Tasks are taken from a common counter, so that neither thread waits while there is work.
void run_in_two_threads(std::size_t tasks,
                        const std::function<void(std::size_t task, std::size_t lane)>& run) {
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t lane) {
    for (std::size_t task = next++; task < tasks; task = next++) run(task, lane);
  };
  std::thread second(work, 1);
  work(0);
  second.join();
}

}  // namespace

Result<VerifyReport> run_verification(const OpenSources& open, const VerifyRun& run,
                                      Context& context) {
  auto first = open(run.generation);
  if (!first) return first.error();
  auto second = open(first->generation);
  if (!second) return second.error();
  VerifyInput input;
  input.streams = first->streams.get();
  input.views = first->views.get();
  input.record = first->record.get();
  input.topics = first->topics.get();
  input.history = first->history.get();
  input.cache = first->cache.get();
  input.copies = first->copies.get();
  input.more_lanes = {{second->streams.get(), second->views.get(), second->record.get(),
                       second->topics.get(), second->history.get(), second->cache.get(),
                       second->copies.get()}};
  input.run_tasks = run_in_two_threads;
  input.ledgers = run.ledgers;
  input.loads = run.loads;
  input.checks = run.checks;
  input.limit = run.limit;
  input.as_of = run.as_of;
  if (run.min_age.count() > 0) {
    input.young_after.micros =
        SystemClock().now().micros - std::chrono::microseconds(run.min_age).count();
  }
  WorkProgress progress(context, "verify");
  const auto give_up = Steady::now() + run.settle;
  input.keep_waiting = [&] {
    if (Steady::now() >= give_up || context.interrupted) return false;
    progress.tick(first->topics ? "waiting for the topics and the views" : "waiting for the views",
                  Steady::now());
    std::this_thread::sleep_for(kPoll);
    return true;
  };
  input.progress = [&](std::int64_t rows) {
    progress.add(rows, Steady::now());
    return !context.interrupted;
  };
  auto report = verify(input);
  progress.finish();
  return report;
}

Result<VerifyReport> run_verification(const DataDir& dir, const VerifyRun& run, Context& context) {
  return run_verification([&](int generation) { return stored::open_sources(dir, generation); },
                          run, context);
}

}  // namespace cqrs
