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

  friend bool operator==(const Slo&, const Slo&) = default;
};

// What a metric's numbers are in, and what its values may be written with.
enum class SloUnit : std::uint8_t { kMicros, kSeconds, kBytes, kShare, kCount, kPerSecond, kPlain };

struct SloResult {
  Slo slo;
  bool ok = false;
  std::optional<double> observed;  // in base units; nothing: no data
  std::string unit;                // "us", "ms", "s", "%", "/s", "bytes", ""
  double shown = 0;                // observed, in that unit
  std::uint64_t samples = 0;
};

// Error invalid, field "slo": names what is wrong, where in the text, and what there is.
//
// Values: us, ms, s, m (times need one, but for those whose name says it), % or 0 … 1 (shares),
// B, kB, MB, GB, KiB, MiB, GiB (bytes), k, m (counts), /s, k/s (rates). p99.9 may be written p999.
// Without :AGG: the value itself, the rate of errors and throughput, the largest of lag, rss and
// recovery; a latency must say which. {op=…}: errors, throughput, service_time, and latencies of
// operations of that kind. @WINDOW (whole seconds), {phase=…} and abort are judged on the series
// of one-second values, so only metrics and aggregates that it has take them: there, a percentile
// is that of the worst second, which is never below the true one of the window.
[[nodiscard]] Result<Slo> parse_slo(std::string_view text);

// What holds for every run: ledger.lost==0, verify.diff==0, and in the open model
// load.achieved>=`min_achieved` (0 to 1).
[[nodiscard]] std::vector<Slo> always_on_slos(bool open_model, double min_achieved = 0.99);

// 99.9 of "p99.9"; nothing for other aggregates.
[[nodiscard]] std::optional<double> percentile_of(std::string_view aggregate);
// Whether it is judged on one-second values: it has a window or a phase.
[[nodiscard]] bool needs_series(const Slo& slo);
[[nodiscard]] SloUnit unit_of(const Slo& slo);

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
