#include "cli/load/load_worker.h"

#include <algorithm>
#include <ctime>
#include <limits>

namespace cqrs::load {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Unknown commands are asked about while the load goes on, a few at a time and ever more seldom.
constexpr std::uint64_t kAskingMost = 16;
constexpr std::chrono::milliseconds kAskAgain = 500ms;
constexpr std::chrono::milliseconds kAskSeldom = 8s;
// Outcomes are handed to the ledger in portions of this size, and at every tick.
constexpr std::size_t kOutcomeBatch = 128;

std::int64_t micros_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

std::uint32_t saturated(std::int64_t micros) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(micros, 0, std::numeric_limits<std::uint32_t>::max()));
}

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

bool is_command(const ScheduledOp& op) { return info_of(op.op.operation).command; }

}  // namespace

LoadWorker::LoadWorker(const LoadParts& parts, Share share, std::unique_ptr<Dialect> dialect,
                       std::uint64_t max_in_flight)
    : parts_(parts),
      dialect_(std::move(dialect)),
      max_in_flight_(std::max<std::uint64_t>(1, max_in_flight)),
      source_(parts.scenario, parts.values, share, parts.start),
      last_acknowledged_(parts.start),
      last_sent_(parts.start) {}

Status LoadWorker::run() {
  cpu_at_start_ = thread_cpu_seconds();
  ClientCallbacks callbacks;
  callbacks.next = [this](Prepared& request) { return next(request); };
  callbacks.done = [this](const Answer& answer) { done(answer); };
  callbacks.idle = [this] { return more_to_come(); };
  callbacks.due = [this] { return due(); };
  callbacks.tick = [this] { tick(); };
  auto status = parts_.grpc ? run_grpc_client(*parts_.grpc, callbacks, quit_)
                            : run_client(parts_.client, callbacks, quit_);
  over_ = true;
  give_up_rest();
  if (!status && totals_.sent == 0) return status;
  return {};
}

bool LoadWorker::next(Prepared& request) {
  const auto now = Steady::now();
  if (quit_) return false;
  if (next_unknown(request, now)) return true;
  if (over_ || in_flight_.load(std::memory_order_relaxed) >= max_in_flight_) return false;
  if (!held_) held_ = source_.next(now);
  if (!held_) return false;
  if (parts_.ledger != nullptr && !parts_.ledger->allows(held_->op.number)) return false;
  const ScheduledOp op = *held_;
  held_.reset();
  prepare(request, op, now, false);
  ++totals_.sent;
  if (op.substituted) ++totals_.substituted;
  next_number_ = std::max(next_number_, op.op.number + 1);
  last_sent_ = now;
  const std::int64_t late = micros_between(op.scheduled, now);
  const bool warmup = parts_.scenario.phases[op.phase].warmup;
  if (!warmup) {
    schedule_lag_.record(late);
    ++stats_of(op.op.operation).sent;
  }
  window_.change([late](Window& window) {
    ++window.sent;
    window.schedule_lag.record(late);
  });
  return true;
}

bool LoadWorker::next_unknown(Prepared& request, SteadyTime now) {
  if (unknown_.empty() || asking_ >= kAskingMost || unknown_.front().not_before > now) return false;
  if (over_ && now - over_at_ >= parts_.patience) return false;
  const Unknown open = unknown_.front();
  unknown_.pop_front();
  ++asking_;
  prepare(request, open.op, open.sent, true);
  return true;
}

