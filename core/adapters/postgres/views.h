// The PostgreSQL implementations of the read side's ports: the views of one generation each, in a
// schema of its own ("cqrs-read-g1", beside the "cqrs" of the write side, whose names never hold a
// hyphen).
//
// Rows, parked events and checkpoint are one transaction, which the owner's epoch guards. It is
// acknowledged before it is on the disk: a server that crashes may take the last moments back, the
// checkpoint always together with its rows, so that the projector reads the same events again. A
// change of owner waits for the disk, so that no epoch is given twice.
#pragma once

#include "core/adapters/postgres/stores.h"
#include "core/project/projection_store.h"
#include "core/read/read_store.h"

#include <memory>
#include <string>
#include <vector>

namespace cqrs::postgres {

// Creates what is missing. Errors of all: unavailable (cannot connect), corrupt (another version of
// the format), invalid (the schema's name, the URL).
// Other than the port says, `unavailable` of commit() does not always promise that nothing was
// written: the connection may break while the answer is on its way. Repeating it does no harm.
[[nodiscard]] Result<std::unique_ptr<ProjectionStore>> open_projection_store(const Options& options,
                                                                             int generation);
// These may be opened before the generation was ever written: it is empty then.
[[nodiscard]] Result<std::unique_ptr<ReadStore>> open_read_store(const Options& options,
                                                                 int generation);
// `name` stands in reports: "postgres (g1)".
[[nodiscard]] Result<std::unique_ptr<EntitySource>> open_view_source(const Options& options,
                                                                     int generation,
                                                                     const std::string& name);
// Removes everything of a generation. Nobody may write to it any more. Waits at most 10 s for those
// who still read. Error: unavailable.
[[nodiscard]] Status remove_generation(const Options& options, int generation);
// The generations of which anything is stored, ascending. Error: unavailable.
[[nodiscard]] Result<std::vector<int>> stored_generations(const Options& options);

}  // namespace cqrs::postgres
