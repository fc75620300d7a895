// Reading the fields of one object: the first error wins, and it names the field.
#include "core/base/object_reader.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

JsonDocument object(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_THAT(parsed, is_ok());
  return std::move(*parsed);
}

TEST(ObjectReader, ReadsEveryTypeOfField) {
  const JsonDocument json = object(
      R"({"t":"x","n":-5,"b":true,"m":17.35,"id":"0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7",
          "o":{"k":1},"a":[1]})");
  ObjectReader reader(json.root());
  EXPECT_EQ(reader.text("t"), "x");
  EXPECT_EQ(reader.integer("n"), -5);
  EXPECT_TRUE(reader.boolean("b"));
  EXPECT_EQ(reader.money("m"), Money{1735});
  EXPECT_EQ(to_string(reader.id("id")), "0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7");
  EXPECT_NE(reader.object("o"), nullptr);
  EXPECT_NE(reader.array("a"), nullptr);
  EXPECT_THAT(reader.finish(), is_ok());
}

TEST(ObjectReader, MissingRequiredFieldIsNamed) {
  const JsonDocument json = object("{}");
  ObjectReader text(json.root());
  (void)text.text("name");
  EXPECT_THAT(text.finish(), fails_with(ErrorCode::kInvalid, "name"));
  ObjectReader number(json.root());
  (void)number.integer("quantity");
  EXPECT_THAT(number.finish(), fails_with(ErrorCode::kInvalid, "quantity"));
  ObjectReader money(json.root());
  (void)money.money("price");
  EXPECT_THAT(money.finish(), fails_with(ErrorCode::kInvalid, "price"));
  ObjectReader id(json.root());
  (void)id.id("userId");
  EXPECT_THAT(id.finish(), fails_with(ErrorCode::kInvalid, "userId"));
  ObjectReader boolean(json.root());
  (void)boolean.boolean("isActive");
  EXPECT_THAT(boolean.finish(), fails_with(ErrorCode::kInvalid, "isActive"));
}

TEST(ObjectReader, NullIsNoRequiredValue) {
  const JsonDocument json = object(R"({"name":null,"quantity":null})");
  ObjectReader text(json.root());
  (void)text.text("name");
  EXPECT_THAT(text.finish_lenient(), fails_with(ErrorCode::kInvalid, "name"));
  ObjectReader number(json.root());
  (void)number.integer("quantity");
  EXPECT_THAT(number.finish_lenient(), fails_with(ErrorCode::kInvalid, "quantity"));
}

TEST(ObjectReader, AbsentAndNullOptionalsAreEmpty) {
  const JsonDocument json = object(R"({"a":null})");
  ObjectReader reader(json.root());
  EXPECT_EQ(reader.optional_text("a"), std::nullopt);
  EXPECT_EQ(reader.optional_text("b"), std::nullopt);
  EXPECT_EQ(reader.optional_integer("c"), std::nullopt);
  EXPECT_EQ(reader.optional_money("d"), std::nullopt);
  EXPECT_EQ(reader.optional_id("e"), std::nullopt);
  EXPECT_EQ(reader.object("f"), nullptr);
  EXPECT_EQ(reader.array("g"), nullptr);
  EXPECT_THAT(reader.finish(), is_ok());
}

TEST(ObjectReader, PatchTellsAbsentNullAndValueApart) {
  const JsonDocument json = object(R"({"null":null,"value":"x"})");
  ObjectReader reader(json.root());
  EXPECT_EQ(reader.patch_text("absent"), (Patch<std::string>{}));
  EXPECT_EQ(reader.patch_text("null"), (Patch<std::string>{true, std::nullopt}));
  EXPECT_EQ(reader.patch_text("value"), (Patch<std::string>{true, "x"}));
  EXPECT_THAT(reader.finish(), is_ok());
}

