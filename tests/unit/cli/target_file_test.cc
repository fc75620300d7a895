// Profiles of foreign systems: what is read, what is refused and how it is told, and how templates
// are filled.
#include "cli/target/target_file.h"

#include "cli/target/foreign_values.h"

#include "tests/support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace cqrs::target {
namespace {

using ::testing::HasSubstr;
using Texts = std::map<std::string, std::string, std::less<>>;

std::string profile(const std::string& user, const std::string& rest = "") {
  return R"({"target":1,"name":"shop","base_url":"http://127.0.0.1:9/api",)" + rest +
         R"("entities":{"user":)" + user + R"(},"caught_up":{"settle":"1s"}})";
}

constexpr const char* kUser =
    R"({"id":"/id","requests":{"create_user":{"method":"POST","path":"/u","expect":[201],)"
    R"("body":{"mail":"{{email}}"}},"get_user":{"path":"/u/{{id}}"}},)"
    R"("fields":{"email":{"at":"/mail"}}})";

Result<Target> read(const std::string& text) {
  const support::TempDir dir;
  std::ofstream(dir.file("shop.json")) << text;
  return read_target(dir.file("shop.json"));
}

void expect_refused(const std::string& text, const std::string& field, const std::string& words) {
  const auto target = read(text);
  ASSERT_FALSE(target.ok()) << text;
  EXPECT_EQ(target.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(target.error().field, field) << target.error().message;
  EXPECT_THAT(target.error().message, HasSubstr(words));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(TargetFile, ReadsASmallProfile) {
  const auto target = read(profile(kUser));
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->name, "shop");
  EXPECT_EQ(target->endpoint.port, 9);
  EXPECT_EQ(target->prefix, "/api");
  EXPECT_FALSE(target->retries_are_safe);
  const Request* create = target->request(Operation::kCreateUser);
  ASSERT_NE(create, nullptr);
  EXPECT_EQ(create->method, "POST");
  EXPECT_EQ(create->expect, std::vector<int>{201});
  EXPECT_EQ(target->caught_up.settle, std::chrono::seconds(1));
}

TEST(TargetFile, SaysWhichOperationIsNotDescribed) {
  const auto target = read(profile(kUser));
  ASSERT_TRUE(target.ok());
  const auto missing = target->require(Operation::kShipOrder);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().field, "entities.order.requests.ship_order");
  EXPECT_THAT(missing.error().message, HasSubstr("does not say how ship_order is done"));
}

TEST(TargetFile, RefusesWhatItDoesNotKnowByItsFullName) {
  expect_refused(profile(kUser, R"("colour":1,)"), "colour", "colour");
  expect_refused(profile(replaced(kUser, "create_user", "make_user")),
                 "entities.user.requests.make_user", "create_user");
  expect_refused(profile(replaced(kUser, "{{email}}", "{{emial}}")),
                 "entities.user.requests.create_user.body", "no variable {{emial}}");
  expect_refused(profile(replaced(kUser, R"("/mail")", R"("mail")")),
                 "entities.user.fields.email.at", "JSON pointer");
  expect_refused(profile(replaced(kUser, "[201]", "[2010]")),
                 "entities.user.requests.create_user.expect", "100 to 599");
  expect_refused(profile(replaced(kUser, R"("at":"/mail")", R"("at":"/mail","type":"float")")),
                 "entities.user.fields.email.type", "decimal");
  expect_refused(replaced(profile(kUser), "http://", "https://"), "base_url",
                 "proxy that ends TLS");
  expect_refused(replaced(profile(kUser), R"("settle":"1s")", ""), "caught_up", "sentinel");
  expect_refused(profile(kUser, R"("success":{"at":"/ok","equal":true},)"), "success.equal",
                 "not a field");
  expect_refused(profile(kUser, R"("success":{"at":"/ok"},)"), "success", "absent");
  expect_refused(replaced(profile(kUser), R"("settle")", R"("setle")"), "caught_up.setle",
                 "not a field");
  expect_refused(replaced(profile(kUser), R"("target":1)", R"("target":2)"), "target", "must be 1");
}

TEST(TargetFile, SecretsComeFromTheEnvironmentAndAreMasked) {
  ::setenv("TARGET_TEST_KEY", "open-sesame", 1);
  const std::string headers = R"("headers":{"X-Key":"k ${ENV:TARGET_TEST_KEY}"},)";
  const auto target = read(profile(kUser, headers));
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->headers.front().second, "k open-sesame");
  EXPECT_EQ(target->masked("refused: open-sesame!"), "refused: ***!");
  ::unsetenv("TARGET_TEST_KEY");
  expect_refused(profile(kUser, headers), "headers.X-Key", "has no TARGET_TEST_KEY");
  const auto with_default =
      read(profile(kUser, R"("headers":{"X-Key":"${ENV:TARGET_TEST_KEY:-none}"},)"));
  ASSERT_TRUE(with_default.ok());
  EXPECT_EQ(with_default->headers.front().second, "none");
}

TEST(TargetFile, AnotherMachineNeedsPermission) {
  auto target = read(replaced(profile(kUser), "127.0.0.1", "shop.example"));
  ASSERT_TRUE(target.ok());
  const auto refused = check_remote(*target, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().field, "--allow-remote");
  EXPECT_TRUE(check_remote(*target, true).ok());
}

std::string filled(const std::string& json, const Values& values) {
  const auto document = parse_json(json);
  const auto made = Template::of_json(document->root(), "body");
  EXPECT_TRUE(made.ok());
  std::string out;
  EXPECT_TRUE(made->fill(out, values)) << made->missing(values);
  return out;
}

TEST(TargetTemplate, FillsTextsNumbersAndItems) {
  auto ids = IdTable::open("", false);
  ASSERT_TRUE(ids.ok());
  const Generator generator({7, 1, 1, 1});
  ASSERT_TRUE((*ids)->set(Kind::kUser, 0, "u-9").ok());
  ASSERT_TRUE((*ids)->set(Kind::kProduct, 0, "31").ok());
  const ForeignValues order(generator, **ids, Kind::kOrder, 0);
  const std::string text = filled(
      R"({"by":"{{user.id}}","a":1.50,"l":[{"{{each item}}":{"p":"{{item.product.id|number}}"}}]})",
      order);
  EXPECT_EQ(text, R"({"by":"u-9","a":1.50,"l":[{"p":31},{"p":31},{"p":31}]})");
}

TEST(TargetTemplate, EscapesForThePlaceWhereAValueStands) {
  const PlainValues values(Texts{{"name", "a\"b/ü"}});
  EXPECT_EQ(filled(R"({"n":"<{{name}}>"})", values), "{\"n\":\"<a\\\"b/ü>\"}");
  const auto path = Template::of_text("/x/{{name}}", Escape::kPath, "path");
  std::string out;
  ASSERT_TRUE(path->fill(out, values));
  EXPECT_EQ(out, "/x/a%22b%2F%C3%BC");
}

TEST(TargetTemplate, TellsWhichVariableHasNoValue) {
  const auto path = Template::of_text("/x/{{id}}", Escape::kPath, "path");
  std::string out;
  EXPECT_FALSE(path->fill(out, PlainValues({})));
  EXPECT_EQ(path->missing(PlainValues({})), "id");
  // A number that is none would change what the body is.
  const auto document = parse_json(R"({"a":"{{n|number}}"})");
  const auto body = Template::of_json(document->root(), "body");
  EXPECT_FALSE(body->fill(out, PlainValues(Texts{{"n", "1,\"b\":2"}})));
}

}  // namespace
}  // namespace cqrs::target
