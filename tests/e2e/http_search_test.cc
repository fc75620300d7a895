// Searches, sorted lists and pages over HTTP: what clients get, and what they are told about
// limits.
#include "tests/e2e/support/shop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>
#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Search : public Shop {
 protected:
  // Gives the position of the last event, for reads that must see it.
  std::int64_t product(const std::string& name, const std::string& price,
                       const std::string& description = "") const {
    Json body{{"name", name}, {"description", description}};
    std::string text = body.dump();
    text.back() = ',';
    text += "\"price\":" + price + "}";
    return post("/v1/products", text, 201).value("position", std::int64_t{0});
  }
  std::int64_t user(const std::string& name, const std::string& email) const {
    return post("/v1/users", Json{{"name", name}, {"email", email}}.dump(), 201)
        .value("position", std::int64_t{0});
  }
  // Reads a list that shows at least what was committed up to `position`.
  [[nodiscard]] Json at(const std::string& target, std::int64_t position) const {
    return system_.get(target + (target.find('?') == std::string::npos ? "?" : "&") +
                       "min_position=" + std::to_string(position) + "&wait=10s");
  }
  static std::vector<std::string> names(const Json& list) {
    std::vector<std::string> names;
    for (const auto& item : list.value("items", Json::array())) {
      names.push_back(item.value("name", ""));
    }
    return names;
  }
  // A refusal: 422 naming the field; gives what it says.
  std::string refused(const std::string& target, const std::string& field) const {
    const Json problem = command("GET", target, "", 422);
    EXPECT_EQ(problem.value("field", ""), field) << target;
    return problem.value("detail", "");
  }
  std::int64_t stock_lamps() const {
    product("Oak Lamp", "30.00");
    product("Oak Chair", "20.00", "fits the lamp");
    product("Steel Lamp", "10.00");
    return product("Ständer", "5.00", "for a lamp");
  }
};

TEST_F(Search, ASearchAnswersAPageWithItsTotals) {
  const auto position = stock_lamps();
  const Json page = at("/v1/products?q=lamp&size=2", position);
  EXPECT_EQ(page.at("items").size(), 2U);
  EXPECT_EQ(page.at("totalCount"), 4);
  EXPECT_EQ(page.at("totalPages"), 2);
  EXPECT_EQ(page.at("page"), 0);
  EXPECT_EQ(page.at("size"), 2);
  EXPECT_EQ(page.at("hasMore"), true);
  const Json last = at("/product?q=lamp&size=2&page=1", position);
  EXPECT_EQ(last.at("items").size(), 2U);
  EXPECT_EQ(last.at("hasMore"), false);
  EXPECT_EQ(last.at("page"), 1);
}

TEST_F(Search, WordsInNamesComeFirstAndAllMustOccur) {
  const auto position = stock_lamps();
  EXPECT_THAT(names(at("/v1/products?q=oak%20lamp", position)),
              ElementsAre("Oak Lamp", "Oak Chair"));
  EXPECT_THAT(names(at("/v1/products?q=STANDER", position)), ElementsAre("Ständer"));
  EXPECT_THAT(names(at("/v1/products?q=oak+cha", position)), ElementsAre("Oak Chair"));
  EXPECT_EQ(at("/v1/products?q=marble", position).at("totalCount"), 0);
}

TEST_F(Search, FoundOnesCanBeSortedAndPagedByCursor) {
  const auto position = stock_lamps();
  const std::string sorted = "/v1/products?q=lamp&sort=price&order=desc";
  EXPECT_THAT(names(at(sorted, position)),
              ElementsAre("Oak Lamp", "Oak Chair", "Steel Lamp", "Ständer"));
  const Json first = at(sorted + "&limit=3", position);
  EXPECT_EQ(first.at("items").size(), 3U);
  EXPECT_THAT(
      names(at(sorted + "&limit=3&cursor=" + first.at("nextCursor").get<std::string>(), position)),
      ElementsAre("Ständer"));
  EXPECT_TRUE(at(sorted + "&limit=4", position).at("nextCursor").is_null());
}

