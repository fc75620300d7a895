// The edge ledger -> streams: everything that was acknowledged to the client exists, at least at
// the acknowledged version, with the content that the client sent.
#pragma once

#include "core/verify/entity_source.h"
#include "core/verify/finding.h"
#include "core/verify/ledger.h"
#include "core/verify/scope.h"

namespace cqrs {

struct LedgerCheck {
  std::int64_t acknowledged = 0;
  std::int64_t rejected = 0;
  std::int64_t indeterminate = 0;  // neither proven nor excluded: no verdict can pass over them
  std::int64_t in_flight = 0;      // the same, but whoever sends them is still at it
  std::int64_t rows_fetched = 0;
};

// What was acknowledged at a position after the cut is left out.
[[nodiscard]] Result<LedgerCheck> check_ledger(const Ledger& ledger, EntitySource& streams,
                                               EventAudit& record, Findings& findings,
                                               const Scope& scope = {});

}  // namespace cqrs
