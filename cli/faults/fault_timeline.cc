#include "cli/faults/fault_timeline.h"

#include "cli/faults/fault_words.h"
#include "cli/output/units.h"

#include <algorithm>

namespace cqrs {
namespace {

// Beyond it the record says so.
constexpr double kLate = 1.0;

double seconds_of(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

Status check_by_itself(const Fault& fault) {
  const std::string name(fault_action_name(fault.action));
  if (fault.target.empty()) return invalid("faults", "a target is missing, like projector");
  if (fault.at.count() < 0) return invalid("faults", "its time is before the start");
  if (fault.lasting.count() < 0) return invalid("faults", "it cannot last less than no time");
  if (ends_others(fault.action) && fault.lasting.count() > 0) {
    return invalid("faults", name + " has no duration: it ends another fault");
  }
  if (fault.action == FaultAction::kDelay && fault.delay.count() <= 0) {
    return invalid("faults", "by how much is missing, like 20ms");
  }
  return {};
}

}  // namespace

Status check_faults(const std::vector<Fault>& faults, const FaultExecutor& executor) {
  std::string problems;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Fault& fault = faults[i];
    auto status = check_by_itself(fault);
    if (status) status = executor.check(fault);
    if (status) continue;
    problems += (problems.empty() ? "" : "\n") + std::string("fault ") + std::to_string(i + 1) +
                ", " + fault_text(fault) + " at " + seconds_text(seconds_of(fault.at)) + ": " +
                status.error().message;
  }
  if (problems.empty()) return {};
  return invalid("faults", problems);
}

FaultTimeline::FaultTimeline(std::vector<Fault> faults, FaultExecutor& executor, Clock clock)
    : executor_(executor), clock_(std::move(clock)) {
  for (auto& fault : faults) {
    const Offset end = fault.at + fault.lasting;
    const bool lasts = fault.lasting.count() > 0;
    Fault ending;
    ending.at = end;
    ending.action = ending_of(fault.action);
    ending.target = fault.target;
    planned_.push_back({fault.at, std::move(fault), false});
    if (lasts) planned_.push_back({end, std::move(ending), true});
  }
  std::stable_sort(planned_.begin(), planned_.end(),
                   [](const Planned& a, const Planned& b) { return a.at < b.at; });
}

double FaultTimeline::now() const { return seconds_of(clock_()); }

std::optional<FaultTimeline::Offset> FaultTimeline::step() {
  if (next_ < planned_.size() && planned_[next_].at <= clock_()) perform(planned_[next_++]);
  if (next_ == planned_.size()) return std::nullopt;
  return planned_[next_].at;
}

void FaultTimeline::perform(const Planned& planned) {
  const Fault& fault = planned.fault;
  const double at = now();
  const double late = at - seconds_of(planned.at);
  std::string note;
  if (late > kLate) note = seconds_text(late) + " late: what was before it took that long";
  const Status status = executor_.execute(fault);
  const double done = now();
  if (!status) {
    note += (note.empty() ? "" : "; ") + status.error().message;
    // What could not be done is over; what could not be ended is not.
    record(fault, at, done, std::move(note)).recovers = false;
    return;
  }
  if (!ends_others(fault.action)) {
    record(fault, at, 0, std::move(note)).over = false;
    return;
  }
  if (close(fault.action, fault.target, done) > 0 || planned.automatic) return;
  record(fault, at, done, std::move(note));
}

std::size_t FaultTimeline::close(FaultAction ending, const std::string& target, double until) {
  std::size_t closed = 0;
  for (std::size_t i = 0; i < doing_.size(); ++i) {
    Doing& doing = doing_[i];
    if (doing.over || !ends(ending, doing.action) || !executor_.covers(target, doing.target)) {
      continue;
    }
    doing.over = true;
    records_[i].until = until;
    ++closed;
  }
  return closed;
}

FaultTimeline::Doing& FaultTimeline::record(const Fault& fault, double at, double until,
                                            std::string note) {
  FaultRecord made;
  made.at = at;
  made.until = until;
  made.what = fault_text(fault);
  made.note = std::move(note);
  records_.push_back(std::move(made));
  doing_.push_back({fault.action, fault.target, true, true, -1});
  return doing_.back();
}

void FaultTimeline::end() {
  const bool something = open() > 0;
  // Also when no record is open: what failed half-way is not left so.
  const Status healed = executor_.heal_all();
  const double until = now();
  for (std::size_t i = 0; i < doing_.size() && something; ++i) {
    if (doing_[i].over) continue;
    doing_[i].over = true;
    records_[i].until = until;
    std::string& note = records_[i].note;
    note += (note.empty() ? "" : "; ") + std::string("ended with the run");
    if (!healed) note += ", which failed: " + healed.error().message;
  }
  if (!healed && !something) {
    FaultRecord failed;
    failed.at = until;
    failed.what = "heal everything";
    failed.note = healed.error().message;
    records_.push_back(std::move(failed));
    doing_.push_back({FaultAction::kHeal, "", true, false, -1});
  }
  for (; next_ < planned_.size(); ++next_) {
    const Planned& planned = planned_[next_];
    if (planned.automatic) continue;
    record(planned.fault, seconds_of(planned.at), 0, "not done: the run was over").recovers = false;
  }
}

bool FaultTimeline::wants_position() const {
  for (std::size_t i = 0; i < doing_.size(); ++i) {
    if (doing_[i].over && doing_[i].recovers && records_[i].recovered_after < 0) return true;
  }
  return false;
}

void FaultTimeline::observe(std::int64_t head, std::int64_t applied) {
  const double at = now();
  for (std::size_t i = 0; i < doing_.size(); ++i) {
    Doing& doing = doing_[i];
    FaultRecord& done = records_[i];
    if (!doing.over || !doing.recovers || done.recovered_after >= 0) continue;
    if (doing.wanted < 0) doing.wanted = head;
    if (applied >= doing.wanted) done.recovered_after = std::max(0.0, at - done.until);
  }
}

std::size_t FaultTimeline::open() const {
  return static_cast<std::size_t>(
      std::count_if(doing_.begin(), doing_.end(), [](const Doing& doing) { return !doing.over; }));
}

}  // namespace cqrs
