#include "cli/load/seed_sender.h"

#include "core/base/failpoint.h"
#include "core/project/view_body.h"

#include <algorithm>
#include <thread>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;
using load::SteadyTime;

constexpr std::chrono::seconds kSyncEvery{1};
constexpr std::chrono::milliseconds kRetryPause{50};
// For answers that are under way when the run is interrupted.
constexpr std::chrono::seconds kGrace{2};
// Below the limit of the service, 8 MiB.
constexpr std::size_t kBatchBytes = 7'900'000;

std::int64_t micros_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

}  // namespace

SeedSender::SeedSender(const SeedParts& parts)
    : parts_(parts),
      plan_(parts.plan),
      queue_(parts.queue),
      result_(parts.result),
      wire_(parts.endpoint, parts.generator),
      last_sync_(Steady::now()),
      last_progress_(last_sync_),
      last_sent_(last_sync_) {}

Status SeedSender::run() {
  load::ClientOptions options;
  options.endpoint = parts_.endpoint;
  options.connections = std::clamp<std::uint64_t>(queue_.total(), 1, plan_.connections);
  options.depth = plan_.depth;
  options.timeout = plan_.timeout;
  load::ClientCallbacks callbacks;
  callbacks.next = [this](load::Prepared& request) { return next(request); };
  callbacks.done = [this](const load::Answer& answer) { done(answer); };
  callbacks.idle = [this] { return more_to_come(); };
  callbacks.tick = [this] { tick(); };
  const auto started = Steady::now();
  auto status = load::run_client(options, callbacks, stop_);
  // Away at this very moment: a service that restarts is waited for.
  while (!status && queue_.sent() == 0 && problem_.ok() && !parts_.interrupted &&
         Steady::now() - started < plan_.patience) {
    std::this_thread::sleep_for(kRetryPause);
    status = load::run_client(options, callbacks, stop_);
  }
  give_up_rest();
  const auto end =
      queue_.unsettled() == 0 && queue_.sent() == queue_.total() ? last_sent_ : Steady::now();
  result_.sent = queue_.sent();
  result_.retries = queue_.repeated();
  result_.achieved_ratio = parts_.schedule.achieved_ratio(queue_.sent(), end);
  const double seconds = std::chrono::duration<double>(end - started).count();
  result_.sent_per_s = seconds > 0 ? static_cast<double>(queue_.sent()) / seconds : 0;
  if (!queue_.problem().ok()) return queue_.problem();
  if (!problem_.ok()) return problem_;
  if (!status && queue_.sent() == 0 && !parts_.interrupted) return status;
  return parts_.ledger.sync();
}

bool SeedSender::may_send(SteadyTime now) const {
  return problem_.ok() && queue_.problem().ok() && !parts_.interrupted && !stuck(now);
}

bool SeedSender::next(load::Prepared& prepared) {
  const auto now = Steady::now();
  if (!may_send(now)) return false;
  if (!looks_.empty() && next_look(prepared, now)) return true;
  const bool idle = queue_.unsettled() == 0;
  const std::uint64_t tag = take_slot();
  Request& request = requests_[tag];
  if (plan_.via == SeedVia::kBulk) {
    if (fill_batch(request.commands, now)) wire_.write_batch(prepared.bytes);
  } else {
    const std::uint64_t repeated = queue_.repeated();
    if (const auto command = queue_.next(now)) {
      request.commands.push_back(*command);
      sent(*command, repeated, now);
      wire_.write_single(prepared.bytes, command->kind, command->index);
    }
  }
  if (request.commands.empty()) {
    free_.push_back(tag);
    return false;
  }
  if (idle) last_progress_ = now;
  request.sent = now;
  prepared.tag = tag;
  prepared.scheduled = request.commands.front().scheduled;
  return true;
}

// A batch is as large as it may be, and never waits for more to become due.
bool SeedSender::fill_batch(std::vector<load::SeedCommand>& commands, SteadyTime now) {
  // Small change is not worth a request while others are on their way.
  if (queue_.room() < plan_.batch && queue_.in_flight() > 0) return false;
  wire_.begin_batch();
  while (commands.size() < plan_.batch && wire_.batch_bytes() < kBatchBytes) {
    const std::uint64_t repeated = queue_.repeated();
    const auto command = queue_.next(now);
    if (!command) break;
    commands.push_back(*command);
    sent(*command, repeated, now);
    wire_.add_to_batch(command->kind, command->index);
  }
  return !commands.empty();
}

