// The second look at entities that seemed to differ: both sides afresh, compared at the version the
// view has, and named for what they are. Internal to the view edge.
#pragma once

#include "core/verify/view_edge.h"

#include <vector>

namespace cqrs {

[[nodiscard]] Status look_again(const ViewEdge& edge, Kind kind,
                                const std::vector<Uuid>& candidates, bool deep, Findings& findings,
                                const Scope& scope);

}  // namespace cqrs
