// Compares the index with the rows it was made from, entry by entry, in both directions.
#pragma once

#include "core/adapters/redis/connection.h"
#include "core/adapters/redis/keys.h"

#include <cstddef>
#include <vector>

namespace cqrs::redis {

// As ReadStore::index_differences(). Everything is read in portions while writes may go on, and
// whatever does not agree is looked at again, each entity in one transaction: what was only on its
// way is no difference.
[[nodiscard]] Result<std::vector<Uuid>> index_differences(Connection& connection, const Keys& keys,
                                                          Kind kind, std::size_t limit);

}  // namespace cqrs::redis
