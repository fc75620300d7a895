// Limits of field values, at and just beyond each edge.
#include "core/domain/validation.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(TextRule, LengthCountsCharactersAndNotBytes) {
  EXPECT_THAT(check_text("name", repeated("ö", 200), 1, 200), is_ok());
  EXPECT_THAT(check_text("name", repeated("🦊", 200), 1, 200), is_ok());
  EXPECT_THAT(check_text("name", repeated("ö", 201), 1, 200),
              fails_with(ErrorCode::kInvalid, "name"));
}

TEST(TextRule, ControlCharactersAreRefusedButLineBreaksMayBeAllowed) {
  EXPECT_THAT(check_text("name", "a\nb", 1, 200), fails_with(ErrorCode::kInvalid, "name"));
  EXPECT_THAT(check_text("name", "a\nb\r\n\tc", 1, 200, true), is_ok());
  EXPECT_THAT(check_text("name", "a\x7F", 1, 200, true), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(check_text("name", std::string("a\0", 2), 1, 200, true),
              fails_with(ErrorCode::kInvalid));
}

TEST(EmailRule, OrdinaryAddressesAreAccepted) {
  for (const char* email : {"ada@example.com", "a@b.c", "ada+tag@sub.example.co.uk",
                            "o'neil@example.com", "ADA@EXAMPLE.COM"}) {
    EXPECT_THAT(check_email(email), is_ok()) << email;
  }
}

TEST(EmailRule, WhatCannotBeDeliveredIsRefused) {
  for (const char* email :
       {"", "ada", "@example.com", "ada@", "ada@example", "ada@.com", "ada@example.",
        "a b@example.com", "ada@exam ple.com", "ada@@example.com", "ada@x@example.com",
        "adä@example.com", "ada@example.com\n"}) {
    EXPECT_THAT(check_email(email), fails_with(ErrorCode::kInvalid, "email")) << email;
  }
}

TEST(EmailRule, LengthIsLimited) {
  const std::string domain = "@" + repeated("d", 185) + ".com";
  EXPECT_THAT(check_email(std::string(64, 'a') + domain), is_ok());
  EXPECT_THAT(check_email(std::string(65, 'a') + "@example.com"), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(check_email(std::string(64, 'a') + "d" + domain), fails_with(ErrorCode::kInvalid));
}

TEST(NicknameRule, ThreeToFortyPlainCharacters) {
  EXPECT_THAT(check_nickname("ada"), is_ok());
  EXPECT_THAT(check_nickname("A.d_a-1"), is_ok());
  EXPECT_THAT(check_nickname(std::string(40, 'x')), is_ok());
  for (const std::string& nickname : {std::string("ad"), std::string(41, 'x'), std::string("a b"),
                                      std::string("ada!"), std::string("adä")}) {
    EXPECT_THAT(check_nickname(nickname), fails_with(ErrorCode::kInvalid, "nickname")) << nickname;
  }
}

TEST(PhoneRule, PlusAndSevenToFifteenDigits) {
  EXPECT_THAT(check_phone("+1234567"), is_ok());
  EXPECT_THAT(check_phone("+123456789012345"), is_ok());
  for (const char* phone : {"", "+", "+123456", "+1234567890123456", "1234567", "+12 34567",
                            "+1234567a", "++1234567"}) {
    EXPECT_THAT(check_phone(phone), fails_with(ErrorCode::kInvalid, "phone")) << phone;
  }
}

TEST(AvatarRule, WebAddressOfAtMostFiveHundredBytes) {
  EXPECT_THAT(check_avatar("https://example.com/a.png"), is_ok());
  EXPECT_THAT(check_avatar("http://example.com/a.png"), is_ok());
  EXPECT_THAT(check_avatar("https://" + std::string(492, 'x')), is_ok());
  for (const std::string& avatar :
       {std::string(), std::string("ftp://x"), std::string("javascript:alert(1)"),
        std::string("https://a b"), "https://" + std::string(493, 'x')}) {
    EXPECT_THAT(check_avatar(avatar), fails_with(ErrorCode::kInvalid, "avatar")) << avatar;
  }
}

TEST(ToLower, ChangesAsciiLettersOnly) { EXPECT_EQ(to_lower("AbZ-9Ä"), "abz-9Ä"); }

}  // namespace
}  // namespace cqrs