TEST_F(Search, AChangedPriceAndNameShowAtOnceToWhoBringsThePosition) {
  stock_lamps();
  const Json lamp = at("/v1/products?q=oak%20lamp&size=1", 4).at("items").at(0);
  const std::string id = lamp.at("id");
  const auto position =
      command("PATCH", "/v1/products/" + id, R"({"name":"Elm Lantern"})", 200).at("position");
  EXPECT_THAT(names(at("/v1/products?q=oak%20lamp", position)), ElementsAre("Oak Chair"));
  EXPECT_THAT(names(at("/v1/products?q=lantern", position)), ElementsAre("Elm Lantern"));
}

TEST_F(Search, APlainListCanBeNumberedToo) {
  const auto position = stock_lamps();
  const Json page = at("/v1/products?page=0&size=3", position);
  EXPECT_EQ(page.at("totalCount"), 4);
  EXPECT_THAT(names(page), ElementsAre("Oak Lamp", "Oak Chair", "Steel Lamp"));
  EXPECT_THAT(names(at("/v1/products?page=0&sort=name&order=desc", position)),
              ElementsAre("Ständer", "Steel Lamp", "Oak Lamp", "Oak Chair"));
  EXPECT_EQ(at("/v1/products?page=7", position).at("items").size(), 0U);
  // Without any wish it is what it always was.
  EXPECT_TRUE(at("/v1/products", position).contains("nextCursor"));
}

TEST_F(Search, UsersAreSortedAndFoundByNameAndEmail) {
  user("zoe", "b@example.com");
  user("Ada", "c@example.com");
  const auto position = user("bob", "a@example.com");
  EXPECT_THAT(names(at("/v1/users?sort=name", position)), ElementsAre("Ada", "bob", "zoe"));
  EXPECT_THAT(names(at("/v1/users?sort=email", position)), ElementsAre("bob", "zoe", "Ada"));
  EXPECT_THAT(names(at("/v1/users?sort=createdAt&order=desc", position)),
              ElementsAre("bob", "Ada", "zoe"));
  EXPECT_THAT(names(at("/v1/users?q=c@example.com", position)), ElementsAre("Ada"));
  EXPECT_THAT(names(at("/user?q=zo", position)), ElementsAre("zoe"));
}

