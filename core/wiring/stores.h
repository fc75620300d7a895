// The stores of a system as its tools read them, whichever profile its data directory says it has.
#pragma once

#include "core/read/generation_catalog.h"
#include "core/read/read_store.h"
#include "core/wiring/data_dir.h"
#include "core/wiring/sources.h"
#include "core/write/history.h"

#include <memory>
#include <vector>

// Read-only; any process, any thread, one object each. Errors of all: not_found (no data, or no
// views yet: says how to get them), corrupt, unavailable.
namespace cqrs::stored {

[[nodiscard]] Result<std::unique_ptr<History>> open_history(const DataDir& dir);
[[nodiscard]] Result<std::unique_ptr<ReadStore>> open_read_store(const DataDir& dir,
                                                                 int generation);
[[nodiscard]] Result<std::vector<Generation>> list_generations(const DataDir& dir);
// The write side alone, which has no views before its first start.
[[nodiscard]] Result<Sources> open_record(const DataDir& dir);
// `generation` 0: the live one.
[[nodiscard]] Result<Sources> open_sources(const DataDir& dir, int generation = 0);

// Error: invalid (`what`, an option or command, works on files of the embedded profile only, and
// this directory has the standard one).
[[nodiscard]] Status must_be_embedded(const DataDir& dir, const std::string& what,
                                      const std::string& way_out);

}  // namespace cqrs::stored
