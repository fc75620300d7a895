#include "cli/faults/fault_runner.h"

#include "core/base/json_tree.h"

#include <algorithm>

namespace cqrs {
namespace {

constexpr std::chrono::milliseconds kPoll{50};  // of the position, while a recovery is awaited
constexpr std::chrono::milliseconds kIdle{500};
constexpr std::chrono::seconds kPatience{2};

}  // namespace

PositionProbe position_of(const load::Endpoint& endpoint) {
  return [endpoint]() -> std::optional<ReadPosition> {
    auto answer = load::fetch(endpoint, "GET", "/v1/sync-status", {}, kPatience);
    if (!answer || answer->status != 200) return std::nullopt;
    const Json tree = Json::parse(answer->body, nullptr, false);
    if (!tree.is_object() || !tree.contains("headPosition")) return std::nullopt;
    return ReadPosition{tree.value("headPosition", std::int64_t{0}),
                        tree.value("appliedPosition", std::int64_t{0})};
  };
}

FaultRunner::FaultRunner(std::vector<Fault> faults, FaultExecutor& executor, PositionProbe probe)
    : probe_(std::move(probe)),
      timeline_(std::move(faults), executor, [this] { return elapsed(); }) {}

FaultRunner::~FaultRunner() { stop(); }

FaultTimeline::Offset FaultRunner::elapsed() const {
  return std::chrono::duration_cast<FaultTimeline::Offset>(std::chrono::steady_clock::now() -
                                                           origin_);
}

void FaultRunner::start(SteadyTime origin) {
  origin_ = origin;
  thread_ = std::thread([this] { run(); });
}

void FaultRunner::heal() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  heal_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return healed_; });
}

void FaultRunner::stop() {
  if (!thread_.joinable()) return;
  heal();
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

bool FaultRunner::await_recovery(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return !unrecovered_; });
}

std::vector<FaultRecord> FaultRunner::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

std::size_t FaultRunner::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void FaultRunner::publish() {
  const std::lock_guard lock(mutex_);
  records_ = timeline_.records();
  open_ = timeline_.open();
  unrecovered_ = probe_ && timeline_.wants_position();
  changed_.notify_all();
}

void FaultRunner::run() {
  for (;;) {
    bool heal_now = false;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      heal_now = heal_ && !healed_;
    }
    if (heal_now) timeline_.end();
    auto next = timeline_.step();
    const bool watching = probe_ && timeline_.wants_position();
    if (watching) {
      if (const auto position = probe_()) timeline_.observe(position->head, position->applied);
    }
    publish();
    std::unique_lock lock(mutex_);
    if (heal_now) healed_ = true;
    changed_.notify_all();
    auto until = std::chrono::steady_clock::now() + (watching ? kPoll : kIdle);
    if (next) until = std::min(until, origin_ + *next);
    changed_.wait_until(lock, until, [this] { return stop_ || (heal_ && !healed_); });
  }
}

}  // namespace cqrs
