// The edge cache within view: what readers would get from the cache is what the view holds. Entries
// that no reader trusts any more are not judged; they are told how many.
#pragma once

#include "core/read/cache.h"
#include "core/verify/entity_source.h"
#include "core/verify/finding.h"
#include "core/verify/scope.h"

#include <cstdint>

namespace cqrs {

struct CacheEdge {
  CacheAudit& cache;
  EntitySource& views;  // of the same generation
};

struct CacheCheck {
  std::int64_t compared = 0;
  std::int64_t untrusted = 0;
  std::int64_t rows_fetched = 0;
};

// Works while writes go on: what seems to differ is looked at again, the view first, so that a
// cache that keeps its promise can only be as new or newer.
[[nodiscard]] Result<CacheCheck> check_cache(const CacheEdge& edge, Findings& findings,
                                             const Scope& scope = {});

}  // namespace cqrs
