#include "core/verify/ledger_progress.h"

#include "core/verify/ledger_scan.h"

#include <algorithm>

namespace cqrs {

class LedgerProgress::Reader final : public LedgerVisitor {
 public:
  explicit Reader(LedgerProgress& progress) : progress_(progress) {}

  Status begin(const WorkloadShape& shape) override {
    progress_ = LedgerProgress(shape);
    return {};
  }

  Status intent(const LedgerIntent& intent) override {
    for (std::uint64_t i = intent.first; i <= intent.last; ++i) {
      auto& state = progress_.states_[kind_index(intent.kind)][i];
      if (state != kUnsent) continue;
      state = kIntended;
      ++progress_.intended_;
    }
    return {};
  }

  Status outcome(const LedgerOutcome& outcome) override {
    auto& state = progress_.states_[kind_index(outcome.kind)][outcome.index];
    // Outside every intent it counts for nothing; an acknowledgement is final.
    if (state == kUnsent || state == kAcknowledged) return {};
    if (state == kRejected) --progress_.rejected_;
    state = kIntended;
    if (outcome.status == LedgerStatus::kAcknowledged) {
      state = kAcknowledged;
      ++progress_.acknowledged_;
      progress_.last_position_ = std::max(progress_.last_position_, outcome.position);
    } else if (outcome.status == LedgerStatus::kRejected) {
      state = kRejected;
      ++progress_.rejected_;
    }
    return {};
  }

 private:
  LedgerProgress& progress_;
};

LedgerProgress::LedgerProgress(const WorkloadShape& shape) : shape_(shape) {
  for (const Kind kind : kAllKinds) states_[kind_index(kind)].resize(shape.count(kind), kUnsent);
}

Result<LedgerProgress> LedgerProgress::read(const std::string& path) {
  LedgerProgress progress{WorkloadShape{}};
  Reader reader(progress);
  auto scan = scan_ledger(path, reader);
  if (!scan) return scan.error();
  progress.created_at_ = scan->created_at;
  progress.whole_bytes_ = scan->whole_bytes;
  progress.torn_bytes_ = scan->torn_bytes;
  return progress;
}

std::uint64_t LedgerProgress::intended(Kind kind) const {
  const auto& states = states_[kind_index(kind)];
  const auto first = std::find(states.begin(), states.end(), kUnsent);
  return static_cast<std::uint64_t>(first - states.begin());
}

}  // namespace cqrs
