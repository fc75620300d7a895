#include "core/verify/ledger.h"

#include "core/verify/ledger_lock.h"
#include "core/verify/ledger_scan.h"

namespace cqrs {

std::string_view ledger_status_name(LedgerStatus status) {
  switch (status) {
    case LedgerStatus::kAcknowledged:
      return "acknowledged";
    case LedgerStatus::kRejected:
      return "rejected";
    case LedgerStatus::kIndeterminate:
      return "indeterminate";
  }
  return "unknown";
}

class Ledger::Reader final : public LedgerVisitor {
 public:
  explicit Reader(Ledger& ledger) : ledger_(ledger) {}

  Status begin(const WorkloadShape& shape) override {
    for (const Kind kind : kAllKinds) {
      ledger_.entries_[kind_index(kind)].resize(shape.count(kind));
    }
    return {};
  }

  Status intent(const LedgerIntent& intent) override {
    for (std::uint64_t i = intent.first; i <= intent.last; ++i) {
      ledger_.entries_[kind_index(intent.kind)][i].intended = true;
    }
    return {};
  }

  Status outcome(const LedgerOutcome& outcome) override {
    auto& entry = ledger_.entries_[kind_index(outcome.kind)][outcome.index];
    // An acknowledgement is final: nothing that comes later can take it back.
    if (entry.status == LedgerStatus::kAcknowledged) return {};
    entry.status = outcome.status;
    entry.version = static_cast<std::int32_t>(outcome.version);
    entry.position = outcome.position;
    entry.digest = outcome.digest;
    return {};
  }

 private:
  Ledger& ledger_;
};

Result<Ledger> Ledger::read(const std::string& path) {
  Ledger ledger;
  Reader reader(ledger);
  // Asked first: a writer that ends meanwhile leaves more than was read, and not less.
  ledger.summary_.being_written = ledger_is_locked(path);
  auto scan = scan_ledger(path, reader);
  if (!scan) return scan.error();
  ledger.summary_.shape = scan->shape;
  ledger.summary_.created_at = scan->created_at;
  ledger.summary_.torn_bytes = scan->torn_bytes;
  return ledger;
}

void Ledger::merge(const Ledger& other) {
  CQRS_CHECK(other.shape() == shape());
  summary_.being_written = summary_.being_written || other.being_written();
  for (const Kind kind : kAllKinds) {
    auto& mine = entries_[kind_index(kind)];
    for (std::size_t i = 0; i < mine.size(); ++i) {
      const Entry& theirs = other.entries(kind)[i];
      const bool wins = theirs.status == LedgerStatus::kAcknowledged ||
                        mine[i].status == LedgerStatus::kIndeterminate;
      if (theirs.intended && (wins || !mine[i].intended)) mine[i] = theirs;
    }
  }
}

LedgerSummary Ledger::summary() const {
  LedgerSummary out = summary_;
  out.intended = 0;
  for (const auto& entries : entries_) {
    for (const auto& entry : entries) {
      if (!entry.intended) continue;
      ++out.intended;
      if (entry.status == LedgerStatus::kAcknowledged) ++out.acknowledged;
      if (entry.status == LedgerStatus::kRejected) ++out.rejected;
      if (entry.status == LedgerStatus::kIndeterminate) ++out.indeterminate;
    }
  }
  return out;
}

}  // namespace cqrs