TEST(ObjectReader, WrongTypeIsNamed) {
  const JsonDocument json =
      object(R"({"t":1,"n":"1","f":1.0,"b":0,"m":"17.35","i":7,"o":[],"a":{}})");
  const auto error_of = [&](auto&& read) {
    ObjectReader reader(json.root());
    read(reader);
    return reader.finish_lenient();
  };
  const auto kInvalid = ErrorCode::kInvalid;
  EXPECT_THAT(error_of([](auto& r) { (void)r.text("t"); }), fails_with(kInvalid, "t"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.patch_text("t"); }), fails_with(kInvalid, "t"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.integer("n"); }), fails_with(kInvalid, "n"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.integer("f"); }), fails_with(kInvalid, "f"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.boolean("b"); }), fails_with(kInvalid, "b"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.money("m"); }), fails_with(kInvalid, "m"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.id("i"); }), fails_with(kInvalid, "i"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.object("o"); }), fails_with(kInvalid, "o"));
  EXPECT_THAT(error_of([](auto& r) { (void)r.array("a"); }), fails_with(kInvalid, "a"));
}

TEST(ObjectReader, IntegerBeyondItsRangeIsRefused) {
  const JsonDocument json = object(R"({"n":9223372036854775808,"m":9223372036854775807})");
  ObjectReader fits(json.root());
  EXPECT_EQ(fits.integer("m"), INT64_MAX);
  EXPECT_THAT(fits.finish_lenient(), is_ok());
  ObjectReader reader(json.root());
  (void)reader.integer("n");
  EXPECT_THAT(reader.finish_lenient(), fails_with(ErrorCode::kInvalid, "n"));
}

TEST(ObjectReader, MalformedIdIsRefusedEvenWhereItIsOptional) {
  const JsonDocument json = object(R"({"id":"42"})");
  ObjectReader reader(json.root());
  EXPECT_EQ(reader.optional_id("id"), std::nullopt);
  EXPECT_THAT(reader.finish(), fails_with(ErrorCode::kInvalid, "id"));
}

TEST(ObjectReader, UnknownFieldIsRefusedUnlessLenient) {
  const JsonDocument json = object(R"({"name":"x","role":"admin"})");
  ObjectReader strict(json.root());
  (void)strict.text("name");
  EXPECT_THAT(strict.finish(), fails_with(ErrorCode::kInvalid, "role"));
  ObjectReader lenient(json.root());
  (void)lenient.text("name");
  EXPECT_THAT(lenient.finish_lenient(), is_ok());
}

TEST(ObjectReader, UnknownFieldIsFoundEvenWhenAKnownOneIsReadTwice) {
  const JsonDocument json = object(R"({"name":"x","role":"admin"})");
  ObjectReader reader(json.root());
  (void)reader.text("name");
  (void)reader.text("name");
  EXPECT_THAT(reader.finish(), fails_with(ErrorCode::kInvalid, "role"));
}

TEST(ObjectReader, FirstErrorIsKept) {
  const JsonDocument json = object(R"({"a":1,"b":2})");
  ObjectReader reader(json.root());
  (void)reader.text("b");
  (void)reader.text("a");
  reader.fail("c", "is wrong");
  EXPECT_THAT(reader.finish(), fails_with(ErrorCode::kInvalid, "b"));
}

TEST(ObjectReader, PathPrefixesTheField) {
  const JsonDocument json = object("{}");
  ObjectReader reader(json.root(), "items", 2);
  (void)reader.integer("quantity");
  EXPECT_THAT(reader.finish(), fails_with(ErrorCode::kInvalid, "items[2].quantity"));
  ObjectReader money(json.root(), "items", 2);
  money.fail(invalid("price", "price is too high"));
  EXPECT_THAT(money.finish(), fails_with(ErrorCode::kInvalid, "items[2].price"));
}

TEST(ObjectReader, WhatIsNoObjectIsRefused) {
  const JsonDocument json = object("[1]");
  ObjectReader body(json.root());
  (void)body.text("name");
  EXPECT_THAT(body.finish(), fails_with(ErrorCode::kInvalid, ""));
  ObjectReader item(json.root(), "items", 0);
  EXPECT_THAT(item.finish(), fails_with(ErrorCode::kInvalid, "items[0]"));
}

}  // namespace
}  // namespace cqrs
