// The Redis implementations of the read side's ports: the views of one generation each.
#pragma once

#include "core/project/projection_store.h"
#include "core/read/read_store.h"
#include "core/verify/entity_source.h"

#include <memory>
#include <string>
#include <vector>

namespace cqrs::redis {

struct Options {
  std::string url;              // redis://[:password@]host:port[/database]
  std::string prefix = "cqrs";  // of every key: one system per prefix
};

// Creates what is missing. Errors of all: unavailable (cannot connect), corrupt (another version of
// the format).
[[nodiscard]] Result<std::unique_ptr<ProjectionStore>> open_projection_store(const Options& options,
                                                                             int generation);
// These may be opened before the generation was ever written: it is empty then.
[[nodiscard]] Result<std::unique_ptr<ReadStore>> open_read_store(const Options& options,
                                                                 int generation);
// `name` stands in reports: "read store (g1)".
[[nodiscard]] Result<std::unique_ptr<EntitySource>> open_view_source(const Options& options,
                                                                     int generation,
                                                                     const std::string& name);
// Removes everything of a generation, in steps that block nobody for long. Nobody may write to it
// any more. Error: unavailable.
[[nodiscard]] Status remove_generation(const Options& options, int generation);
// The generations of which anything is stored, ascending. Error: unavailable.
[[nodiscard]] Result<std::vector<int>> stored_generations(const Options& options);
// Copies rows, parked events and checkpoint to another prefix of the same server, without what
// lists and searches use. Writes may go on: rows may then be newer than the copied checkpoint.
// Errors: unavailable, not_found (there is no such generation).
[[nodiscard]] Status copy_generation(const Options& from, int generation, const Options& to);

}  // namespace cqrs::redis
