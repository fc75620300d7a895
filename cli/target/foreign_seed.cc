#include "cli/target/foreign_seed.h"

#include "cli/load/command_queue.h"
#include "cli/output/progress.h"
#include "cli/target/foreign_dialect.h"
#include "cli/target/settled.h"

#include <algorithm>
#include <deque>
#include <sys/resource.h>
#include <thread>

namespace cqrs::target {
namespace {

using Steady = std::chrono::steady_clock;
using load::SeedCommand;
using load::SteadyTime;

constexpr std::chrono::seconds kSyncEvery{1};
constexpr std::chrono::milliseconds kRetryPause{50};
constexpr std::chrono::seconds kGrace{2};

std::int64_t micros_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Used by one thread.
class ForeignSeeder {
 public:
  ForeignSeeder(const SeedPlan& plan, Session& session, ResumedLedger& ledger,
                const Context& context, SeedResult& result)
      : plan_(plan),
        session_(session),
        ledger_(*ledger.writer),
        context_(context),
        result_(result),
        generator_(plan.shape),
        schedule_(plan.rate > 0 ? load::Schedule(Steady::now(), plan.rate) : load::Schedule()),
        queue_(ledger.progress, ledger_, schedule_, plan.max_in_flight),
        progress_(context),
        last_sync_(Steady::now()),
        last_progress_(last_sync_),
        last_sent_(last_sync_) {}

  Status send_all();
  // Once the read side is up to date: what became of the commands without an answer.
  Status resolve();
  [[nodiscard]] const Generator& generator() const { return generator_; }
  [[nodiscard]] std::optional<EntityRef> last() const { return last_; }

