// What verify asks of a store that holds entities, whichever side of the system it stands on: sums
// to compare quickly, digests to compare one by one, documents to recompute.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/domain/stream_key.h"
#include "core/events/event.h"
#include "core/verify/finding.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cqrs {

struct EntityRow {
  Uuid id;
  std::int64_t version = 0;
  bool deleted = false;
  Digest digest;          // as stored beside the content
  Position position = 0;  // of the last event in it
  std::string content;    // what is stored; only filled when asked for
};

// Something that only this store has and that must agree with its rows, such as a search index.
// Deep verification runs it as an edge of its own.
struct ExtraCheck {
  std::string name;  // of the edge: "products view = search index"
  // Adds what differs (as seen in one moment: writes may go on) and gives how much was compared.
  std::function<Result<std::int64_t>(Findings&)> run;
};

// Entities that two sources do not hold alike.
struct Unlike {
  std::vector<Uuid> ids;  // ascending
  std::int64_t rows_fetched = 0;
};

enum class ContentFormat : std::uint8_t { kStreamState, kViewBody };

// Read-only and safe against a running owner: scans go in pages, so that they never hold back the
// store's own housekeeping. Used by one thread. Every method: unavailable, corrupt.
class EntitySource {
 public:
  virtual ~EntitySource() = default;
  // "write store", "users view (g1)": stands in reports.
  [[nodiscard]] virtual std::string name() const = 0;
  // Everything up to here is in the store (head of the write side, applied position of a view).
  [[nodiscard]] virtual Result<Position> position() = 0;
  [[nodiscard]] virtual Result<BucketSums> sums(Kind kind) = 0;
  // At most `limit` rows after id `after` (nil: from the start), in order of id; fewer means the
  // end.
  [[nodiscard]] virtual Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after,
                                                            std::size_t limit,
                                                            bool with_content) = 0;
  // Every row of these buckets (ascending, few), without content, in order of id. Costs what it
  // returns, at the most one pass over the kind.
  [[nodiscard]] virtual Result<std::vector<EntityRow>> rows_of(Kind kind,
                                                               std::span<const int> buckets) = 0;
  // Whoever does not have the version and digest here that `others` tells of it, or is missing on
  // one side. `others`: every row of these buckets in another source, in order of id. A store that
  // can compare by itself need not send the rows that are equal.
  [[nodiscard]] virtual Result<Unlike> unlike(Kind kind, std::span<const int> buckets,
                                              const std::vector<EntityRow>& others);
  [[nodiscard]] virtual Result<std::optional<EntityRow>> fetch(const StreamKey& key) = 0;
  // How `content` is to be read.
  [[nodiscard]] virtual ContentFormat format() const = 0;
  // Always the same ones in the same order; valid as long as the source.
  [[nodiscard]] virtual std::vector<ExtraCheck> extra_checks() { return {}; }
};

// A place in the order of (stream, version, position).
struct EventPlace {
  Uuid stream;
  std::int64_t version = 0;
  Position position = 0;
};

// The record as verify reads it. Read-only, in pages like EntitySource.
class EventAudit {
 public:
  virtual ~EventAudit() = default;
  [[nodiscard]] virtual Result<Position> head() = 0;
  // The first `most` positions from 1 to `up_to` at which no event stands, ascending. Reads every
  // position: meant for when a count has told that there are some.
  [[nodiscard]] virtual Result<std::vector<Position>> missing(Position up_to, std::size_t most) = 0;
  // At most `limit` events of one kind after `after`, in order of (stream, version, position);
  // fewer means the end. Only these three are filled, with data also type, schema version and data.
  [[nodiscard]] virtual Result<std::vector<Event>> page(Kind kind, const EventPlace& after,
                                                        std::size_t limit, bool with_data) = 0;
  // Every event of one entity, complete, in order of (version, position).
  [[nodiscard]] virtual Result<std::vector<Event>> stream(const StreamKey& key) = 0;
};

}  // namespace cqrs
