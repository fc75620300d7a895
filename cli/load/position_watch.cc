#include "cli/load/position_watch.h"

#include <algorithm>

namespace cqrs::load {
namespace {

using Steady = std::chrono::steady_clock;

// At 50 looks a second the last three minutes.
constexpr std::size_t kTrackMost = 10'000;

}  // namespace

PositionWatch::PositionWatch(Look look, std::chrono::milliseconds pause)
    : look_(std::move(look)), pause_(pause), thread_([this] { run(); }) {}

PositionWatch::~PositionWatch() {
  stopping_ = true;
  thread_.join();
}

void PositionWatch::run() {
  SteadyTime before = Steady::now();
  while (!stopping_) {
    const SteadyTime asked = Steady::now();
    const auto seen = look_();
    const SteadyTime told = Steady::now();
    // The server looked somewhere between asking and answering.
    const SteadyTime now = asked + (told - asked) / 2;
    if (seen) {
      const std::lock_guard lock(mutex_);
      note(published_, seen->published, before, now);
      note(applied_, seen->applied, before, now);
      latest_ = *seen;
      before = now;
    } else {
      const std::lock_guard lock(mutex_);
      latest_.lag_records = -1;
      latest_.lag_seconds = -1;
    }
    std::this_thread::sleep_for(pause_);
  }
}

void PositionWatch::note(std::deque<Seen>& track, Position position, SteadyTime before,
                         SteadyTime now) {
  if (position == 0 || (!track.empty() && track.back().position >= position)) return;
  track.push_back({position, before, now});
  if (track.size() > kTrackMost) track.pop_front();
}

std::optional<SteadyTime> PositionWatch::find(const std::deque<Seen>& track, Position position) {
  if (track.empty() || position < track.front().position) return std::nullopt;
  const auto found =
      std::lower_bound(track.begin(), track.end(), position,
                       [](const Seen& seen, Position wanted) { return seen.position < wanted; });
  if (found == track.end()) return std::nullopt;
  return found->before + (found->at - found->before) / 2;
}

std::optional<SteadyTime> PositionWatch::published_at(Position position) const {
  const std::lock_guard lock(mutex_);
  return find(published_, position);
}

std::optional<SteadyTime> PositionWatch::applied_at(Position position) const {
  const std::lock_guard lock(mutex_);
  return find(applied_, position);
}

StagePositions PositionWatch::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

}  // namespace cqrs::load