// A repeated command is late for other reasons than the sender's.
void SeedSender::sent(const load::SeedCommand& command, std::uint64_t repeated_before,
                      SteadyTime now) {
  if (queue_.repeated() != repeated_before) return;
  last_sent_ = now;
  if (parts_.schedule.open()) {
    result_.schedule_lag.record(micros_between(command.scheduled, now));
  }
}

bool SeedSender::next_look(load::Prepared& prepared, SteadyTime now) {
  if (looks_.front().not_before > now) return false;
  const std::uint64_t tag = take_slot();
  Request& request = requests_[tag];
  request.commands.push_back(looks_.front().command);
  request.refusal = std::move(looks_.front().refusal);
  looks_.pop_front();
  request.sent = now;
  prepared.tag = tag;
  prepared.scheduled = request.commands.front().scheduled;
  wire_.write_read(prepared.bytes, request.commands.front().kind, request.commands.front().index);
  return true;
}

std::uint64_t SeedSender::take_slot() {
  if (free_.empty()) {
    requests_.emplace_back();
    return requests_.size() - 1;
  }
  const std::uint64_t slot = free_.back();
  free_.pop_back();
  requests_[slot].commands.clear();
  requests_[slot].refusal.clear();
  return slot;
}

void SeedSender::done(const load::Answer& answer) {
  const Request& request = requests_[answer.tag];
  now_ = clock_.now();
  load::CommandAnswer said;
  if (answer.transport == load::Transport::kAnswered) said = load::single_answer(answer);
  const std::uint64_t unsettled = queue_.unsettled();
  if (!request.refusal.empty()) {
    look_done(request, answer);
  } else if (plan_.via == SeedVia::kBulk && said.status == 200) {
    batch_done(request, answer);
  } else {
    // A batch that was refused as a whole is a refusal of every command in it.
    for (const auto& command : request.commands) {
      settle(command, said, answer.body, answer.completed);
    }
  }
  measure(request, answer.completed, unsettled - queue_.unsettled());
  free_.push_back(answer.tag);
}

void SeedSender::batch_done(const Request& request, const load::Answer& answer) {
  std::string_view rest = answer.body;
  for (const auto& command : request.commands) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    settle(command, load::batch_answer(line), line, answer.completed);
  }
}

// The command had been executed if the entity is just what the command makes.
void SeedSender::look_done(const Request& request, const load::Answer& answer) {
  const auto& command = request.commands.front();
  const bool answered = answer.transport == load::Transport::kAnswered;
  if (!answered || (answer.status != 200 && answer.status != 404 && answer.status != 410)) {
    ++errors_;
    looks_.push_back({command, request.refusal, answer.completed + kRetryPause});
    return;
  }
  const StreamKey key{command.kind, parts_.generator.id(command.kind, command.index)};
  std::string refusal = request.refusal;
  if (answer.status == 200) {
    const auto view = parse_view(command.kind, answer.body);
    if (view &&
        digest_of(key, 1, &view->state) == parts_.generator.digest(command.kind, command.index)) {
      load::CommandAnswer said;
      said.status = 200;
      said.version = 1;
      said.replayed = true;
      return settle(command, said, {}, answer.completed);
    }
    refusal = std::string(kind_name(command.kind)) + " " + to_string(key.id) +
              " is there already, and not as this seed makes it" +
              (view ? " (version " + std::to_string(view->version) + "): " : ": ") + refusal;
  }
  queue_.settle();
  last_progress_ = answer.completed;
  reject(command, refusal);
}

void SeedSender::settle(const load::SeedCommand& command, const load::CommandAnswer& said,
                        std::string_view text, SteadyTime completed) {
  if (said.retryable()) {
    ++errors_;
    return queue_.again(command, completed + kRetryPause);
  }
  if (said.status == 409 && load::says_already_exists(text)) {
    looks_.push_back({command, std::string(text), completed});
    return;
  }
  CQRS_FAILPOINT("seed.after_answer");
  queue_.settle();
  last_progress_ = completed;
  if (said.acknowledged()) return acknowledge(command, said);
  reject(command, text);
}

