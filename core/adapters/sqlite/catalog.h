// The generation catalog in a SQLite file of its own, so that a switch never waits for a view.
#pragma once

#include "core/read/generation_catalog.h"

#include <memory>
#include <string>

namespace cqrs::sqlite {

// Creates generation 1 and points to it when the file is new; brings an older file up to date.
// Errors: unavailable, corrupt (a newer version of the program wrote it, or it is another file).
[[nodiscard]] Result<std::unique_ptr<GenerationCatalog>> open_catalog(const std::string& path,
                                                                      Timestamp now);
// list() only; the file must exist. Errors as above.
[[nodiscard]] Result<std::unique_ptr<GenerationCatalog>> open_catalog_read_only(
    const std::string& path);

}  // namespace cqrs::sqlite