void LoadWorker::prepare(Prepared& request, const ScheduledOp& op, SteadyTime now, bool again) {
  const std::uint64_t tag = take_slot();
  slots_[tag] = {op, now, again};
  if (again && !dialect_->may_repeat()) {
    dialect_->write_probe(request.bytes, op.op, {});
  } else {
    dialect_->write(request.bytes, op.op);
  }
  request.tag = tag;
  request.scheduled = op.scheduled;
  in_flight_.fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t LoadWorker::take_slot() {
  if (free_.empty()) {
    slots_.emplace_back();
    return slots_.size() - 1;
  }
  const std::uint64_t slot = free_.back();
  free_.pop_back();
  return slot;
}

void LoadWorker::done(const Answer& answer) {
  const Slot slot = slots_[answer.tag];
  free_.push_back(answer.tag);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  if (slot.again) {
    --asking_;
    return resolve(slot, found_out(slot, answer), answer.completed);
  }
  const OpAnswer said = dialect_->read(slot.op.op, answer);
  source_.answered(slot.op.client, answer.completed);
  first_outcome(slot, answer, said);
  if (outcomes_.size() >= kOutcomeBatch && parts_.ledger != nullptr) {
    parts_.ledger->record(outcomes_);
  }
}

void LoadWorker::first_outcome(const Slot& slot, const Answer& answer, const OpAnswer& said) {
  const bool command = is_command(slot.op);
  measure(slot, answer, said);
  if (!said.failure.empty() && first_failure_.empty()) {
    first_failure_ = std::string(info_of(slot.op.op.operation).name) + ": " + said.failure;
    if (!answer.body.empty()) first_failure_ += ": " + std::string(answer.body.substr(0, 300));
  }
  switch (said.outcome) {
    case OpOutcome::kAcknowledged:
      acknowledge(slot.op, said, answer.completed);
      record(slot.op, slot.sent, answer.completed, LedgerStatus::kAcknowledged, said);
      break;
    case OpOutcome::kRejected:
      ++totals_.rejected;
      record(slot.op, slot.sent, answer.completed, LedgerStatus::kRejected, said);
      break;
    case OpOutcome::kUnknown:
      if (command) {
        keep_unknown(slot.op, slot.sent, answer.completed, 1);
      } else {
        ++totals_.rejected;  // a read that was not answered has changed nothing
      }
  }
}

void LoadWorker::acknowledge(const ScheduledOp& op, const OpAnswer& said, SteadyTime now) {
  ++totals_.acknowledged;
  if (!is_command(op)) return;
  source_.acknowledged(op.op);
  last_position_ = std::max(last_position_, said.position);
  last_acknowledged_ = now;
  if (parts_.probes != nullptr) parts_.probes->offer(op, said, now);
}

void LoadWorker::keep_unknown(const ScheduledOp& op, SteadyTime sent, SteadyTime now,
                              std::uint32_t times) {
  const auto pause = std::min(kAskAgain * (1U << std::min(times, 5U)), kAskSeldom);
  unknown_.push_back({op, sent, now + pause, times + 1});
}

OpAnswer LoadWorker::found_out(const Slot& slot, const Answer& answer) {
  if (dialect_->may_repeat()) return dialect_->read(slot.op.op, answer);
  OpAnswer said;
  if (dialect_->visible(slot.op.op, {}, answer)) said.outcome = OpOutcome::kAcknowledged;
  return said;
}

// Asked again under the same key: what became of it the first time, or now.
void LoadWorker::resolve(const Slot& slot, const OpAnswer& said, SteadyTime now) {
  if (said.outcome == OpOutcome::kAcknowledged) {
    ++totals_.resolved;
    acknowledge(slot.op, said, now);
    return record(slot.op, slot.sent, now, LedgerStatus::kAcknowledged, said);
  }
  // Full or away says nothing about the first time.
  const bool final = said.outcome == OpOutcome::kRejected && said.failure.starts_with("4");
  if (!final) return keep_unknown(slot.op, slot.sent, now, 3);
  ++totals_.resolved;
  ++totals_.rejected;
  record(slot.op, slot.sent, now, LedgerStatus::kRejected, said);
}

void LoadWorker::measure(const Slot& slot, const Answer& answer, const OpAnswer& said) {
  const bool command = is_command(slot.op);
  const bool acknowledged = said.outcome == OpOutcome::kAcknowledged;
  const bool timed_out = answer.transport == Transport::kTimeout;
  const std::int64_t latency = micros_between(slot.op.scheduled, answer.completed);
  window_.change([&](Window& window) {
    ++(acknowledged ? window.acknowledged : window.errors);
    if (acknowledged || timed_out) window.latency.record(latency);
    if (command) return;
    ++window.reads;
    if (acknowledged) ++window.reads_ok;
  });
  if (parts_.scenario.phases[slot.op.phase].warmup) return;
  OpStats& stats = stats_of(slot.op.op.operation);
  if (acknowledged) {
    ++stats.acknowledged;
    stats.latency.record(latency);
    stats.service_time.record(micros_between(answer.sent, answer.completed));
    return;
  }
  ++(said.outcome == OpOutcome::kRejected ? stats.rejected : stats.indeterminate);
  ++stats.failures[said.failure];
  stats.failure.record(latency);
  // Left out, the slowest of all would make the others look better than the system is.
  if (timed_out) stats.latency.record(latency);
}

void LoadWorker::record(const ScheduledOp& op, SteadyTime sent, SteadyTime completed,
                        LedgerStatus status, const OpAnswer& said) {
  const OperationInfo& info = info_of(op.op.operation);
  if (parts_.ledger == nullptr || (!info.command && !parts_.record_reads)) return;
  OpOutcomeRecord outcome;
  outcome.status = status;
  outcome.operation = op.op.operation;
  outcome.number = op.op.number;
  if (info.target != OperationTarget::kNone) outcome.id = parts_.values.target(op.op).id;
  outcome.version = said.version;
  outcome.position = said.position;
  if (info.command) outcome.mark = parts_.values.mark(op.op);
  outcome.scheduled.micros = parts_.started_at.micros + micros_between(parts_.start, op.scheduled);
  outcome.sent_after_us = saturated(micros_between(op.scheduled, sent));
  outcome.completed_after_us = saturated(micros_between(op.scheduled, completed));
  outcomes_.push_back(outcome);
}

SteadyTime LoadWorker::due() const {
  SteadyTime first = SteadyTime::max();
  const bool patient = !over_ || Steady::now() - over_at_ < parts_.patience;
  if (patient && !unknown_.empty() && asking_ < kAskingMost) first = unknown_.front().not_before;
  if (held_ || over_ || in_flight_.load(std::memory_order_relaxed) >= max_in_flight_) return first;
  return std::min(first, source_.due());
}

bool LoadWorker::more_to_come() {
  const auto now = Steady::now();
  // What could not be sent within the time of a request after the schedule's end is left out.
  const bool too_late = now > parts_.start + parts_.scenario.duration() + parts_.scenario.timeout;
  if (!over_ && (parts_.stop || too_late || (!held_ && source_.finished(now)))) {
    over_ = true;
    over_at_ = now;
    const double seconds = std::chrono::duration<double>(now - parts_.start).count();
    busy_ = seconds > 0 ? (thread_cpu_seconds() - cpu_at_start_) / seconds : 0;
  }
  if (!over_) return true;
  if (parts_.ledger != nullptr && parts_.ledger->failed()) return false;
  const bool patient = now - over_at_ < parts_.patience;
  if (!unknown_.empty() && patient) return true;
  return in_flight_.load(std::memory_order_relaxed) > 0;
}

void LoadWorker::tick() {
  if (parts_.ledger != nullptr) {
    parts_.ledger->record(outcomes_);
    if (parts_.ledger->failed()) quit_ = true;
  }
  if (parts_.abandon) quit_ = true;
}

// What could not be resolved stays indeterminate, in the result as in the ledger.
void LoadWorker::give_up_rest() {
  for (const Unknown& open : unknown_) {
    ++totals_.indeterminate;
    record(open.op, open.sent, Steady::now(), LedgerStatus::kIndeterminate, {});
  }
  unknown_.clear();
  if (parts_.ledger != nullptr) parts_.ledger->record(outcomes_);
}

OpStats& LoadWorker::stats_of(Operation operation) {
  auto& stats = table_[operation_index(operation)];
  if (!stats) stats = std::make_unique<OpStats>();
  return *stats;
}

}  // namespace cqrs::load
