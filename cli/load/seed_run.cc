#include "cli/load/seed_run.h"

#include "core/base/failpoint.h"

#include "cli/load/pipeline_client.h"
#include "cli/load/staleness_probe.h"
#include "cli/output/progress.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <thread>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::uint64_t kIntentBlock = 10'000;
constexpr std::chrono::seconds kSyncEvery{1};
constexpr std::chrono::milliseconds kRetryPause{50};

std::string_view path_of(Kind kind) {
  return kind == Kind::kUser ? "/v1/users" : kind == Kind::kProduct ? "/v1/products" : "/v1/orders";
}

// The number behind `"name":` in an answer of ours; 0 when it is not there.
std::int64_t number_in(std::string_view body, std::string_view name) {
  const auto at = body.find(name);
  std::int64_t value = 0;
  if (at != std::string_view::npos) {
    std::from_chars(body.data() + at + name.size(), body.data() + body.size(), value);
  }
  return value;
}

// One kind of entity on its way: what is next, what must be tried again, what is finished.
class Phase {
 public:
  Phase(const SeedPlan& plan, const RunningSystem& system, Kind kind, const Generator& generator,
        LedgerWriter& ledger, load::StalenessProbe& probe, Progress& progress, SeedResult& result)
      : plan_(plan),
        kind_(kind),
        total_(plan.shape.count(kind)),
        generator_(generator),
        ledger_(ledger),
        probe_(probe),
        progress_(progress),
        result_(result),
        system_(system) {
    prefix_ = "POST " + std::string(path_of(kind)) + " HTTP/1.1\r\nHost: " + host() +
              "\r\nContent-Type: application/json\r\nIdempotency-Key: ";
  }

  Status run(const std::atomic<bool>& interrupted) {
    interrupted_ = &interrupted;
    load::ClientOptions options;
    options.endpoint = system_.endpoint();
    options.connections =
        std::min<std::size_t>(plan_.connections, std::max<std::uint64_t>(1, total_));
    options.depth = plan_.depth;
    load::ClientCallbacks callbacks;
    callbacks.next = [this](load::Prepared& request) { return next(request); };
    callbacks.done = [this](const load::Answer& answer) { done(answer); };
    callbacks.idle = [this] { return more_to_come(); };
    last_progress_ = Steady::now();
    auto status = load::run_client(options, callbacks, interrupted);
    // Away at this very moment: a service that restarts between two phases is waited for.
    while (!status && finished_ == 0 && problem_.ok() && !interrupted && !stuck(Steady::now())) {
      std::this_thread::sleep_for(kRetryPause);
      status = load::run_client(options, callbacks, interrupted);
    }
    give_up_rest();
    if (!problem_.ok()) return problem_;
    if (!status && finished_ > 0) return ledger_.sync();
    if (!status) return status;
    return ledger_.sync();
  }

 private:
  [[nodiscard]] std::string host() const {
    const auto endpoint = system_.endpoint();
    return endpoint.host + ":" + std::to_string(endpoint.port);
  }

  bool next(load::Prepared& request) {
    const auto now = Steady::now();
    housekeeping(now);
    if (!problem_.ok() || stuck(now)) return false;
    std::uint64_t index = 0;
    if (!again_.empty() && again_.front().not_before <= now) {
      index = again_.front().index;
      request.scheduled = again_.front().scheduled;
      again_.pop_front();
      ++result_.retries;
    } else if (next_ < total_) {
      if (next_ >= intended_ && !intend()) return false;
      index = next_++;
      request.scheduled = now;
      ++result_.sent;
    } else {
      return false;
    }
    request.tag = index;
    write_request(request.bytes, index);
    return true;
  }

  // Only what stands in an intent block that is on the disk may be sent.
  bool intend() {
    const std::uint64_t last = std::min(total_, intended_ + kIntentBlock) - 1;
    problem_ = ledger_.intend({kind_, intended_, last});
    if (problem_.ok()) intended_ = last + 1;
    return problem_.ok();
  }

  void write_request(std::string& bytes, std::uint64_t index) {
    body_.clear();
    generator_.append_body(body_, kind_, index);
    bytes.clear();
    bytes.reserve(prefix_.size() + body_.size() + 80);
    bytes += prefix_;
    bytes += generator_.idempotency_key(kind_, index);
    bytes += "\r\nContent-Length: ";
    bytes += std::to_string(body_.size());
    bytes += "\r\n\r\n";
    bytes += body_;
  }

  void done(const load::Answer& answer) {
    const bool retryable = answer.transport != load::Transport::kAnswered || answer.status >= 500 ||
                           answer.status == 408 || answer.status == 429;
    if (retryable) {
      ++errors_;
      again_.push_back({answer.tag, answer.scheduled, Steady::now() + kRetryPause});
      return;
    }
    CQRS_FAILPOINT("seed.after_answer");
    last_progress_ = answer.completed;
    ++finished_;
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(answer.completed - answer.scheduled)
            .count();
    result_.latency.record(micros);
    progress_.latency(micros);
    if (answer.status == 200 || answer.status == 201) {
      acknowledge(answer);
    } else {
      ++result_.rejected;
      ++errors_;
      if (result_.first_rejection.empty()) result_.first_rejection = answer.body;
      record(answer.tag, LedgerStatus::kRejected, 0, 0);
    }
  }

