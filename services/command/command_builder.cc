#include "services/command/command_builder.h"

#include "core/base/crypto.h"
#include "core/base/json.h"

#include <algorithm>
#include <vector>

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

// The body in the same text for equal bodies, but for what became a credential. Only known field
// names get this far, and they need no escapes.
void append_without_secrets(std::string& out, const JsonValue& body) {
  std::vector<const JsonValue*> members;
  members.reserve(body.size);
  for (const auto& member : body) {
    if (member.key != "password" && member.key != "passwordHash") members.push_back(&member);
  }
  std::sort(members.begin(), members.end(),
            [](const auto* left, const auto* right) { return left->key < right->key; });
  for (const auto* member : members) {
    out += member->key;
    out += '=';
    append_canonical_json(out, *member);
    out += '\n';
  }
}

}  // namespace

CommandBuilder::CommandBuilder(CommandPolicy policy, const Clock& clock)
    : policy_(std::move(policy)), clock_(clock), ids_(random_u64()) {}

Result<Command> CommandBuilder::build(const CommandRequest& request) {
  if (request.idempotency_key.size() > kKeyMax || !printable(request.idempotency_key)) {
    return invalid("Idempotency-Key",
                   "Idempotency-Key must be at most 255 printable ASCII characters");
  }
  auto parsed = request.kind->parse(*request.body, request.dialect);
  if (!parsed) return parsed.error();
  auto credential = credential_of(*parsed);
  if (!credential) return credential.error();
  Command command;
  command.credential = std::move(*credential);
  command.target.kind = request.kind->kind;
  if (request.target) {
    command.target.id = *request.target;
  } else {
    command.target.id = parsed->id ? *parsed->id : ids_.next(clock_.now().millis());
  }
  command.body = std::move(parsed->command);
  command.expected_version = request.expected_version;
  command.traceparent = request.traceparent;
  if (!request.idempotency_key.empty()) {
    command.idempotency = key_of(request, command.credential);
  }
  return command;
}

Result<std::optional<Credential>> CommandBuilder::credential_of(ParsedBody& parsed) const {
  if (parsed.password) {
    auto status = check_password(*parsed.password);
    std::optional<Credential> credential;
    if (status) credential = keyed_credential(*parsed.password, policy_.keys);
    wipe(*parsed.password);
    if (!status) return status.error();
    return credential;
  }
  if (!parsed.password_hash) return std::optional<Credential>();
  if (!policy_.allow_import) {
    return make_error(ErrorCode::kForbidden,
                      "passwordHash is for imports, which this server does not take: send password "
                      "instead, or start the server with --allow-import",
                      "passwordHash");
  }
  auto credential = foreign_credential(std::move(*parsed.password_hash));
  if (!credential) return credential.error();
  return std::optional<Credential>(std::move(*credential));
}

// Scope = principal + route + key. There is one principal until there are logins.
IdempotencyKey CommandBuilder::key_of(const CommandRequest& request,
                                      const std::optional<Credential>& credential) const {
  std::string scope = "anonymous\n";
  scope += request.kind->name;
  scope += '\n';
  scope += request.idempotency_key;
  std::string content = request.target ? to_string(*request.target) : std::string("new");
  content += '\n';
  content += request.expected_version ? std::to_string(*request.expected_version) : "any";
  content += '\n';
  if (credential) {
    append_without_secrets(content, *request.body);
    content += credential->hash;
  } else {
    append_canonical_json(content, *request.body);
  }
  return {first_128_bits(sha256(scope)),
          first_128_bits(hmac_sha256(policy_.keys.fingerprint, content))};
}

}  // namespace cqrs
