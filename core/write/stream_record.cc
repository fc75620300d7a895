#include "core/write/stream_record.h"

#include "core/events/codec.h"

namespace cqrs {

StreamRecord stream_record(const StreamKey& key, std::int64_t version, Position position,
                           const std::optional<State>& state) {
  StreamRecord record;
  record.key = key;
  record.version = version;
  record.deleted = !state.has_value();
  record.position = position;
  if (state) append_state(record.state, *state);
  record.digest = digest_of(key, version, state ? &*state : nullptr);
  return record;
}

}  // namespace cqrs
