#include "cli/load/seed_run.h"

#include "cli/load/seed_sender.h"

#include <algorithm>
#include <sys/resource.h>
#include <thread>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// Waits until the views have everything that was acknowledged.
bool wait_until_visible(const RunningSystem& system, Position position, const SeedPlan& plan,
                        const std::atomic<bool>& interrupted) {
  const auto give_up = Steady::now() + plan.settle;
  while (!interrupted) {
    auto status = call(system, "GET", "/v1/sync-status", {}, std::chrono::seconds(1));
    if (status && status->value("appliedPosition", Position{0}) >= position) return true;
    if (Steady::now() >= give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// Exact to the microsecond, unlike the clock ticks of /proc.
double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result<ResumedLedger> open_ledger(const SeedPlan& plan) {
  if (!plan.resume) {
    auto ledger = create_ledger(plan.ledger_path, plan.shape, SystemClock().now());
    if (!ledger) return ledger.error();
    return ResumedLedger{LedgerProgress(plan.shape), std::move(*ledger)};
  }
  auto resumed = resume_ledger(plan.ledger_path);
  if (resumed && resumed->progress.shape() != plan.shape) {
    return invalid("--ledger", plan.ledger_path + " was replaced meanwhile: start again");
  }
  return resumed;
}

Status send_all(const SeedPlan& plan, const RunningSystem& system, ResumedLedger& ledger,
                const Context& context, SeedResult& result) {
  const Generator generator(plan.shape);
  const load::Endpoint endpoint = system.endpoint();
  Progress progress(context);
  load::StalenessProbe probe(endpoint);
  const auto started = Steady::now();
  const auto schedule = plan.rate > 0 ? load::Schedule(started, plan.rate) : load::Schedule();
  const std::uint64_t max_in_flight =
      plan.max_in_flight > 0 ? plan.max_in_flight : plan.connections * plan.depth * plan.batch;
  load::CommandQueue queue(ledger.progress, *ledger.writer, schedule, max_in_flight);
  SeedSender sender({plan, endpoint, schedule, generator, *ledger.writer, queue, probe, progress,
                     result, context.interrupted});
  auto status = sender.run();
  result.acknowledged_s = seconds_since(started);
  if (status) {
    const auto acknowledged_at = Steady::now();
    result.last_position = std::max(result.last_position, ledger.progress.last_position());
    result.all_visible =
        wait_until_visible(system, result.last_position, plan, context.interrupted);
    result.visible_after_s = seconds_since(acknowledged_at);
  }
  result.staleness = probe.finish();
  progress.finish();
  return status;
}

}  // namespace

Result<SeedResult> run_seed_plan(const SeedPlan& plan, const RunningSystem& system,
                                 const Context& context) {
  auto ledger = open_ledger(plan);
  if (!ledger) return ledger.error();
  SeedResult result;
  result.before = ledger->progress.acknowledged() + ledger->progress.rejected();
  const double client_before = own_cpu_seconds();
  const ProcessUsage server_before = usage_of(system);
  const auto cost_before = read_cpu(system);
  CQRS_TRY(send_all(plan, system, *ledger, context, result));
  // Whoever interrupts does not wait for figures of a service that may be silent.
  if (!context.interrupted) {
    const auto cost_after = read_cpu(system);
    if (cost_before && cost_after) result.cost = *cost_after - *cost_before;
  }
  result.client_cpu_s = own_cpu_seconds() - client_before;
  const ProcessUsage server_after = usage_of(system);
  result.server_cpu_s = server_after.cpu_seconds - server_before.cpu_seconds;
  result.client_rss = process_usage(0).rss_bytes;
  result.server_rss = server_after.rss_bytes;
  result.interrupted = context.interrupted;
  result.totals.acknowledged = ledger->progress.acknowledged() + result.acknowledged;
  result.totals.rejected = ledger->progress.rejected() + result.rejected;
  result.totals.open = plan.shape.total() - result.totals.acknowledged - result.totals.rejected;
  return result;
}

}  // namespace cqrs
