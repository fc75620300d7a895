#include "core/read/order_details.h"

#include "core/base/json_tree.h"
#include "core/project/view_body.h"
#include "core/read/pages.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cqrs {
namespace {

using support::fails_with;
using support::is_ok;

// A read store that holds just the rows it is given.
class FixedStore final : public ReadStore {
 public:
  void add(const StreamKey& key, const State& state) {
    ViewRow row;
    row.key = key;
    row.version = 1;
    render_view(row, state);
    rows_.push_back(row);
  }
  Result<std::vector<std::optional<ViewRow>>> get(std::span<const StreamKey> keys) override {
    std::vector<std::optional<ViewRow>> out;
    for (const auto& key : keys) {
      std::optional<ViewRow> found;
      for (const auto& row : rows_) {
        if (row.key == key) found = row;
      }
      out.push_back(found);
    }
    return out;
  }
  Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after, std::size_t limit) override {
    std::vector<ViewRow> out;
    for (const auto& row : rows_) {
      if (row.key.kind == kind && row.key.id > after && out.size() < limit) out.push_back(row);
    }
    return out;
  }
  Result<Listed> find(const ListQuery& /*query*/) override { return Listed{}; }
  Result<std::int64_t> count(const ListQuery& /*query*/) override { return std::int64_t{0}; }
  Result<std::vector<bool>> parked(std::span<const StreamKey> keys) override {
    return std::vector<bool>(keys.size());
  }
  Result<std::vector<Uuid>> index_differences(Kind /*kind*/, std::size_t /*limit*/) override {
    return std::vector<Uuid>();
  }
  Result<Position> applied() override { return Position{0}; }
  Result<Counts> counts() override { return Counts{}; }

 private:
  std::vector<ViewRow> rows_;
};

class OrderDetailsTest : public ::testing::Test {
 protected:
  OrderDetailsTest() { store_.add(support::order_key(1), support::an_order()); }
  Json details() {
    const auto found = read(support::order_key(1));
    return Json::parse(found ? found->body : "null");
  }
  std::optional<OrderDetails> read(const StreamKey& key) {
    auto rows = store_.get({&key, 1});
    EXPECT_THAT(rows, is_ok());
    auto found = order_details(store_, std::move(*rows));
    EXPECT_THAT(found, is_ok());
    return std::move(found->front());
  }
  FixedStore store_;
};

TEST_F(OrderDetailsTest, JoinsUserAndProducts) {
  store_.add(support::user_key(1), support::a_user(1));
  store_.add(support::product_key(1), support::a_product(1));
  store_.add(support::product_key(2), support::a_product(2));
  const Json body = details();
  EXPECT_EQ(body.at("user").at("id"), to_string(support::user_key(1).id));
  ASSERT_EQ(body.at("items").size(), 2U);
  EXPECT_EQ(body.at("items")[1].at("product").at("id"), to_string(support::product_key(2).id));
  EXPECT_EQ(body.at("items")[0].at("quantity"), support::an_order().lines[0].quantity);
  EXPECT_EQ(body.at("status"), "PENDING");
}

// Order across aggregates is not promised: an order may be seen before its user.
TEST_F(OrderDetailsTest, WhatIsNotThereYetIsNullBesideItsId) {
  store_.add(support::product_key(2), support::a_product(2));
  const Json body = details();
  EXPECT_TRUE(body.at("user").is_null());
  EXPECT_EQ(body.at("userId"), to_string(support::user_key(1).id));
  EXPECT_TRUE(body.at("items")[0].at("product").is_null());
  EXPECT_FALSE(body.at("items")[1].at("product").is_null());
}

TEST_F(OrderDetailsTest, AMissingOrderIsNothing) {
  EXPECT_FALSE(read(support::order_key(9)).has_value());
}

TEST_F(OrderDetailsTest, SeveralOrdersAtOnceEachGetTheirOwn) {
  OrderState other = support::an_order();
  other.user = support::user_key(2).id;
  other.lines.resize(1);
  store_.add(support::order_key(2), other);
  store_.add(support::user_key(1), support::a_user(1));
  store_.add(support::user_key(2), support::a_user(2));
  const std::vector<StreamKey> keys{support::order_key(2), support::order_key(9),
                                    support::order_key(1)};
  auto rows = store_.get(keys);
  ASSERT_THAT(rows, is_ok());
  const auto found = order_details(store_, std::move(*rows));
  ASSERT_THAT(found, is_ok());
  ASSERT_EQ(found->size(), 3U);
  EXPECT_FALSE((*found)[1].has_value());
  const Json second = Json::parse((*found)[0]->body);
  EXPECT_EQ(second.at("user").at("email"), support::an_email(2));
  EXPECT_EQ(second.at("items").size(), 1U);
  const Json first = Json::parse((*found)[2]->body);
  EXPECT_EQ(first.at("user").at("email"), support::an_email(1));
  EXPECT_EQ((*found)[2]->joined.size(), 3U);
}

// What people wrote must not be taken for structure.
TEST_F(OrderDetailsTest, BracketsAndQuotesInTextsStayWhatTheyAre) {
  OrderState odd = support::an_order();
  odd.cancel_reason = R"(],"items":[{"productId":"x"}] \ ")";
  odd.status = OrderStatus::kCancelled;
  store_.add(support::order_key(3), odd);
  UserState user = support::a_user(1);
  user.personal.name = R"(}],"user":{)";
  store_.add(support::user_key(1), user);
  const auto found = read(support::order_key(3));
  ASSERT_TRUE(found.has_value());
  const Json body = Json::parse(found->body, nullptr, false);
  ASSERT_TRUE(body.is_object()) << found->body;
  EXPECT_EQ(body.at("user").at("name"), user.personal.name);
  EXPECT_EQ(body.at("cancelReason"), *odd.cancel_reason);
  EXPECT_EQ(body.at("items").size(), 2U);
}

TEST(Pages, FollowingTheCursorGivesEveryRowOnce) {
  FixedStore store;
  for (std::uint64_t i = 1; i <= 7; ++i) store.add(support::user_key(i), support::a_user(i));
  std::vector<std::string> ids;
  PageRequest page{3, {}};
  for (int pages = 0; pages < 5; ++pages) {
    auto body = list_body(store, Kind::kUser, page, 4);
    ASSERT_THAT(body, is_ok());
    const Json tree = Json::parse(body->body);
    for (const auto& item : tree.at("items")) ids.push_back(item.at("id"));
    if (tree.at("nextCursor").is_null()) break;
    auto after = parse_page_cursor(tree.at("nextCursor").get<std::string>(), 4);
    ASSERT_THAT(after, is_ok());
    page.after = *after;
  }
  EXPECT_EQ(ids.size(), 7U);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST(Pages, ACursorOfAnotherGenerationIsRefused) {
  const std::string id = to_string(support::user_key(1).id);
  EXPECT_THAT(parse_page_cursor("g4-" + id, 4), is_ok());
  EXPECT_THAT(parse_page_cursor("g3-" + id, 4), fails_with(ErrorCode::kInvalid, "cursor"));
  EXPECT_THAT(parse_page_cursor("nonsense", 4), fails_with(ErrorCode::kInvalid, "cursor"));
  EXPECT_THAT(parse_page_cursor("g4-", 4), fails_with(ErrorCode::kInvalid, "cursor"));
}

}  // namespace
}  // namespace cqrs
