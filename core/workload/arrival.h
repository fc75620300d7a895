// When operations are due, in the open model: a stream of offsets that never looks at the system
// under test. Every thread and every shard makes the whole stream and sends the numbers that are
// its own (number % n == i), so the schedule of a run does not depend on how it is split.
#pragma once

#include "core/workload/scenario.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace cqrs {

struct Arrival {
  std::uint64_t number = 0;            // from 0, over all phases
  std::size_t phase = 0;               // index into the scenario's phases
  std::chrono::nanoseconds offset{0};  // from the start of the first phase; never goes back
};

// Not thread-safe: one per thread. Holds no clock.
//
// Each offset is computed from the phase's start, so nothing drifts: a constant rate gives
// i / rate, a ramp the inverse of its integral. Poisson arrivals are a process of rate 1, seeded,
// on the scale of expected operations, which makes them exact for rates that change, too. Fractions
// of an operation at the end of a phase are taken over into the next.
class ArrivalStream {
 public:
  // Closed phases have no arrivals.
  ArrivalStream(const Scenario& scenario, std::uint64_t seed);

  // In order of time; nothing after the last.
  [[nodiscard]] std::optional<Arrival> next();
  // How many are due at `offset` or before, whatever was taken by next(). Quick when it is asked
  // with rising offsets.
  [[nodiscard]] std::uint64_t intended_by(std::chrono::nanoseconds offset);

 private:
  struct Span {
    std::size_t phase = 0;
    double start_ns = 0;
    double seconds = 0;
    double from = 0;  // per second
    double to = 0;
    double before = 0;  // expected operations until the phase starts
    double after = 0;   // … until it ends
    bool poisson = false;
    [[nodiscard]] std::chrono::nanoseconds offset_of(double expected) const;
  };
  // A walk along the spans.
  struct Walk {
    std::size_t span = 0;
    std::uint64_t number = 0;
    double expected = 0;  // where the next arrival is, in expected operations
    std::uint64_t random = 0;
    std::optional<Arrival> pending;
  };
  [[nodiscard]] Walk start() const;
  void advance(Walk& walk) const;  // sets `pending`

  std::vector<Span> spans_;
  std::uint64_t seed_;
  Walk next_;
  Walk counted_;  // its pending arrival is the first after `counted_until_`
  std::chrono::nanoseconds counted_until_{0};
};

// Which operation a number is: a pure function of the seed and the number. Among any 1,024 numbers
// that follow each other from a multiple of 1,024 on, every operation has its share, to within two.
class OperationChooser {
 public:
  // `mix` must not be empty; its order does not matter. Thread-safe.
  OperationChooser(const std::vector<MixPart>& mix, std::uint64_t seed);
  [[nodiscard]] Operation choose(std::uint64_t number) const;

 private:
  struct Part {
    double until = 1;  // cumulated share
    Operation operation = Operation::kCreateUser;
  };
  std::vector<Part> parts_;
  std::uint64_t seed_;
};

}  // namespace cqrs
