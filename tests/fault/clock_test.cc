// The wall clock of the service jumps by hours and days, back and forth, while commands run.
// Method: libfaketime shifts it by what stands in a file; the steady clock goes on as it does in
// such a case.
#include "tests/e2e/support/mixed_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace cqrs::e2e {
namespace {

// Where Debian's package `faketime` puts it, whatever the architecture is called.
std::string faketime_library() {
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib")) {
    const auto candidate = entry.path() / "faketime" / "libfaketimeMT.so.1";
    if (std::filesystem::exists(candidate)) return candidate;
  }
  throw std::runtime_error("no libfaketime: install the package faketime, see scripts/setup");
}

class Clock : public testing::Test {
 protected:
  // In one step, so that nobody reads half a number.
  void set_clock(const std::string& shift) const {
    write_text(system_.scratch("clock.new"), shift + "\n");
    std::filesystem::rename(system_.scratch("clock.new"), system_.scratch("clock"));
  }
  [[nodiscard]] Variables shifted() const {
    return {{"LD_PRELOAD", faketime_library()},
            {"FAKETIME_TIMESTAMP_FILE", system_.scratch("clock")},
            {"FAKETIME_NO_CACHE", "1"},
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
  }
  // The time that the service puts on what it does now.
  [[nodiscard]] std::string service_time() const {
    return system_.get("/v1/sync-status").value("lastProcessedTimestamp", "");
  }

  TestSystem system_;
};

TEST_F(Clock, JumpsChangeNeitherOrderNorProofNorWaits) {
  set_clock("+0");
  system_.up("127.0.0.1:0", shifted());
  MixedLoad load(system_.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 200; }));
  std::string last = service_time();
  std::int64_t worst_lag = 0;
  for (const char* shift : {"+5h", "-3h", "+400d", "-30d", "+0"}) {
    SCOPED_TRACE(shift);
    set_clock(shift);
    const auto before = load.acknowledged();
    ASSERT_TRUE(wait_until([&] {
      const Json lag = system_.get("/v1/sync-status").at("lag");
      worst_lag = std::max(worst_lag, static_cast<std::int64_t>(lag.value("seconds", 0.0)));
      EXPECT_GE(lag.value("seconds", -1.0), 0.0);
      return load.acknowledged() >= before + 300;
    }));
    // Acknowledged is not applied yet.
    EXPECT_TRUE(wait_until([&] { return service_time().substr(0, 13) != last.substr(0, 13); }))
        << "the clock did not jump";
    last = service_time();
    // A wait lasts as long as it says.
    const auto started = std::chrono::steady_clock::now();
    EXPECT_EQ(system_.ask("GET", "/v1/products?min_position=1000000000&wait=300ms").status, 504);
    const auto took = std::chrono::steady_clock::now() - started;
    EXPECT_GE(took, std::chrono::milliseconds(250));
    EXPECT_LE(took, std::chrono::seconds(10));
  }
  EXPECT_LT(worst_lag, 60) << "seconds that only the wall clock saw were told as lag";
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(load.refusals().empty());
  load.expect_all_there(system_);
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
  const Json check = system_.ctl_json({"events", "check"});
  EXPECT_EQ(check.value("events", 0), load.acknowledged());
  system_.down();
}

// Ids made by the service stay in order within a process, so that they append to their trees.
TEST_F(Clock, IdsGrowThoughTheClockGoesBack) {
  set_clock("+0");
  system_.up("127.0.0.1:0", shifted());
  std::string last;
  for (const char* shift : {"+0", "+2h", "-2h", "+1d", "-1d"}) {
    set_clock(shift);
    for (int i = 0; i < 20; ++i) {
      const auto answer = system_.ask("POST", "/v1/products", R"({"name":"Lamp","price":1})");
      ASSERT_EQ(answer.status, 201) << answer.body;
      const std::string id = Json::parse(answer.body).value("id", "");
      EXPECT_LT(last, id);
      last = id;
    }
  }
}

TEST_F(Clock, AClientWhoseClockJumpsProvesItsSeed) {
  system_.up();
  set_clock("+0");
  Variables variables = system_.variables();
  for (const auto& variable : shifted()) variables.push_back(variable);
  const std::string each = std::to_string(20'000 / kSlowdown);
  Process seed(system_.words({"-o", "json", "seed", "--users", each, "--products", each, "--orders",
                              each, "--depth", "16"}),
               variables);
  std::int64_t at = 0;
  for (const char* shift : {"+5h", "-3h", "+400d", "-30d"}) {
    at += 10'000 / kSlowdown;
    ASSERT_TRUE(wait_until([&] { return system_.head() >= at || !seed.running(); }));
    set_clock(shift);
  }
  const Finished finished = seed.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished;
  EXPECT_EQ(finished.json().value("verdict", ""), "pass") << finished;
  EXPECT_LT(finished.json().value("elapsed_s", 1e9), 60.0) << finished;
  EXPECT_EQ(system_.ctl_json({"verify", "--mode", "deep"}).value("verdict", ""), "pass");
}

}  // namespace
}  // namespace cqrs::e2e