void SeedSender::acknowledge(const load::SeedCommand& command, const load::CommandAnswer& said) {
  ++result_.acknowledged;
  if (said.replayed) ++result_.replayed;
  result_.last_position = std::max(result_.last_position, said.position);
  record(command, LedgerStatus::kAcknowledged, said);
  if (!parts_.probe.wanted()) return;
  parts_.probe.offer({command.kind, parts_.generator.id(command.kind, command.index)}, said.version,
                     command.scheduled);
}

void SeedSender::reject(const load::SeedCommand& command, std::string_view text) {
  ++result_.rejected;
  ++errors_;
  if (result_.first_rejection.empty()) result_.first_rejection = text;
  record(command, LedgerStatus::kRejected, {});
}

void SeedSender::record(const load::SeedCommand& command, LedgerStatus status,
                        const load::CommandAnswer& said) {
  LedgerOutcome outcome;
  outcome.status = status;
  outcome.kind = command.kind;
  outcome.index = command.index;
  outcome.id = parts_.generator.id(command.kind, command.index);
  outcome.version = said.version;
  outcome.position = said.position;
  outcome.digest = parts_.generator.digest(command.kind, command.index);
  outcome.completed_at = now_;
  if (auto written = parts_.ledger.record(outcome); !written) problem_ = written;
}

// `settled` commands of the request have their outcome now. In the closed model all of them were
// scheduled at one moment, and so were most of a batch in the open one.
void SeedSender::measure(const Request& request, SteadyTime completed, std::uint64_t settled) {
  if (settled == 0) return;
  const bool all = settled == request.commands.size();
  const auto add = [&](SteadyTime scheduled, std::uint32_t times) {
    const auto micros = micros_between(scheduled, completed);
    result_.latency.record(micros, times);
    parts_.progress.latency(micros, times);
  };
  result_.service_time.record(micros_between(request.sent, completed),
                              static_cast<std::uint32_t>(settled));
  if (!all) return add(request.commands.front().scheduled, static_cast<std::uint32_t>(settled));
  for (std::size_t i = 0; i < request.commands.size();) {
    std::size_t end = i + 1;
    const auto scheduled = request.commands[i].scheduled;
    while (end < request.commands.size() && request.commands[end].scheduled == scheduled) ++end;
    add(scheduled, static_cast<std::uint32_t>(end - i));
    i = end;
  }
}

void SeedSender::tick() {
  const auto now = Steady::now();
  if (now - last_sync_ >= kSyncEvery) {
    last_sync_ = now;
    if (auto synced = parts_.ledger.sync(); !synced) problem_ = synced;
  }
  if (parts_.progress.due(now)) report_progress(now);
  if (parts_.interrupted && interrupted_at_ == SteadyTime{}) interrupted_at_ = now;
  const bool over = parts_.interrupted && now - interrupted_at_ > kGrace;
  if (over || stuck(now) || !problem_.ok() || !queue_.problem().ok()) stop_ = true;
}

void SeedSender::report_progress(SteadyTime now) {
  ProgressNumbers numbers;
  numbers.phase = std::string(kind_name(queue_.kind())) + "s";
  numbers.target = parts_.schedule.per_second();
  numbers.total = queue_.total();
  numbers.sent = queue_.sent();
  numbers.acknowledged = result_.acknowledged;
  numbers.errors = errors_;
  numbers.in_flight = queue_.in_flight();
  numbers.lag_records = parts_.probe.lag_records();
  numbers.lag_millis = parts_.probe.lag_millis();
  numbers.staleness_p99 = parts_.probe.p99_micros();
  parts_.progress.tick(numbers, now);
}

// Nothing has been answered for so long that waiting on makes no sense.
bool SeedSender::stuck(SteadyTime now) const {
  return queue_.unsettled() > 0 && now - last_progress_ > plan_.patience;
}

bool SeedSender::more_to_come() {
  if (parts_.interrupted) return queue_.in_flight() > looks_.size() && !stop_;
  return problem_.ok() && queue_.problem().ok() && !queue_.finished();
}

// What could not be resolved stays indeterminate, in the result as in the ledger.
void SeedSender::give_up_rest() {
  result_.indeterminate = queue_.unsettled();
  now_ = clock_.now();
  for (const auto& open : queue_.waiting()) record(open.command, LedgerStatus::kIndeterminate, {});
  for (const auto& look : looks_) record(look.command, LedgerStatus::kIndeterminate, {});
}

}  // namespace cqrs
