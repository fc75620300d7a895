// Verify: compares every edge of the system and says, edge by edge, what was compared and what
// differs.
#pragma once

#include "core/base/result.h"
#include "core/verify/entity_source.h"
#include "core/verify/finding.h"
#include "core/verify/ledger.h"
#include "core/verify/view_edge.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

struct VerifyChecks {
  bool views = true;                         // streams -> views
  bool order = true;                         // events -> streams: order, gaps, duplicates
  CompareMode mode = CompareMode::kDigests;  // kDeep also folds the events
};

struct VerifyInput {
  EntitySource* streams = nullptr;
  EntitySource* views = nullptr;
  EventAudit* record = nullptr;
  std::vector<const Ledger*> ledgers;  // may be empty
  VerifyChecks checks;
  std::size_t limit = 100;  // findings kept in full
  // Called while the views are behind; waits a little and returns false when patience is over.
  std::function<bool()> keep_waiting;
  // Tells what is being done now; may be empty.
  std::function<void(const std::string&)> progress;
};

enum class Verdict : std::uint8_t { kPass, kFail, kInconclusive };
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

struct EdgeReport {
  std::string name;  // "streams = users view"
  std::int64_t compared = 0;
  std::int64_t rows_fetched = 0;
  std::int64_t differences = 0;
};

struct VerifyReport {
  Verdict verdict = Verdict::kInconclusive;
  std::string reason;    // why inconclusive
  Position head = 0;     // P: every event up to here was to be in the views
  Position applied = 0;  // and how far they were
  std::int64_t entities = 0;
  std::int64_t rows_fetched = 0;
  std::int64_t indeterminate = 0;
  std::vector<EdgeReport> edges;
  Findings findings;
};

// Errors are those of the sources: verify could not be carried out, which is neither pass nor fail.
[[nodiscard]] Result<VerifyReport> verify(const VerifyInput& input);

}  // namespace cqrs
