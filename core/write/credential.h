// What is kept of a password, and the keys without which it is useless. The plain text is turned
// into a Credential where it arrives and goes no further.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/uuid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

// Derived from the server's secret (DataDir::pepper_file), never stored in a database: one key for
// each purpose, so that what one of them signs says nothing about the other.
struct SecretKeys {
  int key_id = 1;  // of the secret; stored with every credential made under it
  std::string fingerprint;
  std::string password;
};
[[nodiscard]] SecretKeys derive_keys(std::string_view pepper, int key_id = 1);

// The numbers are stored; never renumber.
enum class CredentialStage : std::uint8_t {
  kKeyed = 1,    // HMAC-SHA-256 under the password key: what accepting a user costs
  kWrapped = 2,  // argon2id over that HMAC: what a worker replaces it by
  kForeign = 3,  // argon2id or bcrypt over the plain password, as an import brought it
};

struct Credential {
  CredentialStage stage = CredentialStage::kKeyed;
  int key_id = 0;    // 0: no key of ours is in it
  std::string hash;  // 32 bytes for kKeyed, a PHC string otherwise
  friend bool operator==(const Credential&, const Credential&) = default;
};

struct CredentialRecord {
  Uuid user;
  Credential credential;
  Timestamp updated_at;
  friend bool operator==(const CredentialRecord&, const CredentialRecord&) = default;
};

// Replaces a credential, but only while it is still the one that was looked at: a password that
// was changed or a user that was deleted in between stays changed or deleted.
struct CredentialUpgrade {
  Credential before;
  CredentialRecord after;
};

inline constexpr std::size_t kPasswordMin = 8;  // characters
inline constexpr std::size_t kPasswordMax = 200;

// `password` is valid UTF-8. Error: invalid (field "password", with the limits and never the
// value).
[[nodiscard]] Status check_password(std::string_view password);
[[nodiscard]] Credential keyed_credential(std::string_view password, const SecretKeys& keys);
// Error: invalid (field "passwordHash": not a form that verify_password() knows).
[[nodiscard]] Result<Credential> foreign_credential(std::string hash);

// Whether `candidate` is the password, in whatever stage it is kept; hashes are compared in
// constant time. Takes microseconds for kKeyed, and what its hash costs otherwise. Error: internal
// (made under another key than `keys`, named by its id).
[[nodiscard]] Result<bool> verify_password(const Credential& credential, const SecretKeys& keys,
                                           std::string_view candidate);

}  // namespace cqrs
