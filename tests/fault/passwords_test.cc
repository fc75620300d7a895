// Passwords that are being wrapped when the process dies: each is kept in one form or the other,
// and the next start goes on.
#include "core/wiring/embedded.h"

#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kUsers = 40;

class WrappingPasswords : public testing::Test {
 protected:
  // `share`: per cent of a processor.
  void up(const char* share) const {
    Variables variables = system_.variables();
    variables.emplace_back("CQRSD_PASSWORD_HASHING_SHARE", share);
    const Finished finished = run(system_.words({"up"}), variables);
    ASSERT_EQ(finished.exit_code, 0) << finished;
  }
  static std::string id(int number) {
    return "018cc251-f400-7000-8000-0000000001" + std::to_string(10 + number);
  }
  static std::string password(int number) { return "password of " + std::to_string(number); }
  void create_users() const {
    std::string batch;
    for (int i = 0; i < kUsers; ++i) {
      batch += R"({"command":"create_user","data":{"id":")" + id(i) + R"(","email":"u)" +
               std::to_string(i) + R"(@example.com","name":"U","password":")" + password(i) +
               "\"}}\n";
    }
    const auto answer = system_.ask("POST", "/v1/commands:batch", batch);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  [[nodiscard]] DataDir dir() const { return DataDir{system_.dir()}; }
  [[nodiscard]] std::int64_t left() const {
    auto credentials = embedded::open_credentials(dir());
    if (!credentials) return -1;
    const auto count = (*credentials)->count_keyed();
    return count ? *count : -1;
  }
  [[nodiscard]] double pending_metric() const {
    const auto answer = system_.ask("GET", "/metrics");
    const std::string name = "\ncqrs_credentials_pending ";
    const auto at = answer.body.find(name);
    return at == std::string::npos ? -1 : std::stod(answer.body.substr(at + name.size()));
  }
  void expect_every_password() const {
    auto pepper = load_or_create_pepper(dir());
    ASSERT_TRUE(pepper.ok());
    const SecretKeys keys = derive_keys(*pepper);
    auto credentials = embedded::open_credentials(dir());
    ASSERT_TRUE(credentials.ok());
    for (int i = 0; i < kUsers; ++i) {
      const auto record = (*credentials)->find(*parse_uuid(id(i)));
      ASSERT_TRUE(record.ok() && record->has_value()) << i;
      const auto right = verify_password((*record)->credential, keys, password(i));
      ASSERT_TRUE(right.ok()) << right.error().message;
      EXPECT_TRUE(*right) << i;
      EXPECT_FALSE(*verify_password((*record)->credential, keys, password(i + 1))) << i;
    }
  }

  TestSystem system_;
};

TEST_F(WrappingPasswords, SigkillInTheMidstLosesNoneAndTheNextStartGoesOn) {
  up("50");
  create_users();
  ASSERT_TRUE(wait_until([&] { return left() < kUsers; }));
  system_.kill_service();
  const std::int64_t wrapped_before = kUsers - left();
  EXPECT_GT(wrapped_before, 0);
  expect_every_password();
  up("100");
  ASSERT_TRUE(wait_until([&] { return left() == 0; }));
  ASSERT_TRUE(wait_until([&] { return pending_metric() == 0; }));
  system_.down();
  expect_every_password();
}

TEST_F(WrappingPasswords, DeletedUsersLeaveNoneWhateverItsForm) {
  up("100");
  create_users();
  // Some are deleted before their password was wrapped, some after, some in the midst of it.
  for (int i = 0; i < kUsers; ++i) {
    ASSERT_EQ(system_.ask("DELETE", "/v1/users/" + id(i)).status, 200) << i;
  }
  ASSERT_TRUE(wait_until([&] { return pending_metric() == 0; }));
  system_.down();
  auto credentials = embedded::open_credentials(dir());
  ASSERT_TRUE(credentials.ok());
  for (int i = 0; i < kUsers; ++i) {
    const auto record = (*credentials)->find(*parse_uuid(id(i)));
    ASSERT_TRUE(record.ok());
    EXPECT_FALSE(record->has_value()) << i;
  }
}

TEST_F(WrappingPasswords, OrderlyEndKeepsWhatIsFinishedAndDoesNotWaitForTheRest) {
  up("0.1");
  create_users();
  ASSERT_TRUE(wait_until([&] { return pending_metric() == kUsers; }));
  const auto started = std::chrono::steady_clock::now();
  system_.down();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
  EXPECT_GT(left(), kUsers / 2);
  expect_every_password();
}

}  // namespace
}  // namespace cqrs::e2e
