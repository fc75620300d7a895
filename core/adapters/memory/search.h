// Lists and searches over the rows in memory: every row is looked at. Internal to this adapter.
#pragma once

#include "core/adapters/memory/stores.h"

#include <string>
#include <string_view>
#include <vector>

namespace cqrs::memory {

// As the real indexes cut texts: letters and digits, in lower case, Latin letters without
// diacritics.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

[[nodiscard]] Result<Listed> find(const MemoryViews& views, const ListQuery& query);
[[nodiscard]] Result<std::int64_t> count(const MemoryViews& views, const ListQuery& query);

}  // namespace cqrs::memory
