// Waits for many sockets and one moment: epoll beside a timerfd, whose expiry has no slack, so that
// a request that is due starts tens of microseconds later and not up to a millisecond.
#pragma once

#include "core/base/result.h"

#include "cli/load/schedule.h"
#include "cli/load/socket.h"

namespace cqrs::load {

class Watcher {
 public:
  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  virtual ~Watcher() = default;
  // Errors and hang-ups count as both.
  virtual void on_events(bool readable, bool writable) = 0;
};

// Used by one thread. A watcher must outlive its registration; closing its descriptor ends that.
class Reactor {
 public:
  Reactor() = default;
  // Error: unavailable, when the system grants no descriptor.
  [[nodiscard]] Status open();
  // Readable always counts; writable while `writable` is asked for. False: out of descriptors or
  // watches.
  [[nodiscard]] bool add(int descriptor, Watcher& watcher, bool writable);
  void watch_writable(int descriptor, Watcher& watcher, bool writable);
  // Hands out what has happened, then returns; at the latest when `until` has come.
  void wait(SteadyTime until);

 private:
  Descriptor epoll_;
  Descriptor timer_;
  SteadyTime armed_{};
};

}  // namespace cqrs::load
