#include "core/write/credential.h"

#include "core/base/crypto.h"
#include "core/base/password_hash.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

constexpr const char* kPassword = "correct horse battery";

Credential wrapped(const Credential& keyed) {
  auto hash = argon2id_hash(keyed.hash, {1, 64});
  EXPECT_THAT(hash, is_ok());
  return {CredentialStage::kWrapped, keyed.key_id, *hash};
}

class CredentialTest : public testing::Test {
 protected:
  SecretKeys keys_ = derive_keys(std::string(32, 'p'), 1);
};

TEST_F(CredentialTest, KeysForTwoPurposesAndTwoSecretsDiffer) {
  const SecretKeys other = derive_keys(std::string(32, 'q'), 1);
  EXPECT_NE(keys_.fingerprint, keys_.password);
  EXPECT_NE(keys_.password, other.password);
  EXPECT_NE(keys_.fingerprint, other.fingerprint);
  EXPECT_EQ(keys_.password, derive_keys(std::string(32, 'p'), 1).password);
}

TEST_F(CredentialTest, KeyedHashIsUselessWithoutTheKey) {
  const Credential credential = keyed_credential(kPassword, keys_);
  EXPECT_EQ(credential.stage, CredentialStage::kKeyed);
  EXPECT_EQ(credential.key_id, 1);
  EXPECT_EQ(credential.hash.size(), 32U);
  EXPECT_NE(credential.hash, bytes_of(sha256(kPassword)));
  EXPECT_NE(credential.hash, bytes_of(hmac_sha256("", kPassword)));
  const SecretKeys other = derive_keys(std::string(32, 'q'), 1);
  EXPECT_NE(credential.hash, keyed_credential(kPassword, other).hash);
}

TEST_F(CredentialTest, PasswordIsRecognisedInEveryStage) {
  const Credential keyed = keyed_credential(kPassword, keys_);
  const auto foreign = foreign_credential(*argon2id_hash(kPassword, {1, 64}));
  ASSERT_THAT(foreign, is_ok());
  for (const Credential& credential : {keyed, wrapped(keyed), *foreign}) {
    SCOPED_TRACE(static_cast<int>(credential.stage));
    EXPECT_TRUE(*verify_password(credential, keys_, kPassword));
    EXPECT_FALSE(*verify_password(credential, keys_, "correct horse batterz"));
    EXPECT_FALSE(*verify_password(credential, keys_, ""));
    // Who stole the database cannot log in with what it holds.
    EXPECT_FALSE(*verify_password(credential, keys_, credential.hash));
  }
}

TEST_F(CredentialTest, ImportedHashNeedsNoKeyOfOurs) {
  const auto credential =
      foreign_credential("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
  ASSERT_THAT(credential, is_ok());
  EXPECT_EQ(credential->key_id, 0);
  EXPECT_TRUE(*verify_password(*credential, keys_, "U*U"));
  EXPECT_FALSE(*verify_password(*credential, keys_, "U*V"));
  EXPECT_THAT(foreign_credential("U*U"), fails_with(ErrorCode::kInvalid, "passwordHash"));
}

TEST_F(CredentialTest, AnotherKeyIsAnErrorAndNoWrongPassword) {
  const SecretKeys other = derive_keys(std::string(32, 'q'), 2);
  const Credential keyed = keyed_credential(kPassword, keys_);
  EXPECT_THAT(verify_password(keyed, other, kPassword), fails_with(ErrorCode::kInternal));
  EXPECT_THAT(verify_password(wrapped(keyed), other, kPassword), fails_with(ErrorCode::kInternal));
}

TEST_F(CredentialTest, PasswordsOfEightToTwoHundredCharactersAreAccepted) {
  std::string widest;
  for (int i = 0; i < 200; ++i) widest += "\U0001F600";
  for (const std::string& password : {std::string("12345678"), std::string("  spaces  "),
                                      std::string("pässwörd"), std::string(200, 'x'), widest}) {
    EXPECT_THAT(check_password(password), is_ok()) << password;
  }
}

TEST_F(CredentialTest, OtherPasswordsAreRefusedWithTheLimitsAndWithoutTheValue) {
  std::string too_wide;
  for (int i = 0; i < 201; ++i) too_wide += "é";
  for (const std::string& password :
       {std::string("1234567"), std::string("ääääääü"), std::string(201, 'x'), too_wide,
        std::string("tab\tinside it"), std::string("nul\0inside it", 13),
        std::string("delete\x7fin it")}) {
    const auto status = check_password(password);
    ASSERT_THAT(status, fails_with(ErrorCode::kInvalid, "password"));
    EXPECT_NE(status.error().message.find("8 to 200 characters"), std::string::npos);
    EXPECT_EQ(status.error().message.find(password), std::string::npos);
  }
}

}  // namespace
}  // namespace cqrs
