#include "services/projector/runner.h"

#include "services/chassis/log.h"

#include <utility>

namespace cqrs {
namespace {

constexpr std::size_t kPage = 2'000;
// A store that is away is asked again at this pace.
constexpr std::chrono::milliseconds kRetry{200};
// Even without a wake-up the log is looked at: a hint that got lost costs this much, never an
// event.
constexpr std::chrono::milliseconds kIdle{500};

}  // namespace

Runner::Runner(Board& board, const Generation& generation, Stores stores)
    : board_(board),
      stores_(std::move(stores)),
      projector_(*stores_.log, *stores_.record, *stores_.views, stores_.lane.get()),
      pace_(generation.rate) {
  status_.number = generation.number;
  status_.rate = generation.rate;
  status_.proof = generation.proof;
  status_.served = generation.served;
}

Runner::~Runner() { join(); }

Status Runner::start() {
  CQRS_TRY(projector_.start());
  status_.applied = projector_.applied();
  if (status_.applied > 0) {
    auto last = stores_.record->read(status_.applied - 1, 1);
    if (last.ok() && !last->empty()) last_event_ = last->front().recorded_at;
  }
  return {};
}

void Runner::launch() {
  thread_ = std::thread([this] { run(); });
}

void Runner::join() {
  if (thread_.joinable()) thread_.join();
}

void Runner::set_rate(std::int64_t rate) {
  status_.rate = rate;
  pace_ = Pace(rate);
}

void Runner::publish() const {
  board_.position.set({status_.number, status_.applied, last_event_});
}

std::chrono::nanoseconds Runner::cpu_lap() {
  auto used = cpu_.lap();
  if (stores_.lane) {
    const auto lane = stores_.lane->cpu_time();
    used += lane - std::exchange(lane_cpu_, lane);
  }
  return used;
}

void Runner::run() {
  Lock lock(board_.mutex);
  while (wait_for_turn(lock)) {
    const std::size_t page = is_live() ? kPage : pace_.page(kPage);
    stepping_ = true;
    lock.unlock();
    const auto started = std::chrono::steady_clock::now();
    const auto applied = projector_.step(page);
    if (applied && *applied > 0) {
      board_.metrics.observe_stage("apply", std::chrono::steady_clock::now() - started);
      board_.metrics.observe_batch("apply", *applied);
      board_.metrics.add_stage_cpu("project", cpu_lap());
    }
    lock.lock();
    stepping_ = false;
    const bool goes_on = note(applied, started);
    board_.stepped.notify_all();
    if (!goes_on) return;
  }
}

bool Runner::wait_for_turn(Lock& lock) {
  for (;;) {
    if (dropped_) return false;
    // The live views are brought up to date before the end; a shadow goes on at its checkpoint.
    if (board_.stopping && !is_live()) return false;
    const auto now = std::chrono::steady_clock::now();
    if (held_) {
      board_.wake.wait(lock);
      continue;
    }
    if (board_.stopping) return true;
    const auto not_before = is_live() ? retry_at_ : std::max(retry_at_, pace_.next());
    const bool nothing_new = board_.head.load() <= status_.applied && now < look_at_;
    if (now >= not_before && !nothing_new) return true;
    board_.wake.wait_until(lock, now < not_before ? not_before : look_at_);
  }
}

bool Runner::note(const Result<std::size_t>& applied, Time started) {
  const auto& counters = projector_.counters();
  const bool moved = projector_.applied() > status_.applied;
  status_.applied = projector_.applied();
  status_.events = counters.applied;
  status_.duplicates = counters.duplicates;
  status_.parked = counters.parked;
  status_.problem = applied ? std::string() : applied.error().message;
  if (!applied) {
    status_.stopped = applied.error().code != ErrorCode::kUnavailable;
    status_.superseded = applied.error().code == ErrorCode::kVersionConflict;
    if (status_.stopped) {
      log::error("projector_stopped",
                 {{"generation", std::to_string(status_.number)}, {"reason", status_.problem}});
    }
    retry_at_ = std::chrono::steady_clock::now() + kRetry;
    return !status_.stopped && !board_.stopping;
  }
  if (board_.stopping && status_.applied >= board_.stop_at) return false;
  if (moved && *applied == 0) {
    // Nothing new in the log but the word that everything up to here has been seen.
    if (is_live()) publish();
    return true;
  }
  if (*applied == 0) {
    look_at_ = std::chrono::steady_clock::now() + kIdle;
    return !board_.stopping;
  }
  look_at_ = {};
  last_event_ = projector_.last_recorded();
  pace_.took(*applied, started);
  if (is_live()) publish();
  return true;
}

}  // namespace cqrs
