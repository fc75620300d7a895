// How far the served views have come, shared between those who advance them and those who wait for
// them.
#pragma once

#include "core/base/clock.h"
#include "core/events/event.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
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
  // Held by a reader while it reads the generation that was live when it began: after a switch the
  // former one must not move on, nor vanish, under those who still read it.
  class Pin {
   public:
    explicit Pin(ReadPosition& position) : position_(position) {
      const std::lock_guard lock(position_.mutex_);
      generation_ = position_.state_.generation;
      ++position_.readers_[generation_];
    }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    ~Pin() {
      {
        const std::lock_guard lock(position_.mutex_);
        if (--position_.readers_[generation_] > 0) return;
      }
      position_.unpinned_.notify_all();
    }
    [[nodiscard]] int generation() const { return generation_; }

   private:
    ReadPosition& position_;
    int generation_ = 0;
  };
  // False when somebody still reads that generation after `patience`.
  [[nodiscard]] bool wait_unpinned(int generation, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return unpinned_.wait_for(lock, patience, [&] { return readers_[generation] == 0; });
  }

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
  // Something was committed while the views had everything: from now on they are behind.
  void fell_behind(std::chrono::steady_clock::time_point now) {
    const std::lock_guard lock(mutex_);
    behind_since_ = now;
  }
  // How long the views can have been behind at most; nothing when they never had everything since
  // this process started. Knows no jumps of the wall clock.
  [[nodiscard]] std::optional<std::chrono::microseconds> behind_for(
      std::chrono::steady_clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    if (!behind_since_) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(now - *behind_since_);
  }
  // Before anything runs; called on the thread that advances the views, so it must be quick.
  void on_change(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }

 private:
  mutable std::mutex mutex_;
  std::condition_variable unpinned_;
  ReadState state_;
  std::map<int, int> readers_;  // by generation
  std::optional<std::chrono::steady_clock::time_point> behind_since_;
  std::vector<std::function<void()>> listeners_;
};

}  // namespace cqrs