  void acknowledge(const load::Answer& answer) {
    ++result_.acknowledged;
    if (answer.replayed) ++result_.replayed;
    const auto version = number_in(answer.body, "\"version\":");
    const auto position = number_in(answer.body, "\"position\":");
    result_.last_position = std::max(result_.last_position, position);
    record(answer.tag, LedgerStatus::kAcknowledged, version, position);
    probe_.offer({kind_, generator_.id(kind_, answer.tag)}, version, answer.scheduled);
  }

  void record(std::uint64_t index, LedgerStatus status, std::int64_t version, Position position) {
    LedgerOutcome outcome;
    outcome.status = status;
    outcome.kind = kind_;
    outcome.index = index;
    outcome.id = generator_.id(kind_, index);
    outcome.version = version;
    outcome.position = position;
    outcome.digest = generator_.digest(kind_, index);
    outcome.completed_at = clock_.now();
    if (auto status_of_file = ledger_.record(outcome); !status_of_file) problem_ = status_of_file;
  }

  void housekeeping(Steady::time_point now) {
    if (now - last_sync_ >= kSyncEvery) {
      last_sync_ = now;
      if (auto status = ledger_.sync(); !status) problem_ = status;
    }
    if (progress_.due(now)) {
      ProgressNumbers numbers;
      numbers.phase = std::string(kind_name(kind_)) + "s";
      numbers.total = plan_.shape.total();
      numbers.sent = result_.sent;
      numbers.acknowledged = result_.acknowledged;
      numbers.errors = errors_;
      numbers.in_flight = next_ - finished_ - again_.size();
      numbers.lag_records = probe_.lag_records();
      numbers.lag_millis = probe_.lag_millis();
      numbers.staleness_p99 = probe_.p99_micros();
      progress_.tick(numbers, now);
    }
  }

  // Nothing has been answered for so long that waiting on makes no sense.
  [[nodiscard]] bool stuck(Steady::time_point now) const {
    return now - last_progress_ > plan_.patience;
  }

  // The run ends when nothing is left, or when nothing has moved for too long.
  bool more_to_come() {
    const auto now = Steady::now();
    housekeeping(now);
    if (!problem_.ok()) return false;
    if (stuck(now)) return false;
    // What is still in flight may come back unknown and must then be sent again.
    return finished_ < total_;
  }

  // What could not be resolved stays indeterminate, in the result as in the ledger.
  void give_up_rest() {
    result_.indeterminate += next_ - finished_;
    for (const auto& open : again_) record(open.index, LedgerStatus::kIndeterminate, 0, 0);
  }

  struct Again {
    std::uint64_t index = 0;
    Steady::time_point scheduled{};
    Steady::time_point not_before{};
  };

  const SeedPlan& plan_;
  Kind kind_;
  std::uint64_t total_;
  const Generator& generator_;
  LedgerWriter& ledger_;
  load::StalenessProbe& probe_;
  Progress& progress_;
  SeedResult& result_;
  const RunningSystem& system_;
  const std::atomic<bool>* interrupted_ = nullptr;
  SystemClock clock_;
  std::string prefix_;
  std::string body_;
  std::uint64_t next_ = 0;
  std::uint64_t intended_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t errors_ = 0;
  std::deque<Again> again_;
  Steady::time_point last_sync_ = Steady::now();
  Steady::time_point last_progress_;
  Status problem_;
};

// Waits until the views have everything that was acknowledged.
bool wait_until_visible(const RunningSystem& system, Position position, const SeedPlan& plan,
                        const std::atomic<bool>& interrupted) {
  const auto give_up = Steady::now() + plan.patience;
  while (Steady::now() < give_up && !interrupted) {
    auto status = call(system, "GET", "/v1/sync-status");
    if (status && status->value("appliedPosition", Position{0}) >= position) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

}  // namespace

Result<SeedResult> run_seed_plan(const SeedPlan& plan, const RunningSystem& system,
                                 const Context& context) {
  auto ledger = create_ledger(plan.ledger_path, plan.shape, SystemClock().now());
  if (!ledger) return ledger.error();
  const Generator generator(plan.shape);
  SeedResult result;
  Progress progress(context);
  load::StalenessProbe probe(system.endpoint());
  const ProcessUsage client_before = process_usage(0);
  const ProcessUsage server_before = process_usage(system.pid);
  const auto cost_before = read_cpu(system);
  const auto started = Steady::now();
  for (const Kind kind : kAllKinds) {
    if (plan.shape.count(kind) == 0 || context.interrupted) continue;
    const auto phase_started = Steady::now();
    Phase phase(plan, system, kind, generator, **ledger, probe, progress, result);
    auto status = phase.run(context.interrupted);
    result.phase_s[kind_index(kind)] = seconds_since(phase_started);
    if (!status) return status.error();
    if (result.indeterminate > 0) break;
  }
  result.acknowledged_s = seconds_since(started);
  const auto acknowledged_at = Steady::now();
  result.all_visible = wait_until_visible(system, result.last_position, plan, context.interrupted);
  result.visible_after_s = seconds_since(acknowledged_at);
  const auto cost_after = read_cpu(system);
  if (cost_before && cost_after) result.cost = *cost_after - *cost_before;
  const ProcessUsage client_after = process_usage(0);
  const ProcessUsage server_after = process_usage(system.pid);
  result.client_cpu_s = client_after.cpu_seconds - client_before.cpu_seconds;
  result.server_cpu_s = server_after.cpu_seconds - server_before.cpu_seconds;
  result.client_rss = client_after.rss_bytes;
  result.server_rss = server_after.rss_bytes;
  result.staleness = probe.finish();
  progress.finish();
  return result;
}

}  // namespace cqrs
