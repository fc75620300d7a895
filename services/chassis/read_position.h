// How far the served views have come, shared between those who advance them and those who wait for
// them.
#pragma once

#include "core/base/clock.h"
#include "core/events/event.h"

#include <functional>
#include <mutex>
#include <vector>

namespace cqrs {

struct ReadState {
  int generation = 0;    // the live one
  Position applied = 0;  // of that generation
  Timestamp last_event;  // when the last applied event was recorded
};

// Thread-safe.
class ReadPosition {
 public:
  [[nodiscard]] ReadState get() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  void set(const ReadState& state) {
    {
      const std::lock_guard lock(mutex_);
      state_ = state;
    }
    for (const auto& listener : listeners_) listener();
  }
  // Before anything runs; called on the thread that advances the views, so it must be quick.
  void on_change(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }

 private:
  mutable std::mutex mutex_;
  ReadState state_;
  std::vector<std::function<void()>> listeners_;
};

}  // namespace cqrs
