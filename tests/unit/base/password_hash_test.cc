#include "core/base/password_hash.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

constexpr Argon2Cost kCheap{1, 64};

// From the test suite of the reference implementation of argon2.
constexpr const char* kOneLane =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
constexpr const char* kTwoLanes =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
// From the test suite of Openwall's bcrypt.
constexpr const char* kBcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

TEST(PasswordHash, HashOfArgon2idIsThatOfItsSecretAlone) {
  const auto hash = argon2id_hash("correct horse", kCheap);
  ASSERT_THAT(hash, is_ok());
  EXPECT_TRUE(password_hash_matches(*hash, "correct horse"));
  EXPECT_FALSE(password_hash_matches(*hash, "correct horse "));
  EXPECT_FALSE(password_hash_matches(*hash, ""));
}

TEST(PasswordHash, SameSecretHasAnotherSaltEachTime) {
  EXPECT_NE(*argon2id_hash("correct horse", kCheap), *argon2id_hash("correct horse", kCheap));
}

TEST(PasswordHash, HashSaysWhatItCosts) {
  const auto hash = argon2id_hash("correct horse");
  ASSERT_THAT(hash, is_ok());
  EXPECT_EQ(hash->rfind("$argon2id$v=19$m=19456,t=2,p=1$", 0), 0U) << *hash;
  EXPECT_THAT(check_password_hash("passwordHash", *hash), is_ok());
}

TEST(PasswordHash, SecretMayHoldAnyBytes) {
  const std::string secret("a\0b\xff", 4);
  const auto hash = argon2id_hash(secret, kCheap);
  EXPECT_TRUE(password_hash_matches(*hash, secret));
  EXPECT_FALSE(password_hash_matches(*hash, std::string("a\0c\xff", 4)));
}

TEST(PasswordHash, HashesThatOtherProgramsMadeAreUnderstood) {
  for (const char* hash : {kOneLane, kTwoLanes}) {
    EXPECT_TRUE(password_hash_matches(hash, "password")) << hash;
    EXPECT_FALSE(password_hash_matches(hash, "passwore")) << hash;
  }
  EXPECT_TRUE(password_hash_matches(kBcrypt, "U*U"));
  EXPECT_FALSE(password_hash_matches(kBcrypt, "U*V"));
  EXPECT_FALSE(password_hash_matches(kBcrypt, std::string("U*U\0x", 5)));
}

TEST(PasswordHash, FormsThatCanBeCheckedAreAccepted) {
  for (const char* hash : {kOneLane, kTwoLanes, kBcrypt,
                           "$2b$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                           "$2y$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}) {
    EXPECT_THAT(check_password_hash("passwordHash", hash), is_ok()) << hash;
  }
}

TEST(PasswordHash, EverythingElseIsRefusedWithoutRepeatingIt) {
  const std::string argon(kOneLane);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = argon;
    return changed.replace(changed.find(from), from.size(), to);
  };
  for (const std::string& hash :
       {std::string(),
        std::string("plain text"),
        std::string("$argon2id$"),
        with("2id", "2i"),
        with("v=19", "v=16"),
        with("m=256", "m=262145"),
        with("m=256", "m=7"),
        with("m=256", "m=-1"),
        with("m=256", "m=0256"),
        with("t=2", "t=17"),
        with("t=2", "t=0"),
        with("p=1", "p=17"),
        with("p=1", "p="),
        with("c29tZXNhbHQ", "c29"),
        argon + "!",
        argon.substr(0, 60),
        argon + std::string(200, 'A'),
        std::string("$2b$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        std::string("$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        std::string("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        std::string(kBcrypt).substr(0, 59),
        std::string(kBcrypt) + "W",
        std::string("$6$rounds=5000$salt$hash")}) {
    const auto status = check_password_hash("passwordHash", hash);
    EXPECT_THAT(status, fails_with(ErrorCode::kInvalid, "passwordHash")) << hash;
    if (!hash.empty()) {
      EXPECT_EQ(status.error().message.find(hash), std::string::npos) << status.error().message;
    }
    EXPECT_FALSE(password_hash_matches(hash, "password")) << hash;
  }
}

// More than the library would ever ask the system for: nothing is really allocated here.
TEST(PasswordHash, MemoryThatCannotBeHadIsAnError) {
  EXPECT_THAT(argon2id_hash("correct horse", {1, 5'000'000'000}),
              fails_with(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace cqrs
