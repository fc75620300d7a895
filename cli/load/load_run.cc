#include "cli/load/load_run.h"

#include "core/verify/op_ledger.h"
#include "core/workload/scenario_file.h"

#include "cli/load/load_series.h"
#include "cli/load/load_worker.h"
#include "cli/report/run_slos.h"

#include <algorithm>
#include <thread>

namespace cqrs::load {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kTurn{50};
// The first operation is due so long after everything is ready.
constexpr std::chrono::milliseconds kLead{20};
// After an interruption: for answers that are on their way.
constexpr std::chrono::seconds kGrace{5};
// The ledger's intent stays so many operations ahead: at least this, and seconds of the schedule.
constexpr std::uint64_t kAheadLeast = 20'000;
constexpr double kAheadSeconds = 10;

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

double highest_rate(const Scenario& scenario) {
  double highest = 0;
  for (const auto& phase : scenario.phases) {
    highest = std::max({highest, phase.arrival.from, phase.arrival.to});
  }
  return highest;
}

std::chrono::microseconds warmup_of(const Scenario& scenario) {
  std::chrono::microseconds sum{0};
  for (const auto& phase : scenario.phases) {
    if (!phase.warmup) break;
    sum += phase.duration;
  }
  return sum;
}

class Run {
 public:
  Run(const LoadPlan& plan, const LoadTarget& target, FaultRunner* faults, Context& context)
      : plan_(plan),
        target_(target),
        faults_(faults),
        context_(context),
        values_(plan.data, plan.scenario.skew) {}

  Result<LoadOutcome> run() {
    CQRS_TRY(open_ledger());
    fill_phases();
    if (target_.look) watch_.emplace(target_.look, target_.look_pause);
    start_ = Steady::now() + kLead;
    started_at_ = SystemClock().now();
    started_at_.micros += std::chrono::microseconds(kLead).count();
    client_cpu_before_ = process_usage(0).cpu_seconds;
    make_probes();
    make_workers();
    start_threads();
    if (faults_ != nullptr) faults_->start(start_);
    watch_over();
    for (auto& thread : threads_) thread.join();
    outcome_.record.client_cpu_s = process_usage(0).cpu_seconds - client_cpu_before_;
    const auto ended = Steady::now();
    if (faults_ != nullptr) faults_->heal();
    CQRS_TRY(close_ledger());
    for (const Status& status : problems_) CQRS_TRY(status);
    await_visible();
    fill(ended);
    return std::move(outcome_);
  }

 private:
  Status open_ledger() {
    if (plan_.ledger.empty()) return {};
    OpLedgerHead head;
    head.data = plan_.data;
    head.shard = plan_.shard;
    head.shards = plan_.shards;
    head.created_at = SystemClock().now();
    head.name = plan_.scenario.name;
    head.target = target_.url;
    head.scenario = scenario_json(plan_.scenario);
    auto writer = create_op_ledger(plan_.ledger, head);
    if (!writer) return writer.error();
    const auto ahead = static_cast<std::uint64_t>(highest_rate(plan_.scenario) * kAheadSeconds);
    ledger_ = std::make_unique<LedgerLane>(std::move(*writer), std::max(kAheadLeast, ahead));
    return ledger_->problem();
  }

  Status close_ledger() {
    if (!ledger_) return {};
    std::uint64_t next = 0;
    for (const auto& worker : workers_) next = std::max(next, worker->next_number());
    return ledger_->close(next);
  }

  void make_probes() {
    if (!plan_.scenario.probing.on) return;
    probes_ = std::make_unique<ProbeLane>(
        target_.client, target_.make_dialect(values_), plan_.scenario.probing.one_in,
        start_ + warmup_of(plan_.scenario), watch_ ? &*watch_ : nullptr);
  }

  void make_workers() {
    const unsigned threads = std::max(1U, plan_.threads);
    LoadParts parts{plan_.scenario,
                    values_,
                    target_.client,
                    plan_.via_grpc ? target_.grpc : std::nullopt,
                    start_,
                    started_at_,
                    ledger_.get(),
                    probes_.get(),
                    plan_.record_reads,
                    plan_.scenario.expect.visible,
                    stop_,
                    abandon_};
    parts.client.timeout = plan_.scenario.timeout;
    parts.client.connections = std::max<std::size_t>(1, plan_.connections / threads);
    parts.client.on_demand = true;
    parts.client.depth = 1;  // nothing waits behind another answer
    if (parts.grpc) {
      parts.grpc->timeout = plan_.scenario.timeout;
      parts.grpc->in_flight = std::max<std::size_t>(1, plan_.scenario.max_in_flight / threads);
    }
    const std::uint64_t most = std::max<std::uint64_t>(1, plan_.scenario.max_in_flight / threads);
    for (unsigned i = 0; i < threads; ++i) {
      const Share share{static_cast<std::uint64_t>(plan_.shard - 1) * threads + i,
                        static_cast<std::uint64_t>(plan_.shards) * threads};
      workers_.push_back(
          std::make_unique<LoadWorker>(parts, share, target_.make_dialect(values_), most));
    }
  }

