// A command on its way to a decision, and what became of it.
#pragma once

#include "core/base/result.h"
#include "core/domain/aggregate.h"
#include "core/events/event.h"
#include "core/write/credential.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace cqrs {

// How long the outcome under an idempotency key is remembered: longer than any client retries.
inline constexpr std::chrono::hours kRequestsKept{7 * 24};

struct IdempotencyKey {
  Uuid key;  // see RequestRecord
  Uuid fingerprint;
};

struct Command {
  StreamKey target;
  CommandBody body;
  std::optional<std::int64_t> expected_version;  // 0: must not exist
  std::optional<IdempotencyKey> idempotency;
  std::string traceparent;
  // Of the user that this command creates; stored beside it, in no event and no state.
  std::optional<Credential> credential;
};

struct Accepted {
  StreamKey stream;
  std::int64_t version = 0;
  Position position = 0;  // of the event that made this version
  bool created = false;
  bool replayed = false;  // answered from an idempotency record; nothing happened now
};
using Outcome = Result<Accepted>;

}  // namespace cqrs
