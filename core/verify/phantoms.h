// Rows of a view that the write side does not know. Internal to the view edge.
#pragma once

#include "core/verify/entity_source.h"
#include "core/verify/finding.h"
#include "core/verify/scope.h"

#include <vector>

namespace cqrs {

struct Phantom {
  EntityRow row;
  Finding finding;  // entity, store, place and versions are set
};

// Tells duplicates (a second row with another one's unique field) from all others, for which the
// whole view is read once, and adds them to the findings.
[[nodiscard]] Status name_phantoms(EntitySource& views, Kind kind, std::vector<Phantom> phantoms,
                                   Findings& findings, const Scope& scope);

}  // namespace cqrs
