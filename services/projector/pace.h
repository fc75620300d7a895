// Spreads the events of a shadow generation evenly, so that a replay leaves room for the rest of
// the system.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cqrs {

// Not thread-safe. Knows no clock: the caller says what time it is.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `rate`: events per second, 0 for no limit.
  explicit Pace(std::int64_t rate = 0) : rate_(rate) {}

  // How many events the next step may take, at least 1 and at most `max`: a twentieth of a second's
  // worth, so that the flow is even at any rate.
  [[nodiscard]] std::size_t page(std::size_t max) const {
    if (rate_ <= 0) return max;
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(rate_ / 20, 1, static_cast<std::int64_t>(max)));
  }
  // Not before then. Time that was not used is not saved up.
  [[nodiscard]] Time next() const { return next_; }
  // `events` were taken by a step that began at `started`.
  void took(std::size_t events, Time started) {
    if (rate_ <= 0) return;
    const auto worth = std::chrono::nanoseconds(std::chrono::seconds(1)) *
                       static_cast<std::int64_t>(events) / rate_;
    next_ = std::max(next_, started) + worth;
  }

 private:
  std::int64_t rate_;
  Time next_{};
};

}  // namespace cqrs
