#include "cli/output/progress.h"

#include "cli/output/units.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::chrono::milliseconds kRefresh{250};
constexpr std::chrono::seconds kLine{5};
constexpr int kBarWidth = 30;

std::string bar(double part) {
  const int full = static_cast<int>(std::clamp(part, 0.0, 1.0) * kBarWidth);
  std::string out = "[";
  out.append(static_cast<std::size_t>(full), '#');
  out.append(static_cast<std::size_t>(kBarWidth - full), '.');
  return out + "]";
}

}  // namespace

Progress::Progress(const Context& context)
    : context_(context),
      enabled_(!context.options.quiet && context.options.progress != ProgressMode::kNone),
      terminal_(context.options.progress == ProgressMode::kAuto && ::isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()),
      next_(started_ + (terminal_ ? kRefresh : std::chrono::milliseconds(kLine))),
      last_(started_) {}

void Progress::tick(const ProgressNumbers& numbers, std::chrono::steady_clock::time_point now) {
  if (!due(now)) return;
  next_ = now + (terminal_ ? kRefresh : std::chrono::milliseconds(kLine));
  const double elapsed = std::chrono::duration<double>(now - started_).count();
  const double window = std::max(0.001, std::chrono::duration<double>(now - last_).count());
  const double rate = static_cast<double>(numbers.acknowledged - last_acknowledged_) / window;
  const double sent_rate = static_cast<double>(numbers.sent - last_sent_) / window;
  if (terminal_) {
    block(numbers, elapsed, sent_rate, rate);
  } else {
    line(numbers, elapsed, sent_rate, rate);
  }
  last_sent_ = numbers.sent;
  last_ = now;
  last_acknowledged_ = numbers.acknowledged;
  window_ = Histogram();
}

void Progress::block(const ProgressNumbers& numbers, double elapsed, double sent_rate,
                     double rate) {
  const double part = numbers.total == 0 ? 0
                                         : static_cast<double>(numbers.acknowledged) /
                                               static_cast<double>(numbers.total);
  const double left =
      rate > 0 ? static_cast<double>(numbers.total - numbers.acknowledged) / rate : 0;
  std::string text;
  // Back to the first line of the block, clearing each line before it is written again.
  if (lines_ > 0) text += "\x1b[" + std::to_string(lines_) + "A";
  const auto add = [&](const std::string& row) { text += "\r\x1b[2K" + row + "\n"; };
  add(numbers.phase + "  " + bar(part) + "  " + std::to_string(static_cast<int>(part * 100)) +
      " %  " + seconds_text(elapsed) + " elapsed, " + seconds_text(left) + " left");
  add("  sent " + grouped(static_cast<std::int64_t>(numbers.sent)) + "  acknowledged " +
      grouped(static_cast<std::int64_t>(numbers.acknowledged)) + "  (" + rate_text(rate) +
      (numbers.target > 0
           ? " of " + rate_text(numbers.target) + " wanted, " + rate_text(sent_rate) + " sent"
           : "") +
      ")  in flight " + std::to_string(numbers.in_flight) + "  errors " +
      std::to_string(numbers.errors));
  add("  latency p50 " + micros_text(window_.percentile(50)) + "  p99 " +
      micros_text(window_.percentile(99)) +
      (numbers.lag_records < 0 ? "" : "  views behind by " + grouped(numbers.lag_records)) +
      (numbers.staleness_p99 < 0 ? "" : "  staleness p99 " + micros_text(numbers.staleness_p99)));
  lines_ = 3;
  context_.err << text << std::flush;
}

void Progress::line(const ProgressNumbers& numbers, double elapsed, double sent_rate, double rate) {
  std::array<char, 256> text{};
  std::array<char, 32> target{"closed"};
  if (numbers.target > 0) std::snprintf(target.data(), target.size(), "%.0f", numbers.target);
  // Nothing is ever dropped: what cannot be sent in time is sent late, and its latency says so.
  std::snprintf(text.data(), text.size(),
                "t=%.0fs target=%s sent=%.0f ack=%.1f err=%lu inflight=%lu p50=%.1fms p99=%.1fms "
                "lag=%ld/%.2fs stale_p99=%.0fms dropped=0 phase=%s",
                elapsed, target.data(), sent_rate, rate, numbers.errors, numbers.in_flight,
                static_cast<double>(window_.percentile(50)) / 1e3,
                static_cast<double>(window_.percentile(99)) / 1e3, numbers.lag_records,
                static_cast<double>(numbers.lag_millis) / 1e3,
                static_cast<double>(numbers.staleness_p99) / 1e3, numbers.phase.c_str());
  context_.err << text.data() << "\n" << std::flush;
}

void Progress::finish() {
  if (lines_ > 0) {
    context_.err << "\x1b[" << lines_ << "A\x1b[0J" << std::flush;
    lines_ = 0;
  }
}

}  // namespace cqrs
