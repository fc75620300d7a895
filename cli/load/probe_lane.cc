#include "cli/load/probe_lane.h"

#include <algorithm>

namespace cqrs::load {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kConnections = 16;
// Beyond it a command is not followed: probing must not become the load.
constexpr std::size_t kWaitingMost = 1'000;
// Between two looks where the system cannot hold a read back: from there, half as much more each
// time, to there.
constexpr std::chrono::microseconds kFirstPause = 1ms;
constexpr std::chrono::microseconds kLongestPause = 50ms;
// What is not visible by then enters the histogram at this value.
constexpr std::chrono::seconds kGiveUp = 60s;
// By then the watch has looked at every stage again.
constexpr std::chrono::milliseconds kLookedAgain = 250ms;

std::int64_t micros_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

}  // namespace

ProbeLane::ProbeLane(const ClientOptions& client, std::unique_ptr<Dialect> dialect,
                     std::uint64_t one_in, SteadyTime measure_from, PositionWatch* watch)
    : client_(client),
      dialect_(std::move(dialect)),
      one_in_(std::max<std::uint64_t>(1, one_in)),
      measure_from_(measure_from),
      watch_(watch),
      thread_([this] { run(); }) {}

ProbeLane::~ProbeLane() {
  if (thread_.joinable()) (void)finish(0ms);
}

void ProbeLane::offer(const ScheduledOp& op, const OpAnswer& acknowledged, SteadyTime completed) {
  if (op.op.number % one_in_ != 0 || op.scheduled < measure_from_) return;
  const std::lock_guard lock(mutex_);
  ++offered_;
  if (waiting_.size() >= kWaitingMost) {
    ++passed_over_;
    return;
  }
  waiting_.push_back({op, acknowledged, completed, completed, 0});
}

void ProbeLane::run() {
  ClientOptions options = client_;
  options.connections = kConnections;
  options.depth = 1;
  options.on_demand = true;
  ClientCallbacks callbacks;
  callbacks.next = [this](Prepared& request) { return next(request); };
  callbacks.done = [this](const Answer& answer) { done(answer); };
  callbacks.due = [this] { return due(); };
  callbacks.idle = [this] {
    const std::lock_guard lock(mutex_);
    return !ending_ || under_way_ > 0 || !waiting_.empty();
  };
  // A system that is away is not stale: whoever probes it goes on when it is there again.
  while (!quit_) {
    const Status status = run_client(options, callbacks, quit_);
    if (status.ok() || ending_) break;
    std::this_thread::sleep_for(100ms);
  }
}

bool ProbeLane::next(Prepared& request) {
  const auto now = Steady::now();
  Probe probe;
  {
    const std::lock_guard lock(mutex_);
    const auto ready = std::find_if(waiting_.begin(), waiting_.end(), [now](const Probe& waiting) {
      return waiting.not_before <= now;
    });
    if (ready == waiting_.end()) return false;
    probe = std::move(*ready);
    waiting_.erase(ready);
    ++under_way_;
  }
  std::uint64_t tag = slots_.size();
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    tag = free_.back();
    free_.pop_back();
  }
  dialect_->write_probe(request.bytes, probe.op.op, probe.acknowledged);
  request.tag = tag;
  request.scheduled = now;
  slots_[tag] = std::move(probe);
  return true;
}

void ProbeLane::done(const Answer& answer) {
  Probe probe = std::move(slots_[answer.tag]);
  free_.push_back(answer.tag);
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  ++probe.looks;
  if (dialect_->visible(probe.op.op, probe.acknowledged, answer)) return seen(probe, answer);
  again(std::move(probe), answer.completed);
}

// The effect was there when the server looked. A read that was answered at once was looked at
// halfway through its round trip; one that was held back, half a round trip before its answer.
void ProbeLane::seen(const Probe& probe, const Answer& answer) {
  const std::int64_t took = micros_between(answer.sent, answer.completed);
  if (round_trip_ == 0 || took < 2 * round_trip_) {
    round_trip_ = round_trip_ == 0 ? took : (7 * round_trip_ + took) / 8;
  }
  const std::int64_t correction = std::min(took, round_trip_) / 2;
  const SteadyTime visible =
      std::max(answer.completed - std::chrono::microseconds(correction), probe.completed);
  const std::int64_t staleness = micros_between(probe.op.scheduled, visible);
  result_.staleness.record(staleness);
  result_.hops["commit"].record(micros_between(probe.op.scheduled, probe.completed));
  seen_.push_back({probe.acknowledged.position, probe.completed, visible});
  split_what_is_known(false);
  const std::lock_guard lock(mutex_);
  window_.record(staleness);
}

// The watch looks now and then: only when it has looked after the effect was seen is it known
// between which looks a stage was passed.
void ProbeLane::split_what_is_known(bool all) {
  const auto settled = Steady::now() - kLookedAgain;
  while (!seen_.empty() && (all || seen_.front().visible < settled)) {
    split(seen_.front());
    seen_.pop_front();
  }
}

// Known to half the distance of two looks, and never outside of what the client itself saw. All are
// told: those that are known better than others are also slower than others.
void ProbeLane::split(const Seen& seen) {
  SteadyTime reached = seen.completed;
  const auto hop = [&](const char* name, const std::optional<SteadyTime>& passed) {
    if (!passed) return;
    const SteadyTime at = std::clamp(*passed, reached, seen.visible);
    result_.hops[name].record(micros_between(reached, at));
    reached = at;
  };
  if (watch_ != nullptr && seen.position > 0) {
    hop("publish", watch_->published_at(seen.position));
    hop("apply", watch_->applied_at(seen.position));
  }
  result_.hops["visible"].record(micros_between(reached, seen.visible));
}

void ProbeLane::again(Probe probe, SteadyTime now) {
  if (now - probe.op.scheduled > kGiveUp) {
    ++result_.unseen;
    result_.staleness.record(std::chrono::microseconds(kGiveUp).count());
    return;
  }
  double pause = static_cast<double>(kFirstPause.count());
  for (std::uint32_t i = 1; i < std::min(probe.looks, 12U); ++i) pause *= 1.5;
  const auto longest = static_cast<double>(kLongestPause.count());
  probe.not_before =
      now + std::chrono::microseconds(static_cast<std::int64_t>(std::min(pause, longest)));
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(probe));
}

SteadyTime ProbeLane::due() {
  SteadyTime first = SteadyTime::max();
  const std::lock_guard lock(mutex_);
  for (const Probe& probe : waiting_) first = std::min(first, probe.not_before);
  return first;
}

void ProbeLane::take(Histogram& sum) {
  const std::lock_guard lock(mutex_);
  sum.merge(window_);
  window_.clear();
}

ProbeResult ProbeLane::finish(std::chrono::milliseconds patience) {
  ending_ = true;
  const auto until = Steady::now() + patience;
  const auto left = [this] {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty() || under_way_ > 0;
  };
  while (left() && Steady::now() < until) std::this_thread::sleep_for(5ms);
  quit_ = true;
  thread_.join();
  if (watch_ != nullptr && !seen_.empty()) std::this_thread::sleep_for(kLookedAgain);
  split_what_is_known(true);
  const std::lock_guard lock(mutex_);
  // Left out, the stalest of all would make the others look better than the system is.
  const auto now = Steady::now();
  for (const Probe& probe : waiting_) {
    ++result_.unseen;
    result_.staleness.record(micros_between(probe.op.scheduled, now));
  }
  result_.offered = offered_;
  result_.passed_over = passed_over_;
  return std::move(result_);
}

}  // namespace cqrs::load
