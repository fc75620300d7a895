// The embedded profile: every port over SQLite files in one data directory. The only place, with
// inject.cc and repair.cc, that knows the SQLite adapter.
#pragma once

#include "core/base/clock.h"
#include "core/project/projection_store.h"
#include "core/read/generation_catalog.h"
#include "core/read/read_store.h"
#include "core/wiring/data_dir.h"
#include "core/wiring/sources.h"
#include "core/write/credential_reader.h"
#include "core/write/history.h"
#include "core/write/write_store.h"

#include <memory>
#include <string>
#include <vector>

namespace cqrs::embedded {

// Opened for the one process that owns the directory (see DataDirLock).
[[nodiscard]] Result<std::unique_ptr<WriteStore>> open_write_store(const DataDir& dir);
[[nodiscard]] Result<std::unique_ptr<GenerationCatalog>> open_catalog(const DataDir& dir,
                                                                      Timestamp now);
[[nodiscard]] Result<std::unique_ptr<ProjectionStore>> open_projection(const DataDir& dir,
                                                                       int generation);
// Removes the generation's files. Nobody may have them open for writing.
[[nodiscard]] Status remove_generation(const DataDir& dir, int generation);
// Removes the files of generations that are not in `known`: what a kill between catalog and files
// left behind. Gives their numbers. Error: unavailable.
[[nodiscard]] Result<std::vector<int>> remove_strays(const DataDir& dir,
                                                     const std::vector<Generation>& known);

// Puts the write store of `from`, which nobody has open, in the place of the one in `to`, whose
// owner the caller must be, and removes the views there. A kill leaves the old or the new one.
// Error: unavailable.
[[nodiscard]] Status install_write_store(const DataDir& from, const DataDir& to);

// Read-only; any process, any thread, one object each.
[[nodiscard]] Result<std::unique_ptr<History>> open_history(const DataDir& dir);
[[nodiscard]] Result<std::unique_ptr<CredentialReader>> open_credentials(const DataDir& dir);
[[nodiscard]] Result<std::unique_ptr<ReadStore>> open_read_store(const DataDir& dir,
                                                                 int generation);
[[nodiscard]] Result<std::vector<Generation>> list_generations(const DataDir& dir);

// The write side alone, which has no views before its first start. Errors: as open_sources.
[[nodiscard]] Result<Sources> open_record(const DataDir& dir);
// `generation` 0: the live one. Errors: not_found (nothing is there, or no views), corrupt,
// unavailable.
[[nodiscard]] Result<Sources> open_sources(const DataDir& dir, int generation = 0);

}  // namespace cqrs::embedded
