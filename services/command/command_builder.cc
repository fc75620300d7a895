#include "services/command/command_builder.h"

#include "core/base/crypto.h"
#include "core/base/json.h"

#include <algorithm>

namespace cqrs {
namespace {

constexpr std::size_t kKeyMax = 255;

Uuid first_128_bits(const Sha256& hash) {
  Uuid out;
  std::copy_n(hash.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

CommandBuilder::CommandBuilder(std::string pepper, const Clock& clock)
    : pepper_(std::move(pepper)), clock_(clock), ids_(random_u64()) {}

Result<Command> CommandBuilder::build(const CommandRequest& request) {
  if (request.idempotency_key.size() > kKeyMax || !printable(request.idempotency_key)) {
    return invalid("Idempotency-Key",
                   "Idempotency-Key must be at most 255 printable ASCII characters");
  }
  auto parsed = request.kind->parse(*request.body, request.dialect);
  if (!parsed) return parsed.error();
  Command command;
  command.target.kind = request.kind->kind;
  if (request.target) {
    command.target.id = *request.target;
  } else {
    command.target.id = parsed->id ? *parsed->id : ids_.next(clock_.now().millis());
  }
  command.body = std::move(parsed->command);
  command.expected_version = request.expected_version;
  command.traceparent = request.traceparent;
  if (!request.idempotency_key.empty()) command.idempotency = key_of(request);
  return command;
}

// Scope = principal + route + key. There is one principal until there are logins.
IdempotencyKey CommandBuilder::key_of(const CommandRequest& request) const {
  std::string scope = "anonymous\n";
  scope += request.kind->name;
  scope += '\n';
  scope += request.idempotency_key;
  std::string content = request.target ? to_string(*request.target) : std::string("new");
  content += '\n';
  content += request.expected_version ? std::to_string(*request.expected_version) : "any";
  content += '\n';
  append_canonical_json(content, *request.body);
  return {first_128_bits(sha256(scope)), first_128_bits(hmac_sha256(pepper_, content))};
}

}  // namespace cqrs
