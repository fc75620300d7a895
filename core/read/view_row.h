// One row of a view as it is stored and served.
#pragma once

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/domain/stream_key.h"
#include "core/events/event.h"

#include <cstdint>
#include <string>

namespace cqrs {

struct ViewRow {
  StreamKey key;
  std::int64_t version = 0;
  bool deleted = false;
  Digest digest;          // of the entity as this row tells it
  Position position = 0;  // of the last event in it
  Timestamp created_at;
  Timestamp updated_at;
  std::string body;  // the JSON that clients get; empty when deleted
  friend bool operator==(const ViewRow&, const ViewRow&) = default;
};

}  // namespace cqrs
