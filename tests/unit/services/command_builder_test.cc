// What becomes of passwords between a request and its command.
#include "services/command/command_builder.h"

#include "core/base/password_hash.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

constexpr const char* kPassword = "correct horse battery";
constexpr const char* kBcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

class CommandBuilderTest : public testing::Test {
 protected:
  // A user whose body ends with `fields`, e.g. R"("password":"…")".
  Result<Command> create_user(const std::string& fields, const std::string& name = "create_user") {
    const std::string text = R"({"email":"ada@example.com","name":"Ada")" +
                             (fields.empty() ? std::string() : "," + fields) + "}";
    auto body = parse_json(text);
    EXPECT_THAT(body, is_ok()) << text;
    CommandRequest request;
    request.kind = find_command(name);
    request.body = &body->root();
    if (name != "create_user") request.target = make_uuid_v7(1, 2, 3);
    request.idempotency_key = "key";
    CommandBuilder builder(policy_, clock_);
    return builder.build(request);
  }
  static std::string password_field(const std::string& password) {
    std::string field = "\"password\":";
    append_json_string(field, password);
    return field;
  }

  CommandPolicy policy_{derive_keys(std::string(32, 'p')), false};
  SystemClock clock_;
};

TEST_F(CommandBuilderTest, PasswordBecomesAKeyedHash) {
  const auto command = create_user(password_field(kPassword));
  ASSERT_THAT(command, is_ok());
  ASSERT_TRUE(command->credential.has_value());
  EXPECT_EQ(*command->credential, keyed_credential(kPassword, policy_.keys));
  EXPECT_TRUE(*verify_password(*command->credential, policy_.keys, kPassword));
}

TEST_F(CommandBuilderTest, UserWithoutPasswordHasNoCredential) {
  for (const char* fields : {"", R"("password":null)", R"("password":null,"passwordHash":null)"}) {
    const auto command = create_user(fields);
    ASSERT_THAT(command, is_ok());
    EXPECT_FALSE(command->credential.has_value()) << fields;
  }
}

TEST_F(CommandBuilderTest, FingerprintTellsPasswordsApart) {
  const auto fingerprint = [&](const std::string& fields) {
    const auto command = create_user(fields);
    EXPECT_THAT(command, is_ok()) << fields;
    return command->idempotency->fingerprint;
  };
  const Uuid first = fingerprint(password_field(kPassword));
  EXPECT_EQ(fingerprint(password_field(kPassword)), first);
  EXPECT_NE(fingerprint(password_field("correct horse batterz")), first);
  EXPECT_NE(fingerprint(""), first);
  EXPECT_NE(fingerprint(password_field(kPassword) + R"(,"nickname":"ada")"), first);
  // Made from the keyed hash: under another password key it is another one.
  policy_.keys.password = std::string(32, 'x');
  EXPECT_NE(fingerprint(password_field(kPassword)), first);
}

TEST_F(CommandBuilderTest, BadPasswordIsRefusedNamingTheFieldAndNotTheValue) {
  const auto refused = create_user(password_field("2short"));
  ASSERT_THAT(refused, fails_with(ErrorCode::kInvalid, "password"));
  EXPECT_EQ(refused.error().message.find("2short"), std::string::npos);
  for (const char* fields : {R"("password":12345678)", R"("password":["12345678"])",
                             R"("password":{"12345678":"12345678"})", R"("password":true)"}) {
    const auto wrong_type = create_user(fields);
    ASSERT_THAT(wrong_type, fails_with(ErrorCode::kInvalid, "password")) << fields;
    EXPECT_EQ(wrong_type.error().message.find("1234"), std::string::npos);
  }
}

TEST_F(CommandBuilderTest, ReadyHashIsForbiddenUnlessImportsAreAllowed) {
  const std::string field = R"("passwordHash":")" + std::string(kBcrypt) + "\"";
  const auto forbidden = create_user(field);
  ASSERT_THAT(forbidden, fails_with(ErrorCode::kForbidden, "passwordHash"));
  EXPECT_NE(forbidden.error().message.find("--allow-import"), std::string::npos);
  policy_.allow_import = true;
  const auto command = create_user(field);
  ASSERT_THAT(command, is_ok());
  EXPECT_EQ(command->credential->stage, CredentialStage::kForeign);
  EXPECT_EQ(command->credential->hash, kBcrypt);
}

TEST_F(CommandBuilderTest, ReadyHashOfAnotherShapeIsInvalid) {
  policy_.allow_import = true;
  const auto refused = create_user(R"("passwordHash":"plain text")");
  ASSERT_THAT(refused, fails_with(ErrorCode::kInvalid, "passwordHash"));
  EXPECT_EQ(refused.error().message.find("plain text"), std::string::npos);
}

TEST_F(CommandBuilderTest, PasswordAndReadyHashTogetherAreInvalid) {
  for (const bool allowed : {false, true}) {
    policy_.allow_import = allowed;
    EXPECT_THAT(create_user(password_field(kPassword) + R"(,"passwordHash":")" + kBcrypt + "\""),
                fails_with(ErrorCode::kInvalid, "passwordHash"));
  }
}

TEST_F(CommandBuilderTest, OtherCommandsTakeNoPassword) {
  const auto refused = create_user(password_field(kPassword), "update_user");
  ASSERT_THAT(refused, fails_with(ErrorCode::kInvalid, "password"));
  EXPECT_EQ(refused.error().message.find(kPassword), std::string::npos);
}

}  // namespace
}  // namespace cqrs
