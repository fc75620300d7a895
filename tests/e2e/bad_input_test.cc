// Bad input of every kind over the wire: each gets its status and a problem document that names the
// field, the limit and the way out, and leaves nothing half done. Bodies: http_bodies_test.cc.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

class BadInput : public Shop {
 protected:
  // Nothing was done, the service is well, and the stores agree.
  void expect_untouched(std::int64_t head = 0) const {
    EXPECT_EQ(system_.ask("GET", "/livez").status, 200);
    EXPECT_EQ(system_.head(), head);
    expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
  }
  // One request on a connection of its own, as raw as it is.
  [[nodiscard]] http::RawResponse raw(const std::string& bytes) const {
    http::RawClient client(system_.port());
    client.send(bytes);
    return client.read();
  }
  static void expect_problem(const http::RawResponse& answer, int status,
                             const std::string& words) {
    EXPECT_EQ(answer.status, status) << answer.head << answer.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << answer.head;
    const Json problem = Json::parse(answer.body, nullptr, false);
    ASSERT_TRUE(problem.is_object()) << answer.body;
    EXPECT_NE(problem.value("detail", "").find(words), std::string::npos) << answer.body;
  }
};

std::string nested(std::size_t levels, const std::string& open, const std::string& close) {
  std::string text;
  text.reserve(levels * (open.size() + close.size()) + 1);
  for (std::size_t i = 0; i < levels; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}

TEST_F(BadInput, AMillionLevelsOfNestingAreRefusedWhereverTheyStand) {
  constexpr std::size_t kLevels = 1'000'000;
  // Too large for a command by itself; within the limit of a batch.
  EXPECT_EQ(system_.ask("POST", "/v1/users", nested(kLevels, "[", "]")).status, 413);
  for (const auto& line :
       {nested(kLevels, "[", "]"), nested(kLevels, R"({"a":)", "}"), std::string(kLevels, '['),
        R"({"data":)" + nested(kLevels, "[", "]") + "}"}) {
    const auto answer = system_.ask("POST", "/v1/commands:batch", line);
    EXPECT_EQ(answer.status, 200);
    const Json outcome = Json::parse(answer.body, nullptr, false);
    ASSERT_TRUE(outcome.is_object()) << answer.body.substr(0, 300);
    EXPECT_EQ(outcome.value("status", 0), 400) << answer.body.substr(0, 300);
    EXPECT_LT(answer.body.size(), 1'000U) << "what was sent is not sent back";
  }
  // Just over the limit, in a field that takes any object.
  const Json problem = post(
      "/v1/users",
      R"({"email":"a@example.com","name":"A","address":)" + nested(33, R"({"a":)", "}") + "}", 400);
  EXPECT_NE(problem.value("detail", "").find("32"), std::string::npos) << problem;
  expect_untouched();
}

TEST_F(BadInput, ABodyOverItsLimitIs413NamingTheLimit) {
  for (const auto& [target, limit] :
       {std::pair("/v1/users", "65536"), std::pair("/v1/orders", "65536"),
        std::pair("/v1/commands:batch", "8388608")}) {
    expect_problem(system_.ask("POST", target, std::string(10'000'000, 'a')), 413, limit);
  }
  // Chunked, the size is only known when it has come.
  std::string chunked = "POST /v1/users HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 3; ++i) chunked += "8000\r\n" + std::string(0x8000, 'a') + "\r\n";
  expect_problem(raw(chunked + "0\r\n\r\n"), 413, "65536");
  // A size that no number holds.
  EXPECT_GE(
      raw("POST /v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\n")
          .status,
      400);
  expect_untouched();
}

// Headers and body in single bytes, one per 100 ms: both are cut off after the 10 s that one
// request may take, at the same time.
TEST_F(BadInput, ASlowClientIs408AndHoldsUpNobody) {
  const std::string request =
      "POST /v1/products HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n" +
      std::string(1000, ' ');
  const std::size_t head = request.find("\r\n\r\n") + 4;
  http::RawClient slow_head(system_.port());
  http::RawClient slow_body(system_.port());
  slow_body.send(request.substr(0, head));
  std::size_t sent = 0;
  const auto started = std::chrono::steady_clock::now();
  auto due = started;
  const bool cut = wait_until(
      [&] {
        if (std::chrono::steady_clock::now() < due) return false;
        due += std::chrono::milliseconds(100);
        EXPECT_EQ(system_.ask("GET", "/livez").status, 200);
        // The head has too few bytes to be finished before its time is up; repeat its last letter.
        const bool head_open = slow_head.send(sent < 20 ? request.substr(sent, 1) : "x");
        const bool body_open = slow_body.send(" ");
        ++sent;
        return !head_open && !body_open;
      },
      std::chrono::seconds(15));
  EXPECT_TRUE(cut) << sent << " bytes";
  EXPECT_GE(std::chrono::steady_clock::now() - started, std::chrono::seconds(9));
  expect_untouched();
}

TEST_F(BadInput, HeaderFloodsAre431) {
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "X-H" + std::to_string(i) + ": v\r\n";
  expect_problem(raw(http::get("/livez", many)), 431, "16384");
  expect_problem(raw(http::get("/livez", "X-Long: " + std::string(100'000, 'v') + "\r\n")), 431,
                 "16384");
  expect_problem(raw(http::get("/" + std::string(100'000, 'p'))), 431, "16384");
  expect_untouched();
}

TEST_F(BadInput, UnknownRoutesAndWrongMethodsAreNamed) {
  for (const char* path :
       {"/", "/v1", "/v2/users", "/v1/user", "/v1/users/a/b", "/v1/users/../orders",
        "/%2e%2e/etc/passwd", "/v1/users%00", "/v1//users"}) {
    const auto answer = system_.ask("GET", path);
    EXPECT_TRUE(answer.status == 404 || answer.status == 400) << path << ": " << answer.status;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << path;
  }
  for (const auto& [method, path] : {std::pair("PUT", std::string("/v1/users")),
                                     std::pair("DELETE", std::string("/v1/commands:batch")),
                                     std::pair("POST", std::string("/livez")),
                                     std::pair("PATCH", "/v1/orders/" + std::string(kOrder)),
                                     std::pair("GET", std::string("/v1/commands:batch"))}) {
    const auto answer = system_.ask(method, path, "{}");
    EXPECT_EQ(answer.status, 405) << method << " " << path << answer.body;
    EXPECT_NE(answer.header("Allow"), "") << method << " " << path;
  }
  EXPECT_GE(system_.ask("FROBNICATE", "/v1/users", "{}").status, 400);
  expect_untouched();
}

TEST_F(BadInput, AbsurdIdsAre422NamingTheId) {
  const std::vector<std::string> ids{"0",
                                     "-1",
                                     "00000000-0000-0000-0000-000000000000",
                                     "018cc251-f400-7000-8000-00000000000g",
                                     "018cc251f40070008000000000000001",
                                     "018cc251-f400-7000-8000-0000000000011",
                                     "{018cc251-f400-7000-8000-000000000001}",
                                     std::string(5'000, 'a'),
                                     "%27%20OR%201%3D1",
                                     "%F0%9F%98%80"};
  for (const auto& id : ids) {
    const auto read = system_.ask("GET", "/v1/users/" + id);
    EXPECT_EQ(read.status, 422) << id.substr(0, 50) << read.body;
    EXPECT_EQ(Json::parse(read.body).value("field", ""), "id") << read.body;
    EXPECT_EQ(system_.ask("POST", "/v1/orders/" + id + "/confirm").status, 422) << id.substr(0, 50);
  }
  // A NUL, and half an escape, are no path at all: nobody looks for an id in it.
  for (const char* id : {"%00", "%0"}) {
    EXPECT_EQ(system_.ask("GET", "/v1/users/" + std::string(id)).status, 400) << id;
    EXPECT_EQ(system_.ask("POST", "/v1/orders/" + std::string(id) + "/confirm").status, 400) << id;
  }
  for (const char* id :
       {R"("")", R"("x")", "1", "null", "[]", R"("00000000-0000-0000-0000-000000000000")"}) {
    const auto answer =
        system_.ask("POST", "/v1/users",
                    R"({"id":)" + std::string(id) + R"(,"email":"a@example.com","name":"A"})");
    if (std::string(id) == "null" && answer.status == 201) continue;  // as good as absent
    EXPECT_EQ(answer.status, 422) << id << answer.body;
    EXPECT_EQ(Json::parse(answer.body).value("field", ""), "id") << answer.body;
  }
  expect_untouched(system_.head());
}

TEST_F(BadInput, ParametersOutOfRangeAre422NamingTheParameter) {
  stock();
  for (const auto& [query, field] :
       {std::pair("limit=0", "limit"), std::pair("limit=-1", "limit"),
        std::pair("limit=1e9", "limit"), std::pair("limit=99999999999999999999", "limit"),
        std::pair("cursor=%FF", "cursor"), std::pair("cursor=nonsense", "cursor"),
        std::pair("min_position=-1", "min_position"), std::pair("min_position=x", "min_position"),
        std::pair("wait=1h", "wait"), std::pair("wait=-1s", "wait"),
        std::pair("wait=99999999999999999999s", "wait"),
        std::pair("min_position=5&wait=31s", "wait")}) {
    const auto answer = system_.ask("GET", "/v1/products?" + std::string(query));
    EXPECT_EQ(answer.status, 422) << query << answer.body;
    EXPECT_EQ(Json::parse(answer.body).value("field", ""), field) << answer.body;
  }
  expect_untouched(3);
}

TEST_F(BadInput, BadRequestHeadersAre422NamingTheHeader) {
  const std::string body = R"({"name":"Lamp","price":1})";
  for (const auto& [header, field] :
       {std::pair("Idempotency-Key: " + std::string(300, 'k'), "Idempotency-Key"),
        std::pair(std::string("Idempotency-Key: a b"), "Idempotency-Key"),
        std::pair(std::string("Idempotency-Key: \xff\xfe"), "Idempotency-Key"),
        std::pair(std::string("If-Match: \"x\""), "If-Match"),
        std::pair(std::string("If-Match: \"-3\""), "If-Match"),
        std::pair(std::string("If-Match: \"g-3\""), "If-Match"),
        std::pair(std::string("If-Match: \"x1-3\""), "If-Match"),
        std::pair(std::string("If-Match: \"1\", \"3\""), "If-Match"),
        std::pair(std::string("If-Match: x\"3\""), "If-Match"),
        std::pair(std::string("If-Match: 3"), "If-Match")}) {
    const Json problem = post("/v1/products", body, 422, header + "\r\n");
    EXPECT_EQ(problem.value("field", ""), field) << problem;
  }
  EXPECT_EQ(raw(http::post("/v1/products", body, "Content-Type: text/html\r\n")).status, 415);
  expect_untouched();
}

TEST_F(BadInput, DuplicateKeysNulsAndInvalidUtf8AreRefusedEverywhere) {
  const std::string nul("\0", 1);
  const std::vector<std::string> bodies{R"({"name":"Lamp","price":1,"price":2})",
                                        R"({"name":"Lamp","price":1,"\u0070rice":2})",
                                        R"({"name":"La)" + nul + R"(mp","price":1})",
                                        R"({"name":"Lamp","price":1})" + nul,
                                        nul + R"({"name":"Lamp","price":1})",
                                        "{\"name\":\"\xC0\x80\",\"price\":1}",
                                        "{\"na\xFFme\":\"Lamp\",\"price\":1}",
                                        "\xEF\xBB\xBF{\"name\":\"Lamp\",\"price\":1}\xFF",
                                        R"({"name":"\ud800","price":1})",
                                        R"({"name":"Lamp","price":1,})",
                                        R"({"name":"Lamp","price":+1})",
                                        R"({"name":"Lamp","price":01})",
                                        R"({"name":"Lamp","price":.5})",
                                        R"({"name":"Lamp","price":NaN})",
                                        R"({"name":"Lamp","price":Infinity})",
                                        R"({"name":"Lamp","price":0x10})"};
  for (const auto& body : bodies) {
    post("/v1/products", body, 400);
    const auto batch = system_.ask("POST", "/v1/commands:batch",
                                   R"({"command":"create_product","data":)" + body + "}");
    EXPECT_EQ(batch.body.find("\"status\":201"), std::string::npos) << batch.body;
  }
  // Escaped, a NUL is text, but none that a name may have.
  EXPECT_EQ(post("/v1/products", R"({"name":"La\u0000mp","price":1})", 422).value("field", ""),
            "name");
  expect_untouched();
}

TEST_F(BadInput, PricesAndQuantitiesThatCannotBeAreRefusedAndTheOthersAreExact) {
  for (const char* price : {"1e308", "1e400", "-1", "0.005", "17.355", "-0.01", "1000000000.01"}) {
    const auto answer = system_.ask("POST", "/v1/products",
                                    R"({"name":"Lamp","price":)" + std::string(price) + "}");
    EXPECT_TRUE(answer.status == 422 || answer.status == 400) << price << answer.body;
    const auto batch = system_.ask("POST", "/v1/commands:batch",
                                   R"({"command":"create_product","data":{"name":"Lamp","price":)" +
                                       std::string(price) + "}}");
    EXPECT_EQ(batch.body.find("\"status\":201"), std::string::npos) << price << batch.body;
  }
  EXPECT_EQ(system_.head(), 0);
  stock();  // at 17.35
  for (const char* quantity : {"-1", "0", "-9223372036854775808", "9223372036854775808", "1e400"}) {
    const auto answer = system_.ask("POST", "/v1/orders", order_body(kUser, kProduct, quantity));
    EXPECT_TRUE(answer.status == 422 || answer.status == 400) << quantity << answer.body;
  }
  expect_untouched(3);
}

TEST_F(BadInput, ABatchThatBreaksOffInItsBodyIsNotExecuted) {
  std::string body;
  for (int i = 0; i < 500; ++i) {
    body += R"({"command":"create_product","data":{"name":"Lamp","price":)" + std::to_string(i) +
            "}}\n";
  }
  const std::string head = "POST /v1/commands:batch HTTP/1.1\r\nHost: t\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n";
  for (const std::size_t part : {std::size_t{0}, body.size() / 2, body.size() - 1}) {
    http::RawClient client(system_.port());
    client.send(head + body.substr(0, part));
  }
  expect_untouched();
}

TEST_F(BadInput, ABatchWhoseLastLineIsCutDoesTheOthersAndRefusesThatLine) {
  std::string body;
  for (int i = 0; i < 50; ++i) {
    body += R"({"command":"create_product","data":{"name":"Lamp","price":)" + std::to_string(i) +
            "}}\n";
  }
  body.resize(body.size() - 10);
  const auto answer = system_.ask("POST", "/v1/commands:batch", body);
  EXPECT_EQ(answer.status, 200);
  std::istringstream text(answer.body);
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  ASSERT_EQ(lines.size(), 50U);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) EXPECT_EQ(lines[i].value("status", 0), 201);
  EXPECT_EQ(lines.back().value("status", 0), 400);
  expect_untouched(49);
}

TEST_F(BadInput, ABatchOfTooManyOrNoLinesIs422NamingTheLimit) {
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += "{}\n";
  EXPECT_NE(post("/v1/commands:batch", many, 422).value("detail", "").find("10000"),
            std::string::npos);
  EXPECT_NE(post("/v1/commands:batch", "", 422).value("detail", "").find("1 to 10000"),
            std::string::npos);
  post("/v1/commands:batch", "\n\r\n\n", 422);
  expect_untouched();
}

TEST_F(BadInput, BytesThatAreNoHttpAreRefusedAndHurtNobody) {
  std::string noise;
  for (int i = 0; i < 4'096; ++i) noise += static_cast<char>((i * 7919) >> 3);
  for (const std::string& bytes :
       {noise, std::string(20'000, '\0'),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        std::string("GET / HTTP/9.9\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("POST /v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: -5\r\n\r\n"),
        std::string("POST /v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: "
                    "3\r\n\r\n{}")}) {
    http::RawClient client(system_.port());
    client.send(bytes);
    client.finish_sending();
    const auto answer = client.read();
    EXPECT_TRUE(answer.status == 0 || answer.status >= 400) << answer.status;
  }
  expect_untouched();
}

}  // namespace
}  // namespace cqrs::e2e
