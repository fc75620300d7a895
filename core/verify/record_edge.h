// The edge events -> streams: every aggregate's events stand in order, once, without a gap, and
// (deep) folding them gives the stream's state and digest.
#pragma once

#include "core/verify/entity_source.h"
#include "core/verify/finding.h"

namespace cqrs {

struct RecordCheck {
  std::int64_t events = 0;
  std::int64_t streams = 0;
  std::int64_t rows_fetched = 0;
};

// Suspicions found while scanning are looked at again one by one, both sides read afresh, before
// they become findings: what was only written meanwhile is no difference.
[[nodiscard]] Result<RecordCheck> check_record(EventAudit& record, EntitySource& streams, Kind kind,
                                               bool deep, Findings& findings);

}  // namespace cqrs
