// Demo data: published once and only once, however often the service starts, whenever it is killed,
// and whatever people did to it meanwhile. Counts are exact on purpose.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

constexpr int kEvents = 20;
constexpr const char* kAda = "01900000-0000-7000-8000-000000000101";
constexpr const char* kLamp = "01900000-0000-7000-8000-000000000201";
constexpr const char* kMap = "01900000-0000-7000-8000-000000000205";
constexpr const char* kPending = "01900000-0000-7000-8000-000000000301";

class DemoData : public testing::Test {
 protected:
  void up() const {
    const Finished finished = system_.ctl({"up", "--demo-data"});
    ASSERT_EQ(finished.exit_code, 0) << finished;
  }
  // The same views and events, and both sides agree.
  void expect_counts(int users, int products, int orders, int events) const {
    EXPECT_EQ(system_.head(), events);
    ASSERT_TRUE(wait_until([&] { return system_.applied() == system_.head(); }));
    const Json counts = system_.ctl_json({"status"}).at("counts");
    EXPECT_EQ(counts.value("users", -1), users);
    EXPECT_EQ(counts.value("products", -1), products);
    EXPECT_EQ(counts.value("orders", -1), orders);
    expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
  }
  void command(const char* method, const std::string& target, const std::string& body) const {
    const auto answer = system_.ask(method, target, body);
    ASSERT_EQ(answer.status / 100, 2) << target << answer.body;
  }

  TestSystem system_;
};

TEST_F(DemoData, IsThereAsSoonAsTheSystemIs) {
  up();
  EXPECT_EQ(system_.head(), kEvents) << "before anything else was asked";
  expect_counts(3, 5, 4, kEvents);
  EXPECT_EQ(system_.get("/v1/users/" + std::string(kAda)).value("name", ""), "Ada Lovelace");
  EXPECT_FALSE(system_.get("/v1/products/" + std::string(kMap)).value("isActive", true));
  std::vector<std::string> statuses;
  const Json orders = system_.get("/v1/orders");
  for (const auto& order : orders.at("items")) {
    statuses.push_back(order.value("status", ""));
  }
  EXPECT_EQ(statuses, (std::vector<std::string>{"PENDING", "CONFIRMED", "DELIVERED", "CANCELLED"}));
}

TEST_F(DemoData, IsPublishedOnceHoweverOftenTheSystemStarts) {
  for (int i = 0; i < 3; ++i) {
    up();
    expect_counts(3, 5, 4, kEvents);
    system_.down();
  }
}

TEST_F(DemoData, IsPublishedWithoutTheFlagNeverAndBesideOtherDataAsWell) {
  system_.up();
  EXPECT_EQ(system_.head(), 0);
  command("POST", "/v1/users", R"({"email":"own@example.com","name":"Own"})");
  system_.down();
  up();
  expect_counts(4, 5, 4, kEvents + 1);
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  return missing ? 0 : size;
}

// Where a first start is killed; looked for as fast as it can be, so that each hits what comes
// next.
struct Moment {
  const char* name;
  bool (*reached)(const TestSystem& system);
};
void PrintTo(const Moment& moment, std::ostream* out) { *out << moment.name; }

class DemoDataKilled : public testing::TestWithParam<Moment> {};

TEST_P(DemoDataKilled, IsPublishedOnceAllTheSame) {
  const TestSystem system;
  std::filesystem::create_directories(system.dir());
  // The first start is killed at the moment, the second at once, the third is left alone.
  for (int kills = 0; kills < 2; ++kills) {
    Process service({CQRSD_PROGRAM, "--data-dir", system.dir(), "--demo-data"}, system.variables());
    EXPECT_TRUE(kills > 0 || wait_until([&] { return GetParam().reached(system); }));
    service.send(SIGKILL);
    EXPECT_EQ(service.wait().signal, SIGKILL);
  }
  const Finished up = system.ctl({"up", "--demo-data"});
  ASSERT_EQ(up.exit_code, 0) << up;
  EXPECT_EQ(system.head(), kEvents);
  ASSERT_TRUE(wait_until([&] { return system.applied() == kEvents; }));
  const Json counts = system.ctl_json({"status"}).at("counts");
  EXPECT_EQ(counts, (Json{{"users", 3}, {"products", 5}, {"orders", 4}}));
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

INSTANTIATE_TEST_SUITE_P(
    Moments, DemoDataKilled,
    testing::Values(
        Moment{"AtOnce", [](const TestSystem&) { return true; }},
        Moment{"WriteStoreIsMade",
               [](const TestSystem& system) { return size_of(system.file("write.db")) > 0; }},
        Moment{"ViewsAreMade",
               [](const TestSystem& system) { return size_of(system.file("read-g1.db")) > 0; }},
        Moment{"DemoDataIsInTheLogOfTheWriteStore",
               [](const TestSystem& system) {
                 return read_text(system.file("write.db-wal")).find("Ada Lovelace") !=
                        std::string::npos;
               }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(DemoData, NeverUndoesWhatPeopleDidToIt) {
  up();
  command("DELETE", "/v1/users/" + std::string(kAda), "");
  command("PATCH", "/v1/products/" + std::string(kLamp), R"({"name":"My lamp"})");
  command("POST", "/v1/products/" + std::string(kMap) + "/activate", "");
  command("POST", "/v1/orders/" + std::string(kPending) + "/cancel", R"({"reason":"mine"})");
  system_.kill_service();
  up();
  expect_counts(2, 5, 4, kEvents + 4);
  EXPECT_EQ(system_.ask("GET", "/v1/users/" + std::string(kAda)).status, 404);
  EXPECT_EQ(system_.get("/v1/products/" + std::string(kLamp)).value("name", ""), "My lamp");
  EXPECT_TRUE(system_.get("/v1/products/" + std::string(kMap)).value("isActive", false));
  EXPECT_EQ(system_.get("/v1/orders/" + std::string(kPending)).value("status", ""), "CANCELLED");
}

TEST_F(DemoData, LeavesOutWhatHasNoRoomAndSaysSo) {
  system_.up();
  command("POST", "/v1/users", R"({"email":"ada@demo.example","name":"Another Ada"})");
  system_.down();
  for (int i = 0; i < 2; ++i) {
    up();
    // Without Ada there are neither her two orders nor the cancellation of one.
    expect_counts(3, 5, 2, 1 + kEvents - 4);
    const std::string log = read_text(system_.file("cqrsd.log"));
    EXPECT_NE(log.find("another user has this email"), std::string::npos) << log;
    system_.down();
  }
}

TEST_F(DemoData, CannotBeAskedOfASystemThatRunsAlready) {
  system_.up();
  const Json error = system_.ctl_json({"up", "--demo-data"}, 2);
  EXPECT_NE(error.at("error").value("hint", "").find("cqrsctl down"), std::string::npos) << error;
  EXPECT_EQ(system_.head(), 0);
}

}  // namespace
}  // namespace cqrs::e2e
