// What tells this very record from every copy of it.
#pragma once

#include "core/base/result.h"
#include "core/base/uuid.h"

#include <pqxx/nontransaction>

namespace cqrs::postgres {

// 128 bits of SHA-256 over: the random id in meta; the cluster's system identifier, which a
// restored dump or another cluster does not have; the object id of the events table, which a dump
// restored in the same cluster does not have; the timeline, which a recovery or a failover leaves.
// Error: corrupt (no meta).
[[nodiscard]] Result<Uuid> incarnation_of(pqxx::nontransaction& session);

}  // namespace cqrs::postgres
