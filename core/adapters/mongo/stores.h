// The MongoDB implementations of the read side's ports: the views of one generation each.
//
// MongoDB changes several documents together only in transactions, which cost much and which not
// every server has. So a commit is not atomic: rows come first, then parked events, the checkpoint
// last, each acknowledged by a majority. Every one of these steps may be repeated: a row replaces
// only rows that are not newer. Hence, other than the port says:
//   - `unavailable` of commit() does not promise that nothing was written. Repeat it, or let a new
//     owner read the same events again: both end in the same rows.
//   - Readers may see rows from after applied(), never older ones.
//   - An owner that lost its epoch in the middle of a commit may still have written rows. They are
//     what their events say; its checkpoint is refused, and so is everything that it does later.
#pragma once

#include "core/project/projection_store.h"
#include "core/read/read_store.h"
#include "core/verify/entity_source.h"
#include "core/verify/event_copies.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cqrs::mongo {

struct Options {
  std::string url;                // mongodb://host:port
  std::string database = "cqrs";  // one system per database
  // Told how many rows of a commit the store had in a newer version already, when it had any: the
  // mark of a second writer.
  std::function<void(std::int64_t rows)> on_stale_rows = {};
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
// Copies documents, parked events and checkpoint to another database of the same server, without
// indexes. Writes may go on: documents may then be newer than the copied checkpoint. Errors:
// unavailable, not_found (there is no such generation).
[[nodiscard]] Status copy_generation(const Options& from, int generation, const Options& to);

// What Kafka Connect's sink fills, beside the views: "user_events", "product_events" …
[[nodiscard]] std::string event_collection(Kind kind);
// Makes their indexes. Error: unavailable.
[[nodiscard]] Status prepare_event_copies(const Options& options);
// Nobody may fill them any more. Not there: no error. Error: unavailable.
[[nodiscard]] Status remove_event_copies(const Options& options);
// Of topics of so many partitions each. Need not be there yet.
[[nodiscard]] Result<std::unique_ptr<EventCopies>> open_event_copies(const Options& options,
                                                                     int partitions);

}  // namespace cqrs::mongo