  void start_threads() {
    problems_.resize(workers_.size());
    running_ = workers_.size();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      threads_.emplace_back([this, i] {
        std::this_thread::sleep_until(start_ - 1ms);
        problems_[i] = workers_[i]->run();
        --running_;
      });
    }
  }

  // Until every thread is done: gathers the series, and ends what must end early.
  void watch_over() {
    Progress progress(context_);
    LoadSeries series(
        {plan_, target_, workers_, probes_.get(), watch_ ? &*watch_ : nullptr, start_}, progress);
    SteadyTime stopped{};
    std::size_t judged = 0;
    bool drained = false;
    const bool may_abort =
        std::any_of(plan_.slos.begin(), plan_.slos.end(), [](const Slo& slo) { return slo.abort; });
    while (running_ > 0) {
      std::this_thread::sleep_for(kTurn);
      const auto now = Steady::now();
      if (now < start_) continue;
      if (!schedule_over()) {
        series.tick(now);
      } else if (!drained) {
        // What is still broken would keep what is unknown from being found out.
        drained = true;
        series.finish(now);
        if (faults_ != nullptr) faults_->heal();
      }
      if (may_abort && series.seconds().size() > judged) {
        judged = series.seconds().size();
        abort_when_broken(series.seconds());
      }
      if (context_.interrupted) outcome_.facts.interrupted = true;
      if (!outcome_.facts.interrupted && !outcome_.facts.aborted) continue;
      stop_ = true;
      if (stopped == SteadyTime{}) stopped = now;
      if (outcome_.facts.interrupted && now - stopped > kGrace) abandon_ = true;
    }
    if (!drained) series.finish(Steady::now());
    progress.finish();
    outcome_.record.seconds = series.seconds();
    outcome_.record.client_rss = series.client_rss();
    outcome_.record.system_rss = series.system_rss();
    outcome_.record.system_cpu_s = series.system_cpu_s();
  }

  [[nodiscard]] bool schedule_over() const {
    return std::all_of(workers_.begin(), workers_.end(),
                       [](const auto& worker) { return worker->schedule_over(); });
  }

  void abort_when_broken(const std::vector<SecondRecord>& seconds) {
    if (outcome_.facts.aborted) return;
    outcome_.record.seconds = seconds;
    const auto broken = broken_abort(outcome_.record, plan_.slos);
    if (!broken) return;
    outcome_.facts.aborted = true;
    outcome_.record.caveats.push_back("the run was ended early, because this was broken: " +
                                      broken->slo.text);
  }

