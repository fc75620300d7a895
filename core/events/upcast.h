// Old events for present readers: each step rewrites the data of one type from one schema version
// to the next, and steps are chained until the present version. Used by decode_event alone, so that
// projections, replay and verify read old events without knowing it. Stored bytes never change.
#pragma once

#include "core/base/object_reader.h"
#include "core/base/result.h"

#include <span>
#include <string>
#include <string_view>

namespace cqrs {

struct Upcaster {
  std::string_view type;
  int from = 1;  // makes version from + 1
  // Reads the old fields and appends the new data; problems are kept in the reader.
  void (*rewrite)(ObjectReader& old, std::string& out) = nullptr;
};

// Every step that this program knows. Once an event was written in a version, its step stays.
[[nodiscard]] std::span<const Upcaster> upcasters();

// The schema version that this program writes for events of `type`: 1 without a step.
[[nodiscard]] int present_schema_version(std::string_view type,
                                         std::span<const Upcaster> steps = upcasters());

// The data of an event of `version`, from 1 to the present one, as the present version tells it.
// Error: corrupt (the old data cannot be read: the field is named).
[[nodiscard]] Result<std::string> upcast(std::string_view type, int version, std::string_view data,
                                         std::span<const Upcaster> steps = upcasters());

}  // namespace cqrs
