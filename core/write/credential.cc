#include "core/write/credential.h"

#include "core/base/crypto.h"
#include "core/base/password_hash.h"
#include "core/domain/validation.h"

namespace cqrs {
namespace {

std::string keyed_hash(std::string_view password, const SecretKeys& keys) {
  return std::string(bytes_of(hmac_sha256(keys.password, password)));
}

}  // namespace

SecretKeys derive_keys(std::string_view pepper, int key_id) {
  return {key_id, std::string(bytes_of(hmac_sha256(pepper, "fingerprint"))),
          std::string(bytes_of(hmac_sha256(pepper, "password")))};
}

Status check_password(std::string_view password) {
  if (check_text("password", password, kPasswordMin, kPasswordMax)) return {};
  return invalid("password", "password must have " + std::to_string(kPasswordMin) + " to " +
                                 std::to_string(kPasswordMax) +
                                 " characters and no control characters: choose another");
}

Credential keyed_credential(std::string_view password, const SecretKeys& keys) {
  return {CredentialStage::kKeyed, keys.key_id, keyed_hash(password, keys)};
}

Result<Credential> foreign_credential(std::string hash) {
  CQRS_TRY(check_password_hash("passwordHash", hash));
  return Credential{CredentialStage::kForeign, 0, std::move(hash)};
}

Result<bool> verify_password(const Credential& credential, const SecretKeys& keys,
                             std::string_view candidate) {
  if (credential.stage == CredentialStage::kForeign) {
    return password_hash_matches(credential.hash, candidate);
  }
  if (credential.key_id != keys.key_id) {
    return make_error(ErrorCode::kInternal,
                      "a password was stored under key " + std::to_string(credential.key_id) +
                          ", this server holds key " + std::to_string(keys.key_id) +
                          ": put the key file back that it was stored under");
  }
  std::string keyed = keyed_hash(candidate, keys);
  const bool matches = credential.stage == CredentialStage::kKeyed
                           ? equal_secrets(credential.hash, keyed)
                           : password_hash_matches(credential.hash, keyed);
  wipe(keyed);
  return matches;
}

}  // namespace cqrs