  // Everything that was acknowledged can be read, or time is up.
  void await_visible() {
    if (!plan_.await_visible) {
      outcome_.facts.all_visible = true;
      return;
    }
    Position last = 0;
    SteadyTime acknowledged = start_;
    for (const auto& worker : workers_) {
      last = std::max(last, worker->last_position());
      acknowledged = std::max(acknowledged, worker->last_acknowledged());
    }
    const auto patience = outcome_.facts.interrupted ? 0ms : plan_.scenario.expect.visible;
    const auto until = Steady::now() + patience;
    const auto dialect = target_.make_dialect(values_);
    do {
      const auto lag = dialect->lag();
      if (lag && (last > 0 && lag->applied > 0 ? lag->applied >= last : lag->caught_up)) {
        outcome_.facts.all_visible = true;
        outcome_.record.visible_after_s = seconds_between(acknowledged, Steady::now());
        break;
      }
      std::this_thread::sleep_for(2ms);
    } while (Steady::now() < until && !context_.interrupted);
    // The watch has seen it pass, as long as there is one; a look is only as early as it was made.
    const auto applied = watch_ && last > 0 ? watch_->applied_at(last) : std::nullopt;
    if (outcome_.facts.all_visible && applied) {
      outcome_.record.visible_after_s = std::max(0.0, seconds_between(acknowledged, *applied));
    }
    if (context_.interrupted) outcome_.facts.interrupted = true;
    if (probes_) probed_ = probes_->finish(outcome_.facts.all_visible ? 2'000ms : 0ms);
    if (faults_ == nullptr) return;
    (void)faults_->await_recovery(patience);
    faults_->stop();
    outcome_.record.faults = faults_->records();
  }

  void fill(SteadyTime ended) {
    RunRecord& record = outcome_.record;
    record.title = plan_.scenario.name;
    record.started_at = to_string(started_at_);
    record.model = plan_.scenario.closed() ? "closed" : "open";
    record.target = target_.url;
    record.profile = target_.profile;
    record.seed = plan_.seed;
    record.shard = plan_.shard;
    record.shards = plan_.shards;
    record.scenario = scenario_json(plan_.scenario);
    record.command_line = context_.options.command_line;
    record.ledger = plan_.ledger;
    record.elapsed_s = seconds_between(start_, ended);
    record.warmup_s = std::chrono::duration<double>(warmup_of(plan_.scenario)).count();
    fill_totals();
    fill_rates();
    fill_histograms();
  }

  void fill_phases() {
    double from = 0;
    for (const auto& phase : plan_.scenario.phases) {
      const double to = from + std::chrono::duration<double>(phase.duration).count();
      outcome_.record.phases.push_back({phase.name, from, to, phase.warmup});
      from = to;
    }
  }

  void fill_totals() {
    Totals totals;
    for (const auto& worker : workers_) {
      totals.add(worker->totals());
      outcome_.facts.busiest = std::max(outcome_.facts.busiest, worker->busy());
      if (outcome_.facts.first_failure.empty()) {
        outcome_.facts.first_failure = worker->first_failure();
      }
    }
    RunRecord& record = outcome_.record;
    record.sent = totals.sent;
    record.acknowledged = totals.acknowledged;
    record.rejected = totals.rejected;
    record.indeterminate = totals.indeterminate;
    record.resolved = totals.resolved;
    record.substituted = totals.substituted;
  }

  // What was due until the last send, or until the run was stopped.
  void fill_rates() {
    RunRecord& record = outcome_.record;
    const double planned = std::chrono::duration<double>(plan_.scenario.duration()).count();
    SteadyTime last = start_;
    for (const auto& worker : workers_) last = std::max(last, worker->last_sent());
    const bool cut = outcome_.facts.interrupted || outcome_.facts.aborted;
    const double over = cut ? seconds_between(start_, last) : planned;
    const double took = std::max(0.001, std::max(over, seconds_between(start_, last)));
    record.achieved_per_s = static_cast<double>(record.sent) / took;
    if (plan_.scenario.closed()) {
      record.intended = record.sent;
      return;
    }
    ArrivalStream arrivals(plan_.scenario, plan_.seed);
    const auto until = std::chrono::microseconds(static_cast<std::int64_t>(over * 1e6));
    record.intended = arrivals.intended_by(until) / plan_.shards;
    const auto all = arrivals.intended_by(plan_.scenario.duration()) / plan_.shards;
    record.skipped = all > record.sent ? all - record.sent : 0;
    record.intended_per_s = over > 0 ? static_cast<double>(record.intended) / over : 0;
    // A schedule that was caught up with late was not kept: what counts is the rate.
    record.achieved_ratio = record.intended_per_s > 0
                                ? std::min(1.0, record.achieved_per_s / record.intended_per_s)
                                : 1;
  }

  void fill_histograms() {
    RunRecord& record = outcome_.record;
    OpTable table;
    for (const auto& worker : workers_) {
      record.schedule_lag.merge(worker->schedule_lag());
      for (std::size_t i = 0; i < table.size(); ++i) {
        if (!worker->table()[i]) continue;
        if (!table[i]) table[i] = std::make_unique<OpStats>();
        table[i]->merge(*worker->table()[i]);
      }
    }
    for (const auto& info : all_operations()) {
      const auto& stats = table[operation_index(info.operation)];
      if (!stats) continue;
      (info.command ? record.latency : record.query_latency).merge(stats->latency);
      record.service_time.merge(stats->service_time);
      record.operations.push_back({std::string(info.name), info.command, stats->sent,
                                   stats->acknowledged, stats->rejected, stats->indeterminate,
                                   stats->latency, stats->service_time, stats->failure,
                                   stats->failures});
    }
    record.staleness = probed_.staleness;
    record.hops = probed_.hops;
    if (probed_.passed_over > 0) {
      record.caveats.push_back(std::to_string(probed_.passed_over) + " of " +
                               std::to_string(probed_.offered) +
                               " commands to be probed for staleness were passed over, because too "
                               "many were waited for at the time");
    }
    if (probed_.unseen > 0) {
      record.caveats.push_back(std::to_string(probed_.unseen) +
                               " probed commands were not visible when probing ended");
    }
  }

  const LoadPlan& plan_;
  const LoadTarget& target_;
  FaultRunner* faults_;
  Context& context_;
  OpValues values_;
  double client_cpu_before_ = 0;
  SteadyTime start_{};
  Timestamp started_at_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> abandon_{false};
  std::unique_ptr<LedgerLane> ledger_;
  std::optional<PositionWatch> watch_;
  std::unique_ptr<ProbeLane> probes_;
  std::vector<std::unique_ptr<LoadWorker>> workers_;
  std::vector<Status> problems_;
  std::atomic<std::size_t> running_{0};
  std::vector<std::thread> threads_;
  ProbeResult probed_;
  LoadOutcome outcome_;
};

}  // namespace

Result<LoadOutcome> run_load(const LoadPlan& plan, const LoadTarget& target, FaultRunner* faults,
                             Context& context) {
  return Run(plan, target, faults, context).run();
}

}  // namespace cqrs::load
