// A thread that knows where the record ends, and tells whoever needs it.
#pragma once

#include "core/write/head_watch.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace cqrs {

class HeadFollower {
 public:
  // `moved` is called on the follower's thread with every new head, and must be quick.
  HeadFollower(std::unique_ptr<HeadWatch> watch, std::function<void(Position)> moved);
  HeadFollower(const HeadFollower&) = delete;
  HeadFollower& operator=(const HeadFollower&) = delete;
  ~HeadFollower();  // as stop()

  // The last head that was seen; thread-safe.
  [[nodiscard]] Position head() const { return head_.load(); }
  // Whether the record could be reached when it was last tried; thread-safe.
  [[nodiscard]] bool connected() const { return connected_.load(); }
  void stop();

 private:
  void run();

  std::unique_ptr<HeadWatch> watch_;
  std::function<void(Position)> moved_;
  std::atomic<Position> head_{0};
  std::atomic<bool> connected_{true};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace cqrs
