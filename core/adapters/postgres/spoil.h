// Scratch copies of a write side, and spoiling the events on purpose: for the injections of verify
// and the tests of repair.
#pragma once

#include "core/adapters/postgres/views.h"
#include "core/verify/spoiler.h"

#include <memory>
#include <string>
#include <vector>

namespace cqrs::postgres {

// The part of Spoiler that is about the record; see there.
class EventSpoiler {
 public:
  virtual ~EventSpoiler() = default;
  [[nodiscard]] virtual Status remove_event(Position position) = 0;
  [[nodiscard]] virtual Status repeat_event(Position position) = 0;
  [[nodiscard]] virtual Status exchange_events(Position first, Position second) = 0;
};
// Errors: unavailable, not_found (no schema), corrupt.
[[nodiscard]] Result<std::unique_ptr<EventSpoiler>> open_event_spoiler(const Options& options);

// The name of a schema that a living process works in: nobody else takes or removes it. The schema
// is marked as scratch, and only such ones are ever removed.
class ScratchSchema {
 public:
  virtual ~ScratchSchema() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
};

// "shop_inject_1", or the next number that nobody uses; of a long name the beginning. Makes the
// empty schema. Lets go of the name, and leaves the schema, when destroyed. Error: unavailable.
[[nodiscard]] Result<std::unique_ptr<ScratchSchema>> make_scratch_schema(const Options& options);
// Those of this system whose process is gone, each owned by the caller now. Error: unavailable.
[[nodiscard]] Result<std::vector<std::unique_ptr<ScratchSchema>>> stray_scratch_schemas(
    const Options& options);

// Fills the empty, migrated schema of `scratch` with events and streams, as they are at one moment;
// claims, requests and credentials stay behind. Nothing of it survives a crash of the server.
// Errors: unavailable (also: no room).
[[nodiscard]] Status copy_record(const Options& from, const Options& scratch);
// The same with one generation of the views that are in PostgreSQL, without what lists and searches
// use. Error not_found: there is no such generation.
[[nodiscard]] Status copy_views(const Options& from, int generation, const Options& scratch);

}  // namespace cqrs::postgres
