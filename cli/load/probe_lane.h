// Follows acknowledged commands until a read through the query API shows their effect, on a thread
// and connections of its own. Where the system can hold a read back until it has what was asked
// for, one request is the probe; else it polls, more and more seldom. What a probe itself takes is
// left out: half the round trip of the read that saw the effect.
#pragma once

#include "core/workload/histogram.h"

#include "cli/load/dialect.h"
#include "cli/load/op_source.h"
#include "cli/load/position_watch.h"

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cqrs::load {

struct ProbeResult {
  Histogram staleness;                    // us, from the scheduled send until it was visible
  std::map<std::string, Histogram> hops;  // commit, publish, apply, visible
  std::uint64_t offered = 0;
  std::uint64_t passed_over = 0;  // too many under way
  std::uint64_t unseen = 0;       // not visible when probing ended
};

class ProbeLane {
 public:
  // `watch` may be nullptr: then there are two hops, commit and visible. `measure_from`: what was
  // scheduled before it (the warm-up) is not probed.
  ProbeLane(const ClientOptions& client, std::unique_ptr<Dialect> dialect, std::uint64_t one_in,
            SteadyTime measure_from, PositionWatch* watch);
  ProbeLane(const ProbeLane&) = delete;
  ProbeLane& operator=(const ProbeLane&) = delete;
  ~ProbeLane();

  // Thread-safe, never waits.
  void offer(const ScheduledOp& op, const OpAnswer& acknowledged, SteadyTime completed);
  // What became visible since the last call, in microseconds. Thread-safe.
  void take(Histogram& sum);
  // Waits up to `patience` for what is under way, and ends the thread.
  [[nodiscard]] ProbeResult finish(std::chrono::milliseconds patience);

 private:
  struct Probe {
    ScheduledOp op;
    OpAnswer acknowledged;
    SteadyTime completed{};
    SteadyTime not_before{};
    std::uint32_t looks = 0;
  };
  // Visible, and to be split into hops once the watch has looked again.
  struct Seen {
    Position position = 0;
    SteadyTime completed{};
    SteadyTime visible{};
  };
  void run();
  [[nodiscard]] bool next(Prepared& request);
  void done(const Answer& answer);
  void seen(const Probe& probe, const Answer& answer);
  void again(Probe probe, SteadyTime now);
  void split(const Seen& seen);
  void split_what_is_known(bool all);
  [[nodiscard]] SteadyTime due();

  const ClientOptions client_;
  const std::unique_ptr<Dialect> dialect_;
  const std::uint64_t one_in_;
  const SteadyTime measure_from_;
  PositionWatch* const watch_;
  std::mutex mutex_;  // guards the five below
  std::uint64_t under_way_ = 0;
  std::deque<Probe> waiting_;
  Histogram window_;
  std::uint64_t offered_ = 0;
  std::uint64_t passed_over_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<bool> quit_{false};
  std::vector<Probe> slots_;
  std::deque<Seen> seen_;
  std::vector<std::uint64_t> free_;
  std::int64_t round_trip_ = 0;  // of a read that had nothing to wait for, us, smoothed
  ProbeResult result_;
  std::thread thread_;
};

}  // namespace cqrs::load
