#include "services/projector/generations.h"

#include "core/log/table_tail.h"

#include "services/chassis/cpu_time.h"
#include "services/chassis/log.h"

namespace cqrs {
namespace {

constexpr std::size_t kPage = 2'000;
// A store that is away is asked again at this pace.
constexpr std::chrono::milliseconds kRetry{200};
// Even without a wake-up the log is looked at: a hint that got lost costs this much, never an
// event.
constexpr std::chrono::milliseconds kIdle{500};
// How long a switch waits for the new generation to draw level while writes go on.
constexpr std::chrono::seconds kSwitchPatience{10};

}  // namespace

struct Generations::Runner {
  Runner(int generation, std::unique_ptr<History> log_history, std::unique_ptr<History> gap_history,
         std::unique_ptr<ProjectionStore> views)
      : number(generation),
        tail_history(std::move(log_history)),
        record(std::move(gap_history)),
        store(std::move(views)),
        tail(*tail_history),
        projector(tail, *record, *store) {}

  int number;
  std::unique_ptr<History> tail_history;
  std::unique_ptr<History> record;
  std::unique_ptr<ProjectionStore> store;
  TableTail tail;
  Projector projector;
  bool dropped = false;     // guarded by the owner's mutex
  GenerationStatus status;  // guarded by the owner's mutex
  std::thread thread;
};

Generations::Generations(GenerationCatalog& catalog, GenerationStores stores,
                         ReadPosition& position, Metrics& metrics, const Clock& clock)
    : catalog_(catalog),
      stores_(std::move(stores)),
      position_(position),
      metrics_(metrics),
      clock_(clock) {}

Generations::~Generations() { stop(); }

Status Generations::start(bool rebuild) {
  auto history = stores_.open_history();
  if (!history) return history.error();
  auto head = (*history)->head();
  if (!head) return head.error();
  head_.store(*head);
  auto generations = catalog_.list();
  if (!generations) return generations.error();
  for (const auto& generation : *generations) {
    auto status = start_runner(generation.number, generation.live);
    if (status.ok()) continue;
    log::error("generation_not_started", {{"generation", std::to_string(generation.number)},
                                          {"reason", status.error().message}});
    if (!generation.live) continue;
    if (!rebuild || status.error().code != ErrorCode::kCorrupt) return status;
    CQRS_TRY(replace_live(generation.number));
  }
  return {};
}

Status Generations::replace_live(int refused) {
  auto fresh = catalog_.create(clock_.now());
  if (!fresh) return fresh.error();
  CQRS_TRY(catalog_.switch_live(refused, *fresh));
  log::warning("views_rebuilt_from_start",
               {{"refused", std::to_string(refused)}, {"generation", std::to_string(*fresh)}});
  return start_runner(*fresh, true);
}

Status Generations::start_runner(int number, bool live) {
  auto tail = stores_.open_history();
  if (!tail) return tail.error();
  auto record = stores_.open_history();
  if (!record) return record.error();
  auto store = stores_.open_projection(number);
  if (!store) return store.error();
  auto runner =
      std::make_unique<Runner>(number, std::move(*tail), std::move(*record), std::move(*store));
  CQRS_TRY(runner->projector.start());
  runner->status.number = number;
  runner->status.applied = runner->projector.applied();
  Timestamp last_event;
  if (runner->projector.applied() > 0) {
    auto last = runner->record->read(runner->projector.applied() - 1, 1);
    if (last.ok() && !last->empty()) last_event = last->front().recorded_at;
  }
  Runner* started = runner.get();
  {
    const std::lock_guard lock(mutex_);
    if (live) live_ = number;
    runners_[number] = std::move(runner);
  }
  publish(*started, last_event);
  started->thread = std::thread([this, started] { run(*started); });
  return {};
}

void Generations::publish(const Runner& runner, Timestamp last_event) {
  const std::lock_guard lock(mutex_);
  if (runner.number != live_) return;
  position_.set({live_, runner.status.applied, last_event});
}

void Generations::run(Runner& runner) {
  Timestamp last_event;
  CpuLap cpu;
  for (;;) {
    const auto started = std::chrono::steady_clock::now();
    auto applied = runner.projector.step(kPage);
    if (applied && *applied > 0) {
      metrics_.observe_stage("apply", std::chrono::steady_clock::now() - started);
      metrics_.observe_batch("apply", *applied);
      metrics_.add_stage_cpu("project", cpu.lap());
      last_event = runner.projector.last_recorded();
    }
    std::unique_lock lock(mutex_);
    const auto& counters = runner.projector.counters();
    runner.status.applied = runner.projector.applied();
    runner.status.events = counters.applied;
    runner.status.duplicates = counters.duplicates;
    runner.status.parked = counters.parked;
    runner.status.problem = applied ? std::string() : applied.error().message;
    if (runner.dropped) return;
    if (applied && *applied > 0) {
      const bool is_live = runner.number == live_;
      lock.unlock();
      if (is_live) publish(runner, last_event);
      continue;
    }
    if (!applied && applied.error().code != ErrorCode::kUnavailable) {
      log::error("projector_stopped", {{"generation", std::to_string(runner.number)},
                                       {"reason", runner.status.problem}});
      return;
    }
    if (stopping_) return;
    const Position seen = runner.status.applied;
    wake_.wait_for(lock, applied ? kIdle : kRetry, [&] {
      return stopping_ || runner.dropped || (applied.ok() && head_.load() > seen);
    });
  }
}

void Generations::wake(Position head) {
  {
    const std::lock_guard lock(mutex_);
    if (head > head_.load()) head_.store(head);
  }
  wake_.notify_all();
}

void Generations::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& [number, runner] : runners_) {
    if (runner->thread.joinable()) runner->thread.join();
  }
}