 private:
  struct Sent {
    SeedCommand command;
    SteadyTime at{};
  };
  bool next(load::Prepared& prepared);
  void done(const load::Answer& answer);
  void unknown(const SeedCommand& command, SteadyTime now);
  void reject(const SeedCommand& command, const std::string& why);
  void acknowledge(const SeedCommand& command, const load::OpAnswer& said);
  void record(const SeedCommand& command, LedgerStatus status, const load::OpAnswer& said);
  void tick();
  void report_progress(SteadyTime now);
  [[nodiscard]] bool stuck(SteadyTime now) const {
    return queue_.unsettled() > 0 && now - last_progress_ > plan_.patience;
  }
  [[nodiscard]] bool good() const { return problem_.ok() && queue_.problem().ok(); }
  [[nodiscard]] Result<bool> find(const SeedCommand& command);
  Status sync() {
    // An acknowledgement without its id would help nobody.
    CQRS_TRY(session_.ids().sync());
    return ledger_.sync();
  }
  std::uint64_t take_slot() {
    if (free_.empty()) {
      slots_.emplace_back();
      return slots_.size() - 1;
    }
    const std::uint64_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  const SeedPlan& plan_;
  Session& session_;
  LedgerWriter& ledger_;
  const Context& context_;
  SeedResult& result_;
  const Generator generator_;
  const load::Schedule schedule_;
  load::CommandQueue queue_;
  Progress progress_;
  SystemClock clock_;
  JsonDocument document_;
  std::deque<Sent> slots_;
  std::vector<std::uint64_t> free_;
  std::vector<SeedCommand> unknown_;
  std::optional<EntityRef> last_;
  std::atomic<bool> stop_{false};
  SteadyTime last_sync_;
  SteadyTime last_progress_;
  SteadyTime last_sent_;
  SteadyTime interrupted_at_{};
  std::uint64_t errors_ = 0;
  Status problem_;
};

Status ForeignSeeder::send_all() {
  const auto started = Steady::now();
  load::ClientCallbacks callbacks;
  callbacks.next = [this](load::Prepared& prepared) { return next(prepared); };
  callbacks.done = [this](const load::Answer& answer) { done(answer); };
  callbacks.tick = [this] { tick(); };
  callbacks.idle = [this] {
    if (context_.interrupted) return queue_.in_flight() > 0 && !stop_;
    return good() && !queue_.finished();
  };
  load::ClientOptions options;
  options.endpoint = session_.target().endpoint;
  options.connections = plan_.connections;
  options.depth = plan_.depth;
  options.timeout = plan_.timeout;
  auto status = load::run_client(options, callbacks, stop_);
  while (!status && queue_.sent() > 0 && good() && !context_.interrupted &&
         Steady::now() - started < plan_.patience) {
    std::this_thread::sleep_for(kRetryPause);
    status = load::run_client(options, callbacks, stop_);
  }
  for (const auto& open : queue_.waiting()) unknown_.push_back(open.command);
  const auto end = queue_.unsettled() == 0 ? last_sent_ : Steady::now();
  result_.sent = queue_.sent();
  result_.retries = queue_.repeated();
  result_.achieved_ratio = schedule_.achieved_ratio(queue_.sent(), end);
  const double seconds = std::chrono::duration<double>(end - started).count();
  result_.sent_per_s = seconds > 0 ? static_cast<double>(queue_.sent()) / seconds : 0;
  progress_.finish();
  CQRS_TRY(queue_.problem());
  CQRS_TRY(problem_);
  if (!status && queue_.sent() == 0 && !context_.interrupted) return status;
  return sync();
}

bool ForeignSeeder::next(load::Prepared& prepared) {
  for (;;) {
    const auto now = Steady::now();
    if (!good() || context_.interrupted || stuck(now)) return false;
    const bool idle = queue_.unsettled() == 0;
    const std::uint64_t repeated = queue_.repeated();
    const auto command = queue_.next(now);
    if (!command) return false;
    if (idle) last_progress_ = now;
    const ForeignValues values(generator_, session_.ids(), command->kind, command->index);
    const Request* request = session_.target().request(creation_of(command->kind));
    CQRS_CHECK(request != nullptr);
    if (auto written = session_.write(prepared.bytes, *request, values); !written) {
      // It refers to what the system never acknowledged.
      queue_.settle();
      reject(*command, "not sent: " + written.error().message);
      continue;
    }
    if (queue_.repeated() == repeated) {
      last_sent_ = now;
      if (schedule_.open()) result_.schedule_lag.record(micros_between(command->scheduled, now));
    }
    prepared.tag = take_slot();
    slots_[prepared.tag] = {*command, now};
    prepared.scheduled = command->scheduled;
    return true;
  }
}

void ForeignSeeder::done(const load::Answer& answer) {
  const Sent sent = slots_[answer.tag];
  free_.push_back(answer.tag);
  const ForeignValues values(generator_, session_.ids(), sent.command.kind, sent.command.index);
  Judgement judgement;
  const load::OpAnswer said =
      read_command(session_, creation_of(sent.command.kind), values, answer, document_, judgement);
  if (judgement.not_done) {
    ++errors_;
    return queue_.again(sent.command, answer.completed + kRetryPause);
  }
  if (said.outcome == load::OpOutcome::kUnknown) return unknown(sent.command, answer.completed);
  queue_.settle();
  last_progress_ = answer.completed;
  result_.latency.record(micros_between(sent.command.scheduled, answer.completed));
  result_.service_time.record(micros_between(sent.at, answer.completed));
  progress_.latency(micros_between(sent.command.scheduled, answer.completed));
  if (said.outcome == load::OpOutcome::kAcknowledged) return acknowledge(sent.command, said);
  reject(sent.command, said.failure);
}

void ForeignSeeder::unknown(const SeedCommand& command, SteadyTime now) {
  ++errors_;
  if (session_.target().retries_are_safe) return queue_.again(command, now + kRetryPause);
  queue_.settle();
  last_progress_ = now;
  unknown_.push_back(command);
}

void ForeignSeeder::acknowledge(const SeedCommand& command, const load::OpAnswer& said) {
  ++result_.acknowledged;
  if (said.replayed) ++result_.replayed;
  result_.last_position = std::max(result_.last_position, said.position);
  last_ = EntityRef{command.kind, command.index};
  record(command, LedgerStatus::kAcknowledged, said);
}

void ForeignSeeder::reject(const SeedCommand& command, const std::string& why) {
  ++result_.rejected;
  ++errors_;
  if (result_.first_rejection.empty()) {
    result_.first_rejection =
        session_.target().masked(std::string(kind_name(command.kind)) + ": " + why);
  }
  record(command, LedgerStatus::kRejected, {});
}

void ForeignSeeder::record(const SeedCommand& command, LedgerStatus status,
                           const load::OpAnswer& said) {
  LedgerOutcome outcome;
  outcome.status = status;
  outcome.kind = command.kind;
  outcome.index = command.index;
  outcome.id = generator_.id(command.kind, command.index);
  outcome.version = said.version;
  outcome.position = said.position;
  outcome.digest = generator_.digest(command.kind, command.index);
  outcome.completed_at = clock_.now();
  if (auto written = ledger_.record(outcome); !written) problem_ = written;
}

void ForeignSeeder::tick() {
  const auto now = Steady::now();
  if (now - last_sync_ >= kSyncEvery) {
    last_sync_ = now;
    if (auto synced = sync(); !synced) problem_ = synced;
  }
  if (progress_.due(now)) report_progress(now);
  if (context_.interrupted && interrupted_at_ == SteadyTime{}) interrupted_at_ = now;
  const bool over = context_.interrupted && now - interrupted_at_ > kGrace;
  if (over || stuck(now) || !good()) stop_ = true;
}

void ForeignSeeder::report_progress(SteadyTime now) {
  ProgressNumbers numbers;
  numbers.phase = std::string(kind_name(queue_.kind())) + "s";
  numbers.target = schedule_.per_second();
  numbers.total = queue_.total();
  numbers.sent = queue_.sent();
  numbers.acknowledged = result_.acknowledged;
  numbers.errors = errors_;
  numbers.in_flight = queue_.in_flight();
  progress_.tick(numbers, now);
}

// By its own id, or by what was sent. False: not there, or there is no way to look.
Result<bool> ForeignSeeder::find(const SeedCommand& command) {
  const Entity& entity = session_.target().entity(command.kind);
  const ForeignValues values(generator_, session_.ids(), command.kind, command.index);
  const Request* request = entity.find ? &entity.find->request : nullptr;
  std::string id;
  if (entity.client_id) {
    request = session_.target().request(read_operation(command.kind));
    if (!entity.client_id->fill(id, values)) return false;
    CQRS_TRY(session_.ids().set(command.kind, command.index, id));
  }
  if (request == nullptr) return false;
  auto answer = session_.ask(*request, values);
  if (!answer || answer->status >= 300 || !document_.parse(answer->body)) return false;
  if (entity.client_id) return true;
  const JsonValue* found = find_pointer(document_.root(), entity.find->id);
  if (found == nullptr || found->is(JsonType::kNull)) return false;
  CQRS_TRY(session_.ids().set(command.kind, command.index, text_of(*found)));
  return true;
}

Status ForeignSeeder::resolve() {
  for (const auto& command : unknown_) {
    auto there = context_.interrupted ? Result<bool>(false) : find(command);
    if (!there) return there.error();
    if (*there) {
      acknowledge(command, {});
    } else {
      ++result_.indeterminate;
      record(command, LedgerStatus::kIndeterminate, {});
    }
  }
  CQRS_TRY(problem_);
  return sync();
}

Result<ResumedLedger> open_ledger(const SeedPlan& plan) {
  if (plan.resume) return resume_ledger(plan.ledger_path);
  auto ledger = create_ledger(plan.ledger_path, plan.shape, SystemClock().now());
  if (!ledger) return ledger.error();
  return ResumedLedger{LedgerProgress(plan.shape), std::move(*ledger)};
}

Status check_shape(const SeedPlan& plan, const Target& target) {
  for (const Kind kind : kAllKinds) {
    if (plan.shape.count(kind) > 0) CQRS_TRY(check_operations(target, {creation_of(kind)}));
  }
  return {};
}

}  // namespace

Result<SeedResult> run_foreign_seed(const SeedPlan& plan, const std::shared_ptr<Session>& session,
                                    const Context& context) {
  CQRS_TRY(check_shape(plan, session->target()));
  auto ledger = open_ledger(plan);
  if (!ledger) return ledger.error();
  SeedResult result;
  result.before = ledger->progress.acknowledged() + ledger->progress.rejected();
  const double cpu_before = own_cpu_seconds();
  ForeignSeeder seeder(plan, *session, *ledger, context, result);
  const auto started = Steady::now();
  CQRS_TRY(seeder.send_all());
  result.acknowledged_s = seconds_since(started);
  const auto acknowledged_at = Steady::now();
  auto settled =
      wait_settled(*session, seeder.generator(), seeder.last(), plan.settle, context.interrupted);
  if (!settled) return settled.error();
  result.visible_after_s = seconds_since(acknowledged_at);
  result.all_visible = *settled != Settled::kNot;
  CQRS_TRY(seeder.resolve());
  result.client_cpu_s = own_cpu_seconds() - cpu_before;
  result.client_rss = process_usage(0).rss_bytes;
  result.interrupted = context.interrupted;
  result.totals.acknowledged = ledger->progress.acknowledged() + result.acknowledged;
  result.totals.rejected = ledger->progress.rejected() + result.rejected;
  result.totals.open = plan.shape.total() - result.totals.acknowledged - result.totals.rejected;
  return result;
}

}  // namespace cqrs::target
