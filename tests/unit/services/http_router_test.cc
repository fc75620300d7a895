// Routing, query values and problem answers, without a socket.
#include "core/base/json_tree.h"

#include "services/chassis/router.h"

#include <gtest/gtest.h>

namespace cqrs::http {
namespace {

struct Catch final : Responder::Sink {
  void answer(std::uint64_t, Response&& response) override { last = std::move(response); }
  Response last;
};

Response ask(const Router& router, Method method, const std::string& path) {
  const auto sink = std::make_shared<Catch>();
  Request request;
  request.method = method;
  request.path = path;
  router.dispatch(std::move(request), Responder(sink, 0));
  return sink->last;
}

RouteHandler says(const std::string& name) {
  return [name](Request&&, PathValues&& values, Responder&& answer) {
    Response response;
    response.body = name;
    for (const std::string& value : values) response.body += ":" + value;
    answer(std::move(response));
  };
}

TEST(Router, LiteralsWinOverPlaceholdersWhateverTheOrderOfAdding) {
  Router router;
  router.add(Method::kGet, "/users/{id}", says("one"));
  router.add(Method::kGet, "/users/me", says("me"));
  router.add(Method::kGet, "/users/{id}/orders/{order}", says("order"));
  router.add(Method::kDelete, "/users/{id}", says("delete"), 5);
  EXPECT_EQ(ask(router, Method::kGet, "/users/me").body, "me");
  EXPECT_EQ(ask(router, Method::kGet, "/users/7").body, "one:7");
  EXPECT_EQ(ask(router, Method::kHead, "/users/7").body, "one:7");
  EXPECT_EQ(ask(router, Method::kDelete, "/users/me").body, "delete:me");
  EXPECT_EQ(ask(router, Method::kGet, "/users/7/orders/9").body, "order:7:9");
}

TEST(Router, EmptySegmentsAndForeignPathsAreNotFound) {
  Router router;
  router.add(Method::kGet, "/users/{id}", says("one"));
  router.add(Method::kGet, "/", says("root"));
  EXPECT_EQ(ask(router, Method::kGet, "/").body, "root");
  for (const char* path :
       {"/users/", "/users", "/users/7/", "*", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q"}) {
    EXPECT_EQ(ask(router, Method::kGet, path).status, 404) << path;
  }
}

TEST(Router, BodyLimitBelongsToMethodAndPath) {
  Router router;
  router.add(Method::kPost, "/imports", says("import"), 1 << 20);
  EXPECT_EQ(router.body_limit(Method::kPost, "/imports"), 1U << 20U);
  EXPECT_EQ(router.body_limit(Method::kPut, "/imports"), Router::kDefaultBodyLimit);
  EXPECT_EQ(router.body_limit(Method::kPost, "/other"), Router::kDefaultBodyLimit);
}

TEST(Query, ValuesAreDecodedAndTheFirstOfANameCounts) {
  Request request;
  request.query = "a=1&b=x%20y+z&a=2&flag&bad=%zz&=lost";
  EXPECT_EQ(query_value(request, "a"), "1");
  EXPECT_EQ(query_value(request, "b"), "x y z");
  EXPECT_EQ(query_value(request, "flag"), "");
  EXPECT_EQ(query_value(request, "bad"), "%zz");
  EXPECT_EQ(query_value(request, "absent"), std::nullopt);
}

TEST(Problem, BodyNamesCodeAndFieldAndStaysValidJson) {
  const Response conflict = problem(make_error(ErrorCode::kVersionConflict, "was 3 \"now\" 4"));
  const Json json = Json::parse(conflict.body, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.content_type, "application/problem+json");
  EXPECT_EQ(json["type"], "about:blank");
  EXPECT_EQ(json["code"], "version_conflict");
  EXPECT_EQ(json["status"], 409);
  EXPECT_EQ(json["detail"], "was 3 \"now\" 4");
  EXPECT_FALSE(json.contains("field"));
  const Json broken =
      Json::parse(problem(invalid("email", "bad \xFF byte"), 400).body, nullptr, false);
  ASSERT_FALSE(broken.is_discarded());
  EXPECT_EQ(broken["field"], "email");
  EXPECT_EQ(broken["status"], 400);
}

TEST(Problem, UnavailableAsksForALaterRetry) {
  const Response response = problem(make_error(ErrorCode::kOverloaded, "queue full"));
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].first, "Retry-After");
}

}  // namespace
}  // namespace cqrs::http
