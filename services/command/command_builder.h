// Joins what a request says (route, body, headers) into a Command with its idempotency key and
// fingerprint.
#pragma once

#include "core/base/clock.h"
#include "core/write/command.h"

#include "services/command/bodies.h"

#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

struct CommandRequest {
  const CommandKind* kind = nullptr;
  Dialect dialect = Dialect::kV1;
  std::optional<Uuid> target;  // from the path; creating commands have none
  const JsonValue* body = nullptr;
  std::optional<std::int64_t> expected_version;
  std::string_view idempotency_key;  // empty: none
  std::string_view traceparent;
};

// Used by one thread at a time.
class CommandBuilder {
 public:
  // `pepper` keys the fingerprints, so that a stolen database tells nothing about the commands.
  CommandBuilder(std::string pepper, const Clock& clock);
  // Errors: invalid (a field, or an Idempotency-Key longer than 255 or not printable ASCII).
  [[nodiscard]] Result<Command> build(const CommandRequest& request);

 private:
  [[nodiscard]] IdempotencyKey key_of(const CommandRequest& request) const;

  std::string pepper_;
  const Clock& clock_;
  UuidV7Source ids_;
};

}  // namespace cqrs
