// Fields of answers against what was sent: equal amounts in every form they may have, and what is
// not equal although it looks so. And the table of ids.
#include "cli/target/field.h"
#include "cli/target/foreign_values.h"
#include "cli/target/id_table.h"

#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <fstream>

namespace cqrs::target {
namespace {

std::vector<FieldDifference> compare(FieldType type, const std::string& expected,
                                     const std::string& answer) {
  const auto document = parse_json(answer);
  EXPECT_TRUE(document.ok()) << answer;
  const Field field{"x", "/v", type, {}, {}};
  return compare_fields({field}, PlainValues({{"x", expected}}), document->root());
}

bool equal(FieldType type, const std::string& expected, const std::string& value) {
  return compare(type, expected, "{\"v\":" + value + "}").empty();
}

TEST(TargetField, AnAmountIsEqualInEveryWayToWriteItAndInNoOther) {
  for (const char* same : {"1.10", "1.1", "1.100", "11e-1", "0.11E+1"}) {
    EXPECT_TRUE(equal(FieldType::kDecimal, "1.10", same)) << same;
  }
  for (const char* other : {"1.1000000000000001", "1.09", "1", "1.105", "\"1.10\"", "true", "11"}) {
    EXPECT_FALSE(equal(FieldType::kDecimal, "1.10", other)) << other;
  }
  EXPECT_TRUE(equal(FieldType::kDecimalText, "1.10", "\"1.1\""));
  EXPECT_FALSE(equal(FieldType::kDecimalText, "1.10", "1.10"));
  EXPECT_TRUE(equal(FieldType::kMinor, "110", "110"));
  EXPECT_FALSE(equal(FieldType::kMinor, "110", "110.0"));
  EXPECT_TRUE(equal(FieldType::kDecimal, "1000.00", "1e3"));
  EXPECT_TRUE(equal(FieldType::kDecimal, "0.00", "0"));
  EXPECT_FALSE(equal(FieldType::kDecimal, "16777217.00", "16777216"));
}

TEST(TargetField, IdsMayBeTextsOrNumbers) {
  EXPECT_TRUE(equal(FieldType::kId, "17", "17"));
  EXPECT_TRUE(equal(FieldType::kId, "17", "\"17\""));
  EXPECT_FALSE(equal(FieldType::kId, "17", "17.0"));
}

TEST(TargetField, AbsentAndNullAreMissing) {
  for (const char* answer : {"{}", "{\"v\":null}", "[]"}) {
    const auto found = compare(FieldType::kText, "a", answer);
    ASSERT_EQ(found.size(), 1U) << answer;
    EXPECT_TRUE(found.front().missing);
  }
  const auto other = compare(FieldType::kText, "a", R"({"v":"b"})");
  ASSERT_EQ(other.size(), 1U);
  EXPECT_FALSE(other.front().missing);
  EXPECT_EQ(other.front().actual, "\"b\"");
}

TEST(TargetField, PointersGoThroughObjectsArraysAndEscapes) {
  const auto document = parse_json(R"({"a/b":[{"~":1},{"~":2}]})");
  const JsonValue* found = find_pointer(document->root(), "/a~1b/1/~0");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->text, "2");
  EXPECT_EQ(find_pointer(document->root(), "/a~1b/2"), nullptr);
  EXPECT_EQ(find_pointer(document->root(), "/a~1b/x"), nullptr);
  EXPECT_EQ(find_pointer(document->root(), ""), &document->root());
}

TEST(TargetField, ItemsAreComparedOneByOne) {
  auto ids = IdTable::open("", false);
  const Generator generator({7, 1, 1, 1});
  const ForeignValues order(generator, **ids, Kind::kOrder, 0);
  std::string first;
  ASSERT_TRUE(order.append_item(first, 0, "item.quantity"));
  std::string items;
  for (std::size_t item = 0; item < order.items(); ++item) {
    std::string quantity;
    ASSERT_TRUE(order.append_item(quantity, item, "item.quantity"));
    items += (item == 0 ? "{\"q\":" : ",{\"q\":") + (item == 1 ? "99" : quantity) + "}";
  }
  Field field{"items", "/l", FieldType::kText, {}, {}};
  field.items.push_back({"item.quantity", "/q", FieldType::kInteger, {}, {}});
  const auto all = parse_json("{\"l\":[" + items + "]}");
  const auto found = compare_fields({field}, order, all->root());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().name, "items[1].item.quantity");
  EXPECT_EQ(found.front().actual, "99");
  const auto fewer = parse_json("{\"l\":[{\"q\":" + first + "}]}");
  EXPECT_EQ(compare_fields({field}, order, fewer->root()).size(), 1U);
}

TEST(TargetIds, AreThereAgainAndATornLineIsNot) {
  const support::TempDir dir;
  const std::string path = dir.file("seed-1.bin.ids");
  {
    auto table = IdTable::open(path, true);
    ASSERT_TRUE(table.ok()) << table.error().message;
    ASSERT_TRUE((*table)->set(Kind::kUser, 3, "u-3").ok());
    ASSERT_TRUE((*table)->set(Kind::kOrder, 0, "77").ok());
    EXPECT_FALSE((*table)->set(Kind::kUser, 4, "").ok());
    EXPECT_FALSE((*table)->set(Kind::kUser, 4, "a b").ok());
    EXPECT_FALSE((*table)->set(Kind::kUser, 4, std::string(201, 'x')).ok());
    ASSERT_TRUE((*table)->sync().ok());
  }
  std::ofstream(path, std::ios::app) << "1 5 half";
  auto table = IdTable::open(path, true);
  ASSERT_TRUE(table.ok()) << table.error().message;
  std::string id;
  EXPECT_TRUE((*table)->append(id, Kind::kUser, 3));
  EXPECT_EQ(id, "u-3");
  EXPECT_FALSE((*table)->append(id, Kind::kUser, 5));
  ASSERT_TRUE((*table)->set(Kind::kUser, 5, "whole").ok());
  ASSERT_TRUE((*table)->sync().ok());
  auto again = IdTable::open(path, false);
  ASSERT_TRUE(again.ok()) << again.error().message;
  id.clear();
  EXPECT_TRUE((*again)->append(id, Kind::kUser, 5));
  EXPECT_EQ(id, "whole");
}

TEST(TargetIds, AnotherFileIsNotTaken) {
  const support::TempDir dir;
  std::ofstream(dir.file("x")) << "something else\n1 2 3\n";
  EXPECT_FALSE(IdTable::open(dir.file("x"), true).ok());
}

}  // namespace
}  // namespace cqrs::target
