// Joins what a request says (route, body, headers) into a Command with its idempotency key and
// fingerprint.
#pragma once

#include "core/base/clock.h"
#include "core/write/command.h"
#include "core/write/credential.h"

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

struct CommandPolicy {
  // Without them a stolen database tells nothing about commands and passwords.
  SecretKeys keys;
  bool allow_import = false;  // whether a user may be created with a ready passwordHash
};

// Used by one thread at a time.
class CommandBuilder {
 public:
  CommandBuilder(CommandPolicy policy, const Clock& clock);
  // A password becomes a keyed hash here, before the fingerprint is made. Errors: invalid (a field,
  // or an Idempotency-Key longer than 255 or not printable ASCII), forbidden (passwordHash without
  // allow_import).
  [[nodiscard]] Result<Command> build(const CommandRequest& request);

 private:
  [[nodiscard]] Result<std::optional<Credential>> credential_of(ParsedBody& parsed) const;
  [[nodiscard]] IdempotencyKey key_of(const CommandRequest& request,
                                      const std::optional<Credential>& credential) const;

  CommandPolicy policy_;
  const Clock& clock_;
  UuidV7Source ids_;
};

}  // namespace cqrs
