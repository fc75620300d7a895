// When commands are due. Closed model: whenever there is room. Open model: number i at
// start + i / rate, whatever became of those before it. Holds no clock: times are passed in.
#pragma once

#include <chrono>
#include <cstdint>

namespace cqrs::load {

using SteadyTime = std::chrono::steady_clock::time_point;

class Schedule {
 public:
  // Closed.
  Schedule() = default;
  // Open; `per_second` above 0.
  Schedule(SteadyTime start, double per_second) : start_(start), per_second_(per_second) {}

  [[nodiscard]] bool open() const { return per_second_ > 0; }
  [[nodiscard]] double per_second() const { return per_second_; }
  // Number `index` (from 0) is scheduled then; in the closed model `now`.
  [[nodiscard]] SteadyTime due_at(std::uint64_t index, SteadyTime now) const;
  // How many were to be sent until `now`; 0 in the closed model.
  [[nodiscard]] std::uint64_t intended_by(SteadyTime now) const;
  // Sent / intended until `now`, at most 1; 1 in the closed model and before anything is due. For a
  // run that sent all it had, `now` is the moment of its last send.
  [[nodiscard]] double achieved_ratio(std::uint64_t sent, SteadyTime now) const;

 private:
  SteadyTime start_{};
  double per_second_ = 0;
};

}  // namespace cqrs::load