Result<int> Generations::create() {
  const std::lock_guard admin(admin_mutex_);
  auto number = catalog_.create(clock_.now());
  if (!number) return number.error();
  if (auto status = start_runner(*number, false); !status) {
    (void)catalog_.drop(*number);
    return status.error();
  }
  log::info("generation_created", {{"generation", std::to_string(*number)}});
  return *number;
}

Status Generations::may_switch(int to) const {
  const auto at = runners_.find(to);
  if (at == runners_.end()) {
    return make_error(ErrorCode::kNotFound, "generation " + std::to_string(to) + " is not running",
                      "generation");
  }
  const GenerationStatus& wanted = at->second->status;
  if (!wanted.problem.empty()) {
    return make_error(ErrorCode::kVersionConflict,
                      "generation " + std::to_string(to) + " has stopped: " + wanted.problem);
  }
  const auto old = runners_.find(live_);
  if (old == runners_.end() || wanted.applied >= old->second->status.applied) return {};
  return make_error(ErrorCode::kUnavailable, "generation " + std::to_string(to) +
                                                 " is behind the live one (" +
                                                 std::to_string(wanted.applied) + " of " +
                                                 std::to_string(old->second->status.applied) +
                                                 "): wait until it has caught up");
}

// Readers never go back in time: the pointer moves only at a moment when the new generation has
// applied at least as much as the old one, and the old one publishes nothing meanwhile.
Status Generations::switch_live(int expected, int to) {
  const std::lock_guard admin(admin_mutex_);
  const auto give_up = std::chrono::steady_clock::now() + kSwitchPatience;
  std::unique_lock lock(mutex_);
  for (;;) {
    const Status ready = may_switch(to);
    if (ready.ok()) break;
    const bool may_come = ready.error().code == ErrorCode::kUnavailable;
    if (!may_come || std::chrono::steady_clock::now() >= give_up) return ready;
    wake_.wait_for(lock, std::chrono::milliseconds(2));
  }
  CQRS_TRY(catalog_.switch_live(expected, to));
  ReadState state = position_.get();
  live_ = to;
  state.generation = to;
  state.applied = runners_.at(to)->status.applied;
  position_.set(state);
  log::info("generation_switched",
            {{"from", std::to_string(expected)}, {"to", std::to_string(to)}});
  return {};
}

Status Generations::drop(int number) {
  const std::lock_guard admin(admin_mutex_);
  CQRS_TRY(catalog_.drop(number));
  std::unique_ptr<Runner> runner;
  {
    const std::lock_guard lock(mutex_);
    const auto at = runners_.find(number);
    if (at != runners_.end()) {
      at->second->dropped = true;
      runner = std::move(at->second);
      runners_.erase(at);
    }
  }
  wake_.notify_all();
  if (runner && runner->thread.joinable()) runner->thread.join();
  runner.reset();
  log::info("generation_dropped", {{"generation", std::to_string(number)}});
  return stores_.remove(number);
}

std::vector<GenerationStatus> Generations::status() const {
  const std::lock_guard lock(mutex_);
  std::vector<GenerationStatus> out;
  for (const auto& [number, runner] : runners_) {
    out.push_back(runner->status);
    out.back().live = number == live_;
  }
  return out;
}

}  // namespace cqrs
