// Time as a value that is passed in: code that decides anything never asks the system for it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace cqrs {

// Microseconds since 1970-01-01T00:00:00Z. Metadata only: order comes from positions and versions.
struct Timestamp {
  std::int64_t micros = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
  [[nodiscard]] std::uint64_t millis() const { return static_cast<std::uint64_t>(micros / 1000); }
};

// RFC 3339 in UTC with microseconds, e.g. 2026-11-21T07:37:17.000123Z.
[[nodiscard]] std::string to_string(Timestamp time);
void append_time(std::string& out, Timestamp time);

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
  }
};

// For tests and simulations: stands still until it is moved. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = {}) : now_(start) {}
  [[nodiscard]] Timestamp now() const override { return now_; }
  void advance(std::chrono::microseconds by) { now_.micros += by.count(); }

 private:
  Timestamp now_;
};

}  // namespace cqrs
