// Seeded histories, and the pure fold that every view must equal.
#pragma once

#include "core/adapters/memory/stores.h"
#include "core/read/view_row.h"
#include "core/write/command.h"

#include "tests/support/random.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cqrs::support {

// A command over a small world of users, products and orders, so that many of them meet: some are
// rejected, some change nothing.
[[nodiscard]] Command random_command(Random& random);

// Runs about `commands` random commands against `record`.
void grow_history(memory::MemoryRecord& record, std::uint64_t seed, int commands);

// The rows that views of `events` must hold, computed without projector or store.
[[nodiscard]] std::map<StreamKey, ViewRow> fold_rows(const std::vector<Event>& events);

// The first difference in words, empty when there is none.
[[nodiscard]] std::string difference(const std::map<StreamKey, ViewRow>& expected,
                                     const std::map<StreamKey, ViewRow>& actual);

}  // namespace cqrs::support
