// Request bodies to commands. The field names of /v1 and of the aliases, and every complaint about
// them, live here.
#pragma once

#include "core/base/json.h"
#include "core/domain/aggregate.h"

#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

struct ParsedBody {
  CommandBody command;
  std::optional<Uuid> id;  // chosen by the client, creating commands only
  // Of create_user. They stand beside the command, because the domain never sees either.
  std::optional<std::string> password = std::nullopt;  // plain: to be wiped after use
  std::optional<std::string> password_hash = std::nullopt;
};

enum class Dialect : std::uint8_t { kV1, kAlias };

// The commands by their names, as in /v1/commands:batch:
//   user     create_ update_ deactivate_ activate_ delete_
//   product  the same, and change_price
//   order    create_ confirm_ cancel_ pay_ ship_ deliver_
struct CommandKind {
  const char* name;
  Kind kind;
  bool creates;
  Result<ParsedBody> (*parse)(const JsonValue& body, Dialect dialect);
};
// nullptr when there is no such command.
[[nodiscard]] const CommandKind* find_command(std::string_view name);

}  // namespace cqrs
