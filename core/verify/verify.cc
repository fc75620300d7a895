#include "core/verify/verify.h"

#include "core/verify/ledger_edge.h"
#include "core/verify/record_edge.h"

namespace cqrs {
namespace {

std::string plural(Kind kind) { return std::string(kind_name(kind)) + "s"; }

class Verification {
 public:
  explicit Verification(const VerifyInput& input) : input_(input) {
    report_.findings.limit = input.limit;
  }

  Result<VerifyReport> run() {
    CQRS_TRY(settle());
    if (input_.checks.order) CQRS_TRY(check_order());
    if (input_.checks.views) CQRS_TRY(check_views());
    if (!input_.ledgers.empty()) CQRS_TRY(check_acknowledged());
    decide();
    return std::move(report_);
  }

 private:
  // P is taken first; nothing after it can be missed, everything up to it must have arrived.
  Status settle() {
    auto head = input_.record->head();
    if (!head) return head.error();
    report_.head = *head;
    for (;;) {
      auto applied = input_.views->position();
      if (!applied) return applied.error();
      report_.applied = *applied;
      settled_ = *applied >= *head || !input_.checks.views;
      if (settled_ || !input_.keep_waiting || !input_.keep_waiting()) return {};
    }
  }

  void announce(const std::string& what) const {
    if (input_.progress) input_.progress(what);
  }

  void close_edge(std::string name, std::int64_t compared, std::int64_t fetched,
                  const Findings& findings) {
    report_.edges.push_back({std::move(name), compared, fetched, findings.total()});
    report_.rows_fetched += fetched;
    report_.findings.add(findings);
  }

  Status check_order() {
    const bool deep = input_.checks.mode == CompareMode::kDeep;
    Findings findings(input_.limit);
    std::int64_t events = 0;
    std::int64_t fetched = 0;
    // The count is read after the head, so events that arrive meanwhile can only raise it.
    auto count = input_.record->count();
    if (!count) return count.error();
    for (const Kind kind : kAllKinds) {
      announce((deep ? "folding the events of " : "checking the order of ") + plural(kind));
      auto check = check_record(*input_.record, *input_.streams, kind, deep, findings);
      if (!check) return check.error();
      events += check->events;
      fetched += check->rows_fetched;
    }
    report_missing_positions(*count, findings);
    close_edge(deep ? "fold(events) = streams" : "events in order = streams", events, fetched,
               findings);
    return {};
  }

  // Positions are contiguous from 1; each hole is a lost event even if its stream vanished as well.
  void report_missing_positions(std::int64_t count, Findings& findings) const {
    const std::int64_t missing = report_.head - count - findings.count(Difference::kLost);
    for (std::int64_t i = 0; i < missing; ++i) {
      Finding finding;
      finding.kind = Difference::kLost;
      finding.store = "events table";
      finding.expected = std::to_string(report_.head) + " positions";
      finding.actual = std::to_string(count) + " events";
      findings.add(std::move(finding));
    }
  }

  Status check_views() {
    const ViewEdge edge{*input_.streams, *input_.views, *input_.record};
    for (const Kind kind : kAllKinds) {
      announce("comparing " + plural(kind) + " with their view");
      Findings findings(input_.limit);
      auto check = check_view(edge, kind, input_.checks.mode, findings);
      if (!check) return check.error();
      report_.entities += check->entities;
      close_edge("streams = " + plural(kind) + " view", check->entities, check->rows_fetched,
                 findings);
    }
    return {};
  }

  Status check_acknowledged() {
    announce("looking for every acknowledged write");
    Findings findings(input_.limit);
    LedgerCheck sum;
    for (const Ledger* ledger : input_.ledgers) {
      auto check = check_ledger(*ledger, *input_.streams, *input_.record, findings);
      if (!check) return check.error();
      sum.acknowledged += check->acknowledged;
      sum.rows_fetched += check->rows_fetched;
      report_.indeterminate += check->indeterminate;
    }
    close_edge("ledger within streams", sum.acknowledged, sum.rows_fetched, findings);
    return {};
  }

  void decide() {
    if (report_.findings.total() > 0) {
      report_.verdict = Verdict::kFail;
    } else if (!settled_) {
      report_.reason = "the views stand at position " + std::to_string(report_.applied) +
                       " and never reached " + std::to_string(report_.head) +
                       ": give --settle more time or look at cqrsctl status";
    } else if (report_.indeterminate > 0) {
      report_.reason = std::to_string(report_.indeterminate) +
                       " commands of the ledger have no known outcome: send them again under the "
                       "same keys with cqrsctl seed, the same --seed and counts, and another "
                       "--ledger in the same directory";
    } else {
      report_.verdict = Verdict::kPass;
    }
  }

  const VerifyInput& input_;
  VerifyReport report_;
  bool settled_ = false;
};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

Result<VerifyReport> verify(const VerifyInput& input) { return Verification(input).run(); }

}  // namespace cqrs
