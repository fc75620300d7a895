// The strict JSON reader refuses what would be lost or ambiguous later, and keeps decimals as text.
#include "core/base/json.h"

#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

std::string reason(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed.ok() ? "accepted" : parsed.error().message;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string copied(std::string_view text) {
  const auto parsed = parse_json(text);
  EXPECT_THAT(parsed, is_ok()) << text;
  std::string out;
  if (parsed) append_json(out, parsed->root());
  return out;
}

TEST(StrictJson, ReadsEveryKindOfValue) {
  const auto parsed = parse_json(R"({"a":[1,-2.5,true,null,"x\n"],"b":{}})");
  ASSERT_THAT(parsed, is_ok());
  std::vector<JsonType> types;
  for (const auto& member : parsed->root()) {
    types.push_back(member.type);
    for (const auto& element : member) types.push_back(element.type);
  }
  EXPECT_THAT(types, testing::ElementsAre(JsonType::kArray, JsonType::kInteger, JsonType::kDecimal,
                                          JsonType::kBoolean, JsonType::kNull, JsonType::kString,
                                          JsonType::kObject));
  EXPECT_EQ(parsed->root().size, 2U);
  EXPECT_EQ(parsed->root().begin()->key, "a");
}

TEST(StrictJson, ADocumentIsUsedAgainForManyTexts) {
  JsonDocument document;
  const std::string large = "[\"" + std::string(1'000'000, 'x') + "\"]";
  for (const std::string& text : {std::string("[1]"), large, std::string("{\"a\":\"b\"}")}) {
    ASSERT_THAT(document.parse(text), is_ok());
    std::string out;
    append_json(out, document.root());
    EXPECT_EQ(out, text);
  }
  EXPECT_THAT(document.parse("[1"), fails_with(ErrorCode::kInvalid));
  EXPECT_EQ(document.root().type, JsonType::kNull);
}

TEST(StrictJson, ValuesSurviveAMoveOfTheirDocument) {
  auto parsed = parse_json(R"(["kept"])");
  ASSERT_THAT(parsed, is_ok());
  const JsonDocument moved = std::move(*parsed);
  EXPECT_EQ(moved.root().begin()->text, "kept");
}

TEST(StrictJson, ManyMembersAreSearchedForDuplicatesToo) {
  std::string text = "{";
  for (int i = 0; i < 1'000; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_THAT(parse_json(text + "\"last\":1}"), is_ok());
  EXPECT_THAT(reason(text + "\"k500\":1}"), testing::HasSubstr("duplicate key \"k500\""));
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
                                         "{\"\\udc00\":1}", "1],[2", "-", "1e", "1.e1", "[1] ]",
                                         "00", "// comment\n{}", std::string("{}\0", 3), "\"\xff\"",
                                         "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                                         "\"\xe2\x82\"", "{\"\xff\":1}"),
                         [](const auto& info) { return "Text" + std::to_string(info.index); });

TEST(StrictJson, ReasonIsPrintableAsciiWhateverWasSent) {
  for (const char c : reason("\"\xff\x01\"")) {
    EXPECT_GE(c, 0x20);
    EXPECT_LE(c, 0x7E);
  }
}

TEST(StrictJson, ReasonDoesNotRepeatWhatWasSent) {
  EXPECT_THAT(reason("{\"password\":\"hunter2 \x01\"}"),
              testing::Not(testing::HasSubstr("hunter2")));
  EXPECT_THAT(reason("{\"password\":hunter2}"), testing::Not(testing::HasSubstr("hunter")));
  // Nor when it holds the marks between which the reason is found.
  for (const char* text :
       {"{\"password\":\"a] hunter2\n\"}", "{\"password\":\"a; last read: hunter2\n\"}",
        "{\"password\":\"a] b; last read: hunter2] ; last read: hunter2\n\"}"}) {
    EXPECT_THAT(reason(text), testing::Not(testing::HasSubstr("hunter"))) << text;
  }
}

TEST(StrictJson, NumberKeepsItsText) {
  for (const char* text : {"17.35", "0.1", "1e2", "1E+2", "17.350", "1e-400", "1e999", "20", "-3",
                           "18446744073709551615", "123456789012345678901234567890",
                           "0.1000000000000000055511151231257827"}) {
    EXPECT_EQ(copied(text), text);
    EXPECT_EQ(copied(std::string(" [ ") + text + " ,\n1]\t"), std::string("[") + text + ",1]");
  }
}

TEST(JsonCopy, KeepsMembersInTheirOrder) {
  constexpr const char* kText = R"({"b":[2.25,{"c":3}],"a":1.5,"d":"x\"y","e":{},"f":[]})";
  EXPECT_EQ(copied(kText), kText);
}

TEST(JsonCopy, CanonicalTextIsTheSameForEqualValues) {
  const auto parsed = parse_json("{ \"b\" : { \"z\":-0, \"\\u0061\":null }, \"a\":[true, false] }");
  ASSERT_THAT(parsed, is_ok());
  std::string out;
  append_canonical_json(out, parsed->root());
  EXPECT_EQ(out, R"({"a":[true,false],"b":{"a":null,"z":0}})");
}

TEST(JsonWriter, StringIsEscapedAndReadsBack) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  all += "Größe 🦊";
  std::string text;
  append_json_string(text, all);
  const auto parsed = parse_json(text);
  ASSERT_THAT(parsed, is_ok()) << text;
  EXPECT_EQ(parsed->root().text, all);
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