TEST_F(Search, CursorsLeadThroughASortedListOnce) {
  std::int64_t position = 0;
  for (int i = 0; i < 7; ++i) {
    position = user("Name " + std::to_string(i % 3), "u" + std::to_string(i) + "@example.com");
  }
  std::vector<std::string> seen;
  std::set<std::string> ids;
  std::string cursor;
  for (int pages = 0; pages < 9; ++pages) {
    const Json page = at("/v1/users?sort=name&limit=2" + cursor, position);
    for (const auto& item : page.at("items")) ids.insert(item.at("id"));
    const auto more = names(page);
    seen.insert(seen.end(), more.begin(), more.end());
    if (page.at("nextCursor").is_null()) break;
    cursor = "&cursor=" + page.at("nextCursor").get<std::string>();
  }
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(ids.size(), 7U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(Search, ACursorBelongsToItsOrder) {
  user("Ada", "a@example.com");
  const auto position = user("Bob", "b@example.com");
  const std::string by_name =
      at("/v1/users?sort=name&limit=1", position).at("nextCursor").get<std::string>();
  const std::string by_id = at("/v1/users?limit=1", position).at("nextCursor").get<std::string>();
  EXPECT_THAT(refused("/v1/users?sort=email&cursor=" + by_name, "cursor"),
              HasSubstr("keep sort and order"));
  EXPECT_THAT(refused("/v1/users?sort=name&order=desc&cursor=" + by_name, "cursor"),
              HasSubstr("keep sort and order"));
  EXPECT_THAT(refused("/v1/users?cursor=" + by_name, "cursor"), HasSubstr("sorted list"));
  EXPECT_THAT(refused("/v1/users?sort=name&cursor=" + by_id, "cursor"),
              HasSubstr("start again from the first page"));
  EXPECT_THAT(refused("/v1/users?sort=name&cursor=g9" + by_name.substr(2), "cursor"),
              HasSubstr("another generation"));
  for (const char* cursor : {"g1-name.asc-",
                             "g1-name.asc-zz-"
                             "018cc251-f400-7000-8000-000000000001",
                             "g1-name.asc-616-018cc251-f400-7000-8000-000000000001",
                             "g1-name.asc-61-nonsense", "nonsense"}) {
    refused(std::string("/v1/users?sort=name&cursor=") + cursor, "cursor");
  }
}

TEST_F(Search, OrdersAreListedByUserAndStatus) {
  stock();
  const auto position = post("/v1/orders", order_body(kUser, kProduct, "1"), 201).at("position");
  const auto confirmed =
      post("/v1/orders/" + std::string(kOrder) + "/confirm", "", 200).at("position");
  EXPECT_GT(confirmed, position);
  const std::string mine = "/v1/orders?userId=" + std::string(kUser);
  EXPECT_EQ(at(mine, confirmed).at("items").size(), 2U);
  EXPECT_EQ(at(mine, confirmed).at("items").at(0).at("id"), kOrder);
  EXPECT_EQ(at(mine + "&status=CONFIRMED&page=0", confirmed).at("totalCount"), 1);
  EXPECT_EQ(at("/v1/orders?status=PENDING&sort=createdAt&order=desc", confirmed).at("items").size(),
            1U);
  EXPECT_EQ(at("/v1/orders?userId=" + std::string(kNobody), confirmed).at("items").size(), 0U);
}

TEST_F(Search, BadParametersAreNamedWithTheirLimits) {
  EXPECT_THAT(refused("/v1/products?q=", "q"), HasSubstr("empty"));
  EXPECT_THAT(refused("/v1/products?q=%20%09", "q"), HasSubstr("empty"));
  for (const char* words : {"***", "%22%22", "%F0%9F%8D%81", "()", "-", "%00"}) {
    EXPECT_THAT(refused("/v1/products?q=" + std::string(words), "q"),
                HasSubstr("at least one letter or digit"))
        << words;
  }
  EXPECT_THAT(refused("/v1/products?q=" + std::string(201, 'x'), "q"), HasSubstr("at most 200"));
  EXPECT_THAT(refused("/v1/products?q=" + std::string(10'000, 'x'), "q"), HasSubstr("at most 200"));
  EXPECT_THAT(refused("/v1/products?q=%FF", "q"), HasSubstr("UTF-8"));
  EXPECT_THAT(refused("/v1/products?q=a&size=0", "size"), HasSubstr("1 to 100"));
  EXPECT_THAT(refused("/v1/products?q=a&size=101", "size"), HasSubstr("1 to 100"));
  EXPECT_THAT(refused("/v1/products?q=a&page=-1", "page"), HasSubstr("from 0"));
  EXPECT_THAT(refused("/v1/products?q=a&page=501&size=20", "page"),
              testing::AllOf(HasSubstr("10000"), HasSubstr("cursor")));
  EXPECT_THAT(refused("/v1/products?page=101&size=100", "page"), HasSubstr("limit and cursor"));
  refused("/v1/products?q=a&page=999999999999999999999", "page");
  EXPECT_THAT(refused("/v1/products?q=a&sort=colour", "sort"), HasSubstr("price"));
  EXPECT_THAT(refused("/v1/products?sort=relevance", "sort"), HasSubstr("add q"));
  EXPECT_THAT(refused("/v1/products?q=a&order=asc", "order"), HasSubstr("relevance"));
  EXPECT_THAT(refused("/v1/products?sort=name&order=up", "order"), HasSubstr("asc or desc"));
  EXPECT_THAT(refused("/v1/products?q=a&limit=5", "limit"), HasSubstr("page and size"));
  EXPECT_THAT(refused("/v1/products?page=0&limit=5", "page"), HasSubstr("cannot be combined"));
  EXPECT_THAT(refused("/v1/products?active=yes", "active"), HasSubstr("true or false"));
  EXPECT_THAT(refused("/v1/users?sort=price", "sort"), HasSubstr("email"));
  EXPECT_THAT(refused("/v1/users?status=PENDING", "status"), HasSubstr("orders"));
  EXPECT_THAT(refused("/v1/orders?q=a", "q"), HasSubstr("users and products"));
  EXPECT_THAT(refused("/v1/orders?userId=7", "userId"), HasSubstr("UUID"));
  EXPECT_THAT(refused("/v1/orders?status=LOST", "status"), HasSubstr("PENDING"));
}

TEST_F(Search, TextOfAnyKindIsSearchedAndNeverSyntax) {
  const auto position = product("Oak \"Lamp\" NEAR 50% * (new) 木製", "1.00");
  for (const char* words : {"oak*", "%22lamp", "name:oak", "NEAR(oak%20lamp)", "50%25", "(new)",
                            "oak%20-lamp", "%E6%9C%A8%E8%A3%BD"}) {
    EXPECT_EQ(system_.ask("GET", "/v1/products?q=" + std::string(words)).status, 200) << words;
  }
  EXPECT_EQ(at("/v1/products?q=%22lamp%22%20near", position).at("totalCount"), 1);
  EXPECT_EQ(at("/v1/products?q=%E6%9C%A8", position).at("totalCount"), 1);
}

TEST_F(Search, TheSameSearchIsAnsweredFromTheCacheUntilTheViewsMove) {
  const auto position = stock_lamps();
  (void)at("/v1/products?q=lamp", position);
  const auto hits = [&] {
    const auto metrics = system_.ask("GET", "/metrics").body;
    const auto line = metrics.find("\ncqrs_search_cache_hits ");
    EXPECT_NE(line, std::string::npos);
    return std::stod(metrics.substr(line + 24));
  };
  const double before = hits();
  EXPECT_EQ(system_.get("/v1/products?q=LAMP").at("totalCount"), 4);
  EXPECT_EQ(hits(), before + 1);
  const auto later = product("Tin Lamp", "1.00");
  EXPECT_EQ(at("/v1/products?q=lamp", later).at("totalCount"), 5);
}

TEST_F(Search, TheIndexSurvivesAKillAndAReplay) {
  stock_lamps();
  system_.kill_service();
  system_.up();
  const auto position = product("Tin Lamp", "1.00");
  EXPECT_EQ(at("/v1/products?q=lamp", position).at("totalCount"), 5);
  EXPECT_EQ(system_.ctl({"replay", "--switch", "--execute"}).exit_code, 0);
  const Json replayed = at("/v1/products?q=oak", position);
  EXPECT_THAT(names(replayed), ElementsAre("Oak Lamp", "Oak Chair"));
}

// Runs SQL on a file that nobody has open.
void change_file(const std::string& path, const std::string& sql) {
  sqlite3* file = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &file), SQLITE_OK);
  char* problem = nullptr;
  EXPECT_EQ(sqlite3_exec(file, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK) << problem;
  sqlite3_close(file);
}

TEST_F(Search, ReadsOfAParkedEntitySaySo) {
  stock();
  system_.down();
  change_file(system_.file("write.db"), "UPDATE events SET data = '{' WHERE kind = 2");
  change_file(system_.file("read-g1.db"), "UPDATE meta SET value = 1 WHERE key = 'schema_version'");
  const auto up = system_.ctl({"up", "--rebuild-views"});
  ASSERT_EQ(up.exit_code, 0) << up.err;
  const auto gone =
      system_.ask("GET", "/v1/products/" + std::string(kProduct) + "?min_position=3&wait=10s");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.header("CQRS-Parked"), "true");
  EXPECT_EQ(Json::parse(gone.body).value("parked", false), true) << gone.body;
  // The order shows the product as null: what stands behind that is told as well.
  const auto order = system_.ask("GET", "/v1/orders/" + std::string(kOrder));
  EXPECT_EQ(order.status, 200);
  EXPECT_EQ(order.header("CQRS-Parked"), "true");
  const auto user = system_.ask("GET", "/v1/users/" + std::string(kUser));
  EXPECT_EQ(user.status, 200);
  EXPECT_EQ(user.header("CQRS-Parked"), "");
}

TEST_F(Search, ViewsOfAnotherVersionAreRefusedNamingTheWayOut) {
  const auto position = stock_lamps();
  system_.down();
  change_file(system_.file("read-g1.db"), "UPDATE meta SET value = 1 WHERE key = 'schema_version'");
  const auto refused = system_.ctl({"up"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("--rebuild-views"));
  const auto up = system_.ctl({"up", "--rebuild-views"});
  ASSERT_EQ(up.exit_code, 0) << up.err;
  EXPECT_EQ(at("/v1/products?q=lamp", position).at("totalCount"), 4);
}

}  // namespace
}  // namespace cqrs::e2e
