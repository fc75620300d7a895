// Compares what lists and searches read with the rows it was made from. Read-only.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/adapters/sqlite/words.h"
#include "core/domain/stream_key.h"

#include <vector>

namespace cqrs::sqlite {

// At most `limit` ids whose row, narrow row and indexed words disagree. What stands in the index
// without any row is named by the id that its narrow row has, and by the nil id when there is none.
// Within the caller's read transaction. Memory: 16 bytes per row.
[[nodiscard]] Result<std::vector<Uuid>> index_differences(Database& database, Words& words,
                                                          Kind kind, std::size_t limit);

}  // namespace cqrs::sqlite
