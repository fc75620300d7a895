// Thresholds: 'METRIC[{tag=value}]:AGG OP VALUE[UNIT] [@WINDOW] [abort[=DELAY]]', e.g.
// 'command.latency:p99<250ms', 'errors{op=create_order}:rate<1%', 'ledger.lost==0',
// 'staleness:p(99)<1s @10s abort=30s'. A threshold without samples fails.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

enum class Comparison : std::uint8_t {
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kUnlike
};

struct Slo {
  std::string text;    // as it was written
  std::string metric;  // "command.latency"
  std::string tag;     // "op", "phase"; empty: none
  std::string tag_value;
  std::string aggregate;  // "p99", "max", "mean", "count", "rate", "value", "min", "last"
  Comparison comparison = Comparison::kLess;
  double value = 0;  // in the metric's base unit: us, bytes, a share, a count, per second
  std::chrono::milliseconds window{0};       // 0: the whole run; else every window of this length
  bool abort = false;                        // the run ends when it is broken …
  std::chrono::milliseconds abort_after{0};  // … but not before this much of it
};

// What a metric's numbers are in, and what its values may be written with.
enum class SloUnit : std::uint8_t { kMicros, kSeconds, kBytes, kShare, kCount, kPerSecond, kPlain };

struct SloResult {
  Slo slo;
  bool ok = false;
  std::optional<double> observed;  // in base units; nothing: no data
  std::string unit;                // "ms", "s", "%", "/s", "bytes", ""
  double shown = 0;                // observed, in that unit
  std::uint64_t samples = 0;
};

// Error invalid: names what is wrong, where in the text, and what there is.
[[nodiscard]] Result<Slo> parse_slo(std::string_view text);

// Where the numbers come from: one finished run, or one window of it.
class SloSource {
 public:
  SloSource() = default;
  SloSource(const SloSource&) = delete;
  SloSource& operator=(const SloSource&) = delete;
  virtual ~SloSource() = default;
  struct Observation {
    double value = 0;
    std::uint64_t samples = 0;
  };
  // Nothing when there is no such data in this run.
  [[nodiscard]] virtual std::optional<Observation> observe(const Slo& slo) const = 0;
};

[[nodiscard]] SloResult judge(const Slo& slo, const SloSource& source);
// "command.latency:p99<250ms  observed 120 ms (12,345 samples)".
[[nodiscard]] std::string text_of(const SloResult& result);

}  // namespace cqrs
