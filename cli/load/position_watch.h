// How far each stage of the system has come, looked at all the time: the positions that are in the
// topics and in the views, with the moments at which they were first seen. Tells afterwards when an
// event passed a stage.
#pragma once

#include "core/events/event.h"

#include "cli/load/schedule.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace cqrs::load {

// What one look told; 0: not told.
struct StagePositions {
  Position published = 0;
  Position applied = 0;
  std::int64_t lag_records = -1;
  double lag_seconds = -1;
};

class PositionWatch {
 public:
  using Look = std::function<std::optional<StagePositions>()>;
  // Calls `look`, which may block, on a thread of its own every `pause`.
  PositionWatch(Look look, std::chrono::milliseconds pause);
  PositionWatch(const PositionWatch&) = delete;
  PositionWatch& operator=(const PositionWatch&) = delete;
  ~PositionWatch();

  // When `position` was in the topics, or in the views: halfway between the look that did not see
  // it yet and the one that did. Nothing when no look has, or it is too long ago. Thread-safe.
  [[nodiscard]] std::optional<SteadyTime> published_at(Position position) const;
  [[nodiscard]] std::optional<SteadyTime> applied_at(Position position) const;
  // The last look. Thread-safe.
  [[nodiscard]] StagePositions latest() const;

 private:
  // Positions that were first seen at a moment, ascending in both.
  struct Seen {
    Position position = 0;
    SteadyTime before{};  // the last look that saw less
    SteadyTime at{};
  };
  static void note(std::deque<Seen>& track, Position position, SteadyTime before, SteadyTime now);
  static std::optional<SteadyTime> find(const std::deque<Seen>& track, Position position);
  void run();

  const Look look_;
  const std::chrono::milliseconds pause_;
  mutable std::mutex mutex_;
  std::deque<Seen> published_;
  std::deque<Seen> applied_;
  StagePositions latest_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace cqrs::load
