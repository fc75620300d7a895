// The edge streams -> views: every entity of the write side stands in the view at the version that
// has been applied, with the same content, and nothing else does.
#pragma once

#include "core/verify/entity_source.h"
#include "core/verify/finding.h"
#include "core/verify/scope.h"

namespace cqrs {

enum class CompareMode : std::uint8_t {
  kCounts,   // how many
  kDigests,  // sums of the stored digests, then one by one where they differ
  kDeep,     // every row's content read and its digest recomputed
};

struct ViewCheck {
  std::int64_t entities = 0;      // on the write side
  std::int64_t rows_fetched = 0;  // one by one or as candidates, beyond the sums
};

struct ViewEdge {
  EntitySource& streams;
  EntitySource& views;
  EventAudit& record;  // to fold an entity to the version that the view has
};

// Works while writes go on: whatever looks different is read again from both sides and compared at
// the view's version; only events at or below the view's applied position, and the cut, can be
// missed by it.
[[nodiscard]] Result<ViewCheck> check_view(const ViewEdge& edge, Kind kind, CompareMode mode,
                                           Findings& findings, const Scope& scope = {});

}  // namespace cqrs
