#include "services/projector/generations.h"

#include "core/base/failpoint.h"
#include "core/log/table_tail.h"

#include "services/chassis/log.h"

#include <algorithm>
#include <utility>

namespace cqrs {
namespace {

// How long a switch waits for the new generation to draw level while writes go on.
constexpr std::chrono::seconds kSwitchPatience{10};
// The old generation stands still while the new one covers the last bit: never longer than this,
// and not before so few events are missing that it takes a fraction of it.
constexpr std::chrono::milliseconds kHoldMax{500};
constexpr Position kNear = 4'000;
// How long readers of a former generation may take.
constexpr std::chrono::seconds kReadersPatience{5};

std::string name_of(int number) { return "generation " + std::to_string(number); }

}  // namespace

Generations::Generations(GenerationCatalog& catalog, GenerationStores stores,
                         ReadPosition& position, Metrics& metrics, const Clock& clock)
    : catalog_(catalog), stores_(std::move(stores)), clock_(clock), board_(position, metrics) {}

Generations::~Generations() { stop(); }

Status Generations::start(bool rebuild) {
  auto history = stores_.open_history();
  if (!history) return history.error();
  auto head = (*history)->head();
  if (!head) return head.error();
  board_.head.store(*head);
  if (rebuild) CQRS_TRY(leave_live_behind());
  auto generations = catalog_.list();
  if (!generations) return generations.error();
  remove_strays(*generations);
  for (const auto& generation : *generations) {
    auto status = start_runner(generation);
    if (status.ok()) continue;
    log::error("generation_not_started", {{"generation", std::to_string(generation.number)},
                                          {"reason", status.error().message}});
    GenerationStatus missing;
    missing.number = generation.number;
    missing.problem = status.error().message;
    missing.stopped = true;
    not_started_[generation.number] = std::move(missing);
    if (generation.live) return status;
  }
  return {};
}

// What cannot be removed costs room on the disk and nothing else.
void Generations::remove_strays(const std::vector<Generation>& known) {
  if (!stores_.remove_strays) return;
  auto removed = stores_.remove_strays(known);
  if (!removed) {
    log::warning("stray_generations_not_removed", {{"reason", removed.error().message}});
    return;
  }
  for (const int number : *removed) {
    log::warning("stray_generation_removed", {{"generation", std::to_string(number)}});
  }
}

// Only in the catalog: whoever starts it, now or after a kill, fills the new one.
Status Generations::leave_live_behind() {
  auto generations = catalog_.list();
  if (!generations) return generations.error();
  const auto live = std::find_if(generations->begin(), generations->end(),
                                 [](const Generation& each) { return each.live; });
  if (live == generations->end()) {
    return make_error(ErrorCode::kCorrupt, "no generation of the views is live");
  }
  auto fresh = catalog_.create(clock_.now(), 0);
  if (!fresh) return fresh.error();
  CQRS_TRY(catalog_.switch_live(live->number, *fresh));
  log::warning("views_rebuilt_from_start", {{"left_behind", std::to_string(live->number)},
                                            {"generation", std::to_string(*fresh)}});
  return {};
}

Result<std::unique_ptr<EventLog>> Generations::open_log(int generation) {
  if (stores_.open_log) return stores_.open_log(generation);
  auto history = stores_.open_history();
  if (!history) return history.error();
  return std::unique_ptr<EventLog>(std::make_unique<TableTail>(std::move(*history)));
}

bool Generations::wait_for_readers(int generation) {
  if (stores_.wait_for_readers) return stores_.wait_for_readers(generation);
  return board_.position.wait_unpinned(generation, kReadersPatience);
}

Status Generations::start_runner(const Generation& generation) {
  auto log = open_log(generation.number);
  if (!log) return log.error();
  auto record = stores_.open_history();
  if (!record) return record.error();
  auto views = stores_.open_projection(generation.number);
  if (!views) return views.error();
  auto runner = std::make_unique<Runner>(
      board_, generation,
      Runner::Stores{std::move(*log), std::move(*record), std::move(*views),
                     stores_.open_lane ? stores_.open_lane() : nullptr});
  CQRS_TRY(runner->start());
  const std::lock_guard lock(board_.mutex);
  if (generation.live) {
    board_.live = generation.number;
    runner->publish();
  }
  runner->launch();
  runners_[generation.number] = std::move(runner);
  return {};
}

void Generations::wake(Position head) {
  {
    const std::lock_guard lock(board_.mutex);
    if (head > board_.head.load()) {
      if (board_.position.get().applied >= board_.head.load()) {
        board_.position.fell_behind(std::chrono::steady_clock::now());
      }
      board_.head.store(head);
    }
  }
  board_.wake.notify_all();
}

void Generations::stop() {
  {
    const std::lock_guard lock(board_.mutex);
    if (!board_.stopping) board_.stop_at = board_.head.load();
    board_.stopping = true;
  }
  board_.wake.notify_all();
  for (auto& [number, runner] : runners_) runner->join();
}

Result<std::optional<Generation>> Generations::find_unfinished() {
  auto generations = catalog_.list();
  if (!generations) return generations.error();
  std::optional<Generation> found;
  const std::lock_guard lock(board_.mutex);
  for (const auto& generation : *generations) {
    const auto runner = runners_.find(generation.number);
    if (!unfinished(generation) || runner == runners_.end()) continue;
    if (!runner->second->status().stopped) found = generation;
  }
  return found;
}

Result<Generations::Created> Generations::create(bool adopt, std::int64_t rate) {
  const std::lock_guard admin(admin_mutex_);
  auto earlier = adopt ? find_unfinished() : std::optional<Generation>();
  if (!earlier) return earlier.error();
  if (*earlier) {
    const int number = (*earlier)->number;
    CQRS_TRY(catalog_.set_rate(number, rate));
    log::info("generation_adopted", {{"generation", std::to_string(number)}});
    const std::lock_guard lock(board_.mutex);
    Runner& runner = *runners_.at(number);
    runner.set_rate(rate);
    board_.wake.notify_all();
    return Created{number, true, runner.status().applied};
  }
  Generation generation;
  auto number = catalog_.create(clock_.now(), rate);
  if (!number) return number.error();
  generation.number = *number;
  generation.rate = rate;
  if (auto status = start_runner(generation); !status) {
    (void)catalog_.drop(*number);
    (void)stores_.remove(*number);
    return status.error();
  }
  log::info("generation_created", {{"generation", std::to_string(*number)}});
  return Created{*number, false, 0};
}

Status Generations::may_switch(int expected, int to) const {
  if (expected != board_.live) {
    return make_error(ErrorCode::kVersionConflict,
                      name_of(expected) + " is not the live one any more, " + name_of(board_.live) +
                          " is: look with cqrsctl replay status");
  }
  const auto at = runners_.find(to);
  if (at == runners_.end()) {
    const auto held = not_started_.find(to);
    if (held == not_started_.end()) {
      return make_error(ErrorCode::kNotFound, "there is no " + name_of(to), "generation");
    }
    return make_error(
        ErrorCode::kVersionConflict,
        name_of(to) + " could not start (" + held->second.problem + "): drop it and replay again");
  }
  const GenerationStatus& wanted = at->second->status();
  if (wanted.stopped) {
    return make_error(ErrorCode::kVersionConflict, name_of(to) + " has stopped (" + wanted.problem +
                                                       "): drop it and replay again");
  }
  if (wanted.proof == Proof::kDiffers) {
    return make_error(ErrorCode::kVersionConflict,
                      name_of(to) +
                          " was found to differ from the write side: drop it and replay "
                          "again");
  }
  return {};
}

// How many events the live one has and `to` has not.
Position Generations::behind(int to) const {
  const Position live = runners_.at(board_.live)->status().applied;
  return live - runners_.at(to)->status().applied;
}

// Afterwards the live generation stands still and the other has applied at least as much. What a
// runner reports is what readers find only while it is at rest, so the comparison is made then.
Status Generations::hold_level(Lock& lock, int expected, int to) {
  const auto give_up = std::chrono::steady_clock::now() + kSwitchPatience;
  Runner& live = *runners_.at(expected);
  for (;;) {
    board_.stepped.wait_until(
        lock, give_up, [&] { return behind(to) <= kNear || !may_switch(expected, to).ok(); });
    CQRS_TRY(may_switch(expected, to));
    live.hold(true);
    const auto release_at =
        std::min(give_up, std::chrono::steady_clock::now() + std::chrono::nanoseconds(kHoldMax));
    const bool level = board_.stepped.wait_until(lock, release_at,
                                                 [&] { return live.at_rest() && behind(to) <= 0; });
    if (level) return {};
    const Position missing = behind(to);
    release(expected);
    if (std::chrono::steady_clock::now() < give_up) continue;
    return make_error(ErrorCode::kUnavailable,
                      name_of(to) + " is " + std::to_string(missing) +
                          " events behind the live one: wait until it has caught up");
  }
}

void Generations::release(int number) {
  runners_.at(number)->hold(false);
  board_.wake.notify_all();
}

// The pointer on the disk first: a kill between the two leaves a pointer to a generation that is
// level, and whoever starts next serves that one.
Status Generations::move_pointer(Lock& lock, int expected, int to) {
  lock.unlock();
  CQRS_FAILPOINT("switch.before_pointer");
  auto moved = catalog_.switch_live(expected, to);
  if (moved.ok()) CQRS_FAILPOINT("switch.after_pointer");
  lock.lock();
  CQRS_TRY(moved);
  board_.live = to;
  Runner& now_live = *runners_.at(to);
  now_live.set_served();
  now_live.set_rate(0);
  now_live.publish();
  board_.wake.notify_all();
  return {};
}

// Readers never go back in time: the pointer moves while the old generation stands still and the
// new one has applied at least as much, and the old one stays still until its last reader is done.
Status Generations::switch_live(int expected, int to) {
  const std::lock_guard admin(admin_mutex_);
  Lock lock(board_.mutex);
  CQRS_TRY(may_switch(expected, to));
  if (expected == to) return {};
  CQRS_TRY(hold_level(lock, expected, to));
  auto moved = move_pointer(lock, expected, to);
  lock.unlock();
  if (moved) CQRS_FAILPOINT("switch.after_readers");
  if (moved && !wait_for_readers(expected)) {
    log::warning("slow_reader", {{"generation", std::to_string(expected)}});
  }
  lock.lock();
  release(expected);
  if (!moved) return moved;
  log::info("generation_switched",
            {{"from", std::to_string(expected)}, {"to", std::to_string(to)}});
  return {};
}

Status Generations::set_proof(int number, bool equal) {
  const std::lock_guard admin(admin_mutex_);
  const Proof proof = equal ? Proof::kEqual : Proof::kDiffers;
  CQRS_TRY(catalog_.set_proof(number, proof));
  // Filled and proven, it only has to follow from now on.
  if (equal) CQRS_TRY(catalog_.set_rate(number, 0));
  const std::lock_guard lock(board_.mutex);
  const auto at = runners_.find(number);
  if (at == runners_.end()) return {};
  at->second->set_proof(proof);
  if (equal) at->second->set_rate(0);
  board_.wake.notify_all();
  return {};
}

Status Generations::drop(int number) {
  const std::lock_guard admin(admin_mutex_);
  CQRS_TRY(catalog_.drop(number));
  std::unique_ptr<Runner> runner;
  {
    const std::lock_guard lock(board_.mutex);
    not_started_.erase(number);
    const auto at = runners_.find(number);
    if (at != runners_.end()) {
      at->second->drop();
      runner = std::move(at->second);
      runners_.erase(at);
    }
  }
  board_.wake.notify_all();
  runner.reset();
  (void)wait_for_readers(number);
  log::info("generation_dropped", {{"generation", std::to_string(number)}});
  return stores_.remove(number);
}

std::vector<GenerationStatus> Generations::status() const {
  const std::lock_guard lock(board_.mutex);
  std::map<int, GenerationStatus> all = not_started_;
  for (const auto& [number, runner] : runners_) {
    all[number] = runner->status();
    all[number].live = number == board_.live;
    const GenerationStatus& status = all[number];
    all[number].unfinished = !status.live && !status.served && status.proof == Proof::kNone;
  }
  std::vector<GenerationStatus> out;
  for (auto& [number, status] : all) out.push_back(std::move(status));
  return out;
}

}  // namespace cqrs
