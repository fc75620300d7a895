// `cqrsctl --target FILE.json` against a system that is not ours (tests/foreign/bazaar.py): each
// flaw that it can be started with must be found by its name, and without one nothing may be found.
#include "tests/e2e/support/foreign_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

namespace cqrs::e2e {
namespace {

using ::testing::HasSubstr;

const Words kSeed{"seed", "--users", "60", "--products", "60", "--orders", "60"};
const Words kProbe{"verify", "--probe", "--settle", "20s"};
constexpr std::chrono::seconds kLong{110};

std::set<std::string> flaws_in(const Json& verify) {
  std::set<std::string> names;
  for (const auto& one : verify.value("diagnosis", Json::array())) {
    EXPECT_FALSE(one.value("evidence", "").empty()) << one;
    names.insert(one.value("flaw", ""));
  }
  return names;
}

TEST(Foreign, ASystemWithoutFlawsPasses) {
  const ForeignSystem bazaar("none");
  const Json seed = bazaar.ctl_json(kSeed);
  EXPECT_EQ(seed.value("verdict", ""), "pass") << seed;
  EXPECT_EQ(seed.value("acked", 0), 180);
  EXPECT_EQ(seed.value("lost", -1), 0);
  const Json stat = bazaar.ctl_json({"ledger", "stat"});
  EXPECT_EQ(stat.value("acknowledged", 0), 180) << stat;
  const Json verify = bazaar.ctl_json(kProbe, 0, kLong);
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  EXPECT_EQ(verify.value("entities", 0), 180);
  EXPECT_TRUE(flaws_in(verify).empty()) << verify;
  expect_no_differences(verify);
  for (const auto& check : verify.at("checks")) {
    // The crash has a test of its own.
    const bool crash = check.value("check", "") == "probe: a crash loses nothing";
    EXPECT_EQ(check.value("compared", 0) > 0, !crash) << check;
  }
  // Once more: what the experiments made is no phantom.
  const Json again = bazaar.ctl_json({"verify"});
  EXPECT_EQ(again.value("verdict", ""), "pass") << again;
}

struct FlawCase {
  const char* built_in;
  const char* named;
  const char* difference;  // a kind that must be counted; empty: none need be
};
void PrintTo(const FlawCase& flaw, std::ostream* out) { *out << flaw.built_in; }

class ForeignFlaw : public ::testing::TestWithParam<FlawCase> {};

TEST_P(ForeignFlaw, IsFoundByItsName) {
  const FlawCase& flaw = GetParam();
  const ForeignSystem bazaar(flaw.built_in);
  const Finished seeded = bazaar.ctl(kSeed, kLong);
  EXPECT_NE(seeded.exit_code, 2) << seeded;
  const Json verify = bazaar.ctl_json(kProbe, 1, kLong);
  EXPECT_EQ(verify.value("verdict", ""), "fail");
  EXPECT_EQ(flaws_in(verify), std::set<std::string>{flaw.named}) << verify;
  if (*flaw.difference != '\0') {
    EXPECT_GT(verify.at("differences").value(flaw.difference, 0), 0) << verify;
    EXPECT_FALSE(verify.at("mismatches").empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ForeignFlaw,
    ::testing::Values(FlawCase{"fire-and-forget-publish", "fire_and_forget_publish", "lost"},
                      FlawCase{"dedupe-after-apply", "dedupe_after_apply", "dup"},
                      FlawCase{"reordering-between-event-types", "reordering_between_event_types",
                               "order"},
                      FlawCase{"stale-cache-after-update", "stale_cache_after_update", "stale"},
                      FlawCase{"success-status-on-errors", "success_status_on_errors", ""},
                      FlawCase{"price-coerced-float", "price_coerced", "field"},
                      FlawCase{"price-coerced-integer", "price_coerced", "field"},
                      FlawCase{"price-coerced-text", "price_coerced", "field"},
                      FlawCase{"read-model-missing-fields", "read_model_missing_fields", "field"},
                      FlawCase{"count-only-sync-status", "count_only_sync_status", ""}),
    [](const auto& info) {
      std::string name = info.param.built_in;
      for (char& c : name) {
        if (c == '-') c = '_';
      }
      return name;
    });

TEST(Foreign, DifferencesAreNamedWithFieldAndBothValues) {
  const ForeignSystem bazaar("price-coerced-integer");
  bazaar.ctl_json(kSeed);
  const Json verify = bazaar.ctl_json({"verify"}, 1);
  const Json& first = verify.at("mismatches").at(0);
  EXPECT_EQ(first.value("kind", ""), "field") << first;
  EXPECT_EQ(first.value("aggregate", ""), "product");
  EXPECT_EQ(first.value("field", ""), "price");
  EXPECT_THAT(first.value("expected", ""), HasSubstr("."));
  EXPECT_EQ(first.value("actual", "").find('.'), std::string::npos);
  EXPECT_FALSE(first.value("id", "").empty());
}

// Without a key that makes repetitions harmless nothing is sent twice: a look decides.
TEST(Foreign, AnUnknownOutcomeIsLookedUpAndNeverSentAgain) {
  const ForeignSystem bazaar("none", {"--hang-up", "7"});
  bazaar.change_profile([](Json& profile) {
    profile.erase("idempotency");
    profile["entities"]["user"]["find"] = {
        {"path", "/members?mail={{email}}"}, {"expect", {200}}, {"id", "/found"}};
  });
  const Json seed = bazaar.ctl_json({"seed", "--users", "80", "--products", "0", "--orders", "0"});
  EXPECT_EQ(seed.value("acked", 0), 80) << seed;
  EXPECT_EQ(seed.value("indeterminate", -1), 0);
  EXPECT_EQ(seed.value("retries", -1), 0);
  const Json verify = bazaar.ctl_json({"verify"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
}

TEST(Foreign, WhatCannotBeLookedUpStaysUnknown) {
  const ForeignSystem bazaar("none", {"--hang-up", "7"});
  bazaar.change_profile([](Json& profile) { profile.erase("idempotency"); });
  const Json seed =
      bazaar.ctl_json({"seed", "--users", "80", "--products", "0", "--orders", "0"}, 4);
  EXPECT_EQ(seed.value("verdict", ""), "inconclusive") << seed;
  EXPECT_GT(seed.value("indeterminate", 0), 0);
  const Json verify = bazaar.ctl_json({"verify"}, 4);
  EXPECT_EQ(verify.value("verdict", ""), "inconclusive") << verify;
  expect_no_differences(verify);
}

// With a key the same request is sent until it is answered, and makes one entity.
TEST(Foreign, WithAKeyAnUnknownOutcomeIsSentAgain) {
  const ForeignSystem bazaar("none", {"--hang-up", "7"});
  const Json seed = bazaar.ctl_json({"seed", "--users", "80", "--products", "0", "--orders", "0"});
  EXPECT_EQ(seed.value("acked", 0), 80) << seed;
  EXPECT_GT(seed.value("retries", 0), 0);
  const Json verify = bazaar.ctl_json({"verify"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
}

// What the experiment with a crash says; verify must end with `exit_code`.
Json crash_of(const ForeignSystem& bazaar, int exit_code, Json& verify) {
  bazaar.change_profile([&](Json& profile) { profile["commands"] = bazaar.commands(); });
  verify = bazaar.ctl_json(kProbe, exit_code, kLong);
  for (const auto& check : verify.value("checks", Json::array())) {
    if (check.value("check", "") == "probe: a crash loses nothing") return check;
  }
  ADD_FAILURE() << "no such check in " << verify;
  return Json::object();
}

TEST(Foreign, ACrashLosesNothingThatIsOnTheDisk) {
  const ForeignSystem bazaar("none", {"--delay", "1.5"});
  Json verify;
  const Json crash = crash_of(bazaar, 0, verify);
  EXPECT_EQ(crash.value("compared", 0), 60);
  EXPECT_EQ(crash.value("differences", -1), 0) << verify;
}

TEST(Foreign, ACrashLosesWhatWasOnlyInMemory) {
  const ForeignSystem bazaar("fire-and-forget-publish", {"--delay", "1.5"});
  Json verify;
  const Json crash = crash_of(bazaar, 1, verify);
  // More than the absence of the broker alone takes of 60.
  EXPECT_GT(crash.value("differences", 0), 4) << verify;
  EXPECT_EQ(flaws_in(verify), std::set<std::string>{"fire_and_forget_publish"});
}

Words load_words(const std::string& mix) {
  return {"load", "--mix",  mix,  "--users",    "20", "--products", "20", "--orders",
          "5",    "--rate", "40", "--duration", "2s", "--warmup",   "0s"};
}

TEST(Foreign, ALoadIsProvenThroughItsOwnApi) {
  const ForeignSystem bazaar("none");
  const Json load = bazaar.ctl_json(
      load_words("create_user=2,update_user=1,create_product=1,create_order=3,get_order=1"));
  EXPECT_EQ(load.value("verdict", ""), "pass") << load;
  EXPECT_EQ(load.value("acked", 0), 80);
  EXPECT_EQ(load.value("lost", -1), 0);
}

TEST(Foreign, ALoadThatIsNotAsItWasAcknowledgedEndsWith1) {
  const ForeignSystem bazaar("price-coerced-integer");
  const Json load = bazaar.ctl_json(load_words("create_product=1"), 1);
  EXPECT_EQ(load.value("verdict", ""), "fail") << load;
}

TEST(Foreign, ChaosKillsAndStartsItByItsOwnCommands) {
  const ForeignSystem bazaar("none");
  bazaar.change_profile([&](Json& profile) { profile["commands"] = bazaar.commands(); });
  const Json chaos = bazaar.ctl_json({"chaos", "--every", "3s", "--for", "6s", "--pause", "500ms",
                                      "--quiet-end", "2s", "--seed", "5", "--rate", "40", "--mix",
                                      "create_user=1,create_product=1,get_user=1"});
  EXPECT_EQ(chaos.value("verdict", ""), "pass") << chaos;
  EXPECT_EQ(chaos.value("lost", -1), 0);
}

TEST(Foreign, ProfileMistakesAreToldBeforeAnythingIsSent) {
  const ForeignSystem bazaar("none");
  bazaar.change_profile(
      [](Json& profile) { profile["entities"]["order"]["requests"].erase("create_order"); });
  const Json error = bazaar.ctl_json(kSeed, 2).at("error");
  EXPECT_THAT(error.value("message", ""), HasSubstr("entities.order.requests.create_order"));
  EXPECT_EQ(bazaar.ctl({"replay", "status"}).exit_code, 2);
  EXPECT_EQ(bazaar.ctl({"verify", "--mode", "buckets"}).exit_code, 2);
  bazaar.change_profile([](Json& profile) { profile["base_url"] = "http://192.0.2.1:9"; });
  EXPECT_THAT(bazaar.ctl(kSeed).err, HasSubstr("--allow-remote"));
}

class OwnProfile : public ::testing::TestWithParam<const char*> {};

// Our own system, as if it were somebody else's.
TEST_P(OwnProfile, DescribesOurSystem) {
  const TestSystem system;
  system.up();
  const std::string url = "http://127.0.0.1:" + std::to_string(system.port());
  const auto ctl_json = [&](Words words) {
    words.insert(words.begin(), {CQRSCTL_PROGRAM, "-o", "json", "--data-dir",
                                 system.scratch("elsewhere"), "--target", profile(GetParam())});
    Variables variables = system.variables();
    variables.emplace_back("CQRS_URL", url);
    const Finished finished = run(words, variables, kLong);
    EXPECT_EQ(finished.exit_code, 0) << finished;
    return finished.json();
  };
  const Json seed = ctl_json({"seed", "--users", "300", "--products", "300", "--orders", "300"});
  EXPECT_EQ(seed.value("acked", 0), 900) << seed;
  const Json verify = ctl_json(kProbe);
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  EXPECT_EQ(verify.value("entities", 0), 900);
  EXPECT_TRUE(flaws_in(verify).empty()) << verify;
  EXPECT_EQ(system.ctl_json({"verify", "--mode", "deep"}).value("verdict", ""), "pass");
}

INSTANTIATE_TEST_SUITE_P(All, OwnProfile, ::testing::Values("cqrs-v1", "cqrs-alias"),
                         [](const auto& info) {
                           return std::string(info.param) == "cqrs-v1" ? "V1" : "Alias";
                         });

TEST(OwnAddress, SeedsACqrsdThatIsKnownByItsAddressAlone) {
  const TestSystem system;
  system.up();
  const std::string url = "http://127.0.0.1:" + std::to_string(system.port());
  const Finished finished =
      run({CQRSCTL_PROGRAM, "-o", "json", "--data-dir", system.scratch("elsewhere"), "--target",
           url, "seed", "--users", "200", "--products", "200", "--orders", "200"},
          system.variables());
  EXPECT_EQ(finished.exit_code, 0) << finished;
  const Json seed = finished.json();
  EXPECT_EQ(seed.value("acked", 0), 600) << seed;
  EXPECT_TRUE(seed.at("lost").is_null()) << "its stores are elsewhere";
  EXPECT_EQ(system.head(), 600);
}

}  // namespace
}  // namespace cqrs::e2e
