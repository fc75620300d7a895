// The strict JSON reader refuses what would be lost or ambiguous later, and keeps decimals as text.
#include "core/base/json.h"

#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

std::string reason(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed.ok() ? "accepted" : parsed.error().message;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(StrictJson, ReadsEveryKindOfValue) {
  const auto parsed = parse_json(R"({"a":[1,-2,true,null,"x"],"b":{}})");
  ASSERT_THAT(parsed, is_ok());
  EXPECT_EQ((*parsed)["a"].size(), 5U);
  EXPECT_TRUE((*parsed)["b"].is_object());
}

TEST(StrictJson, DuplicateKeyIsRefusedAndNamed) {
  EXPECT_THAT(reason(R"({"a":1,"b":2,"a":3})"), testing::HasSubstr("duplicate key \"a\""));
}

TEST(StrictJson, DuplicateKeyDeepInsideIsRefused) {
  EXPECT_THAT(reason(R"([{"x":{"a":1,"a":1}}])"), testing::HasSubstr("duplicate key"));
}

TEST(StrictJson, DuplicateKeyInAnotherSpellingIsRefused) {
  EXPECT_THAT(reason(R"({"a":1,"\u0061":2})"), testing::HasSubstr("duplicate key"));
}

TEST(StrictJson, EqualKeysOfDifferentObjectsAreFine) {
  EXPECT_THAT(parse_json(R"({"a":{"a":1},"b":{"a":2}})"), is_ok());
}

TEST(StrictJson, ThirtyTwoLevelsAreFineAndThirtyThreeAreNot) {
  EXPECT_THAT(parse_json(nested(32)), is_ok());
  EXPECT_THAT(reason(nested(33)), testing::HasSubstr("nested deeper than 32"));
}

TEST(StrictJson, AbsurdDepthIsRefusedWithoutExhaustingTheStack) {
  EXPECT_THAT(reason(std::string(1'000'000, '[')), testing::HasSubstr("nested deeper"));
}

class MalformedJson : public testing::TestWithParam<std::string> {};

TEST_P(MalformedJson, IsInvalid) {
  EXPECT_THAT(parse_json(GetParam()), fails_with(ErrorCode::kInvalid)) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Texts, MalformedJson,
                         testing::Values("", " ", "{", "}", "{\"a\":1", "{\"a\"}", "{a:1}",
                                         "{'a':1}", "[1,]", "[1 2]", "{} {}", "{}x", "1 2", "nul",
                                         "True", "01", "1.", ".5", "+1", "0x1", "NaN", "Infinity",
                                         "\"a", "\"\t\"", "\"\\x\"", "\"\\ud800\"", "\"\\udc00x\"",
                                         "1e999", "// comment\n{}", std::string("{}\0", 3),
                                         "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
                                         "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "{\"\xff\":1}"),
                         [](const auto& info) { return "Text" + std::to_string(info.index); });

TEST(StrictJson, ReasonIsPrintableAsciiWhateverWasSent) {
  for (const char c : reason("\"\xff\x01\"")) {
    EXPECT_GE(c, 0x20);
    EXPECT_LE(c, 0x7E);
  }
}

TEST(StrictJson, DecimalKeepsItsText) {
  for (const char* text : {"17.35", "0.1", "1e2", "1E+2", "17.350", "1e-400",
                           "0.1000000000000000055511151231257827"}) {
    const auto parsed = parse_json(text);
    ASSERT_THAT(parsed, is_ok()) << text;
    EXPECT_EQ(number_text(*parsed), text);
  }
}

TEST(StrictJson, IntegerBeyondSixtyFourBitsKeepsItsText) {
  const auto parsed = parse_json("123456789012345678901234567890");
  ASSERT_THAT(parsed, is_ok());
  EXPECT_EQ(number_text(*parsed), "123456789012345678901234567890");
}

TEST(StrictJson, IntegersHaveTheirText) {
  EXPECT_EQ(number_text(*parse_json("20")), "20");
  EXPECT_EQ(number_text(*parse_json("-3")), "-3");
  EXPECT_EQ(number_text(*parse_json("18446744073709551615")), "18446744073709551615");
}

TEST(StrictJson, WhatIsNoNumberHasNoNumberText) {
  for (const char* text : {"\"17.35\"", "true", "null", "[1]", "{}"}) {
    EXPECT_EQ(number_text(*parse_json(text)), std::nullopt) << text;
  }
}

TEST(StrictJson, RestoredNumbersCanBeDumped) {
  const auto parsed = parse_json(R"({"a":1.5,"b":[2.25,{"c":3}],"d":"x"})");
  ASSERT_THAT(parsed, is_ok());
  EXPECT_EQ(restore_numbers(*parsed).dump(), R"({"a":1.5,"b":[2.25,{"c":3}],"d":"x"})");
}

TEST(JsonWriter, StringIsEscapedAndReadsBack) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  all += "Größe 🦊";
  std::string text;
  append_json_string(text, all);
  const auto parsed = parse_json(text);
  ASSERT_THAT(parsed, is_ok()) << text;
  EXPECT_EQ(parsed->get<std::string>(), all);
}

TEST(JsonWriter, ObjectHasItsFieldsInTheOrderTheyWereWritten) {
  std::string out;
  JsonObject object(out);
  object.text("t", "a\"b").number("n", -5).boolean("y", true).boolean("f", false);
  object.optional_text("o", std::nullopt).optional_text("p", std::string("x")).raw("r", "[1]");
  object.close();
  EXPECT_EQ(out, R"({"t":"a\"b","n":-5,"y":true,"f":false,"o":null,"p":"x","r":[1]})");
}

TEST(JsonWriter, EmptyObjectIsClosed) {
  std::string out;
  JsonObject(out).close();
  EXPECT_EQ(out, "{}");
}

}  // namespace
}  // namespace cqrs
