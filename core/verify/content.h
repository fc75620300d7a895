// What an entity row really says: its content parsed, its digest recomputed, two contents told
// apart.
#pragma once

#include "core/base/result.h"
#include "core/domain/aggregate.h"
#include "core/verify/entity_source.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

struct Content {
  std::optional<State> state;  // nothing for a tombstone
  std::int64_t version = 0;    // as the content tells it, else the row's
  friend bool operator==(const Content&, const Content&) = default;
};

// Error: corrupt when the content cannot be read.
[[nodiscard]] Result<Content> read_content(ContentFormat format, Kind kind, const EntityRow& row);

[[nodiscard]] Digest digest_of(const StreamKey& key, const Content& content);

// The first field in which two states differ, e.g. {"personal.name", "\"Ada\"", "\"Eve\""}.
struct FieldDifference {
  std::string field, expected, actual;
};
[[nodiscard]] FieldDifference first_difference(const std::optional<State>& expected,
                                               const std::optional<State>& actual);

// Applies the next event; one of a version that is in already changes nothing. False when it cannot
// be read or a version is missing before it.
[[nodiscard]] bool fold_one(Content& content, const Event& event);

// The entity after its events up to `version`; nothing when they do not reach it without a gap.
// Duplicated events count once.
[[nodiscard]] Result<std::optional<Content>> fold_to(const std::vector<Event>& events,
                                                     std::int64_t version);

}  // namespace cqrs
