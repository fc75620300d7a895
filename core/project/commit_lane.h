// Where a projector has its commits carried out: beside itself, so that the next page is worked out
// while the store works on the last one.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <functional>

namespace cqrs {

// One commit at a time: begin() and finish() take turns. Used by one thread.
class CommitLane {
 public:
  virtual ~CommitLane() = default;
  // Sees to it that `commit` is carried out, now or at the latest by finish(). Whatever it refers
  // to must live until then.
  virtual void begin(std::function<Status()> commit) = 0;
  // Waits for its end and gives what it gave.
  [[nodiscard]] virtual Status finish() = 0;
  // What the commits have cost so far, where that is not the caller's own time.
  [[nodiscard]] virtual std::chrono::nanoseconds cpu_time() { return {}; }
};

}  // namespace cqrs
