#include "cli/output/work_progress.h"

#include "cli/output/units.h"

#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::chrono::milliseconds kRefresh{250};
constexpr std::chrono::milliseconds kLine{5'000};

}  // namespace

WorkProgress::WorkProgress(const Context& context, std::string phase)
    : context_(context),
      phase_(std::move(phase)),
      enabled_(!context.options.quiet && context.options.progress != ProgressMode::kNone),
      terminal_(context.options.progress == ProgressMode::kAuto && ::isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()),
      next_(started_ + (terminal_ ? kRefresh : kLine)) {}

void WorkProgress::add(std::int64_t rows, Time now) {
  const std::lock_guard lock(mutex_);
  rows_ += rows;
  print("", now);
}

void WorkProgress::tick(const std::string& what, Time now) {
  const std::lock_guard lock(mutex_);
  print(what, now);
}

void WorkProgress::print(const std::string& what, Time now) {
  if (!enabled_ || now < next_) return;
  next_ = now + (terminal_ ? kRefresh : kLine);
  const auto seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(rows_) / seconds : 0;
  if (terminal_) {
    shown_ = true;
    context_.err << "\r\x1b[2K" << phase_ << "  " << seconds_text(seconds) << "  " << grouped(rows_)
                 << " rows (" << rate_text(rate) << ")  " << what << std::flush;
    return;
  }
  context_.err << "t=" << static_cast<std::int64_t>(seconds) << "s phase=" << phase_
               << " rows=" << rows_ << " rate=" << static_cast<std::int64_t>(rate)
               << (what.empty() ? "" : " ") << what << "\n"
               << std::flush;
}

void WorkProgress::finish() {
  const std::lock_guard lock(mutex_);
  if (shown_) context_.err << "\r\x1b[2K" << std::flush;
  shown_ = false;
}

}  // namespace cqrs
