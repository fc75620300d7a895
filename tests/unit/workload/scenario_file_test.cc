#include "core/workload/scenario_file.h"

#include "core/workload/scenario_check.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace cqrs {
namespace {

using namespace std::chrono_literals;
using support::is_ok;

Scenario read(std::string_view text) {
  auto scenario = parse_scenario(text, "test.json");
  EXPECT_THAT(scenario, is_ok());
  return scenario ? *scenario : Scenario{};
}

TEST(ScenarioFile, EveryMemberIsRead) {
  const Scenario scenario = read(R"({
    "$schema": "schema.json", "name": "all-of-it", "description": "x", "seed": 18446744073709551615,
    "profiles": ["standard"],
    "data": {"users": "1k", "products": 200, "orders": 30},
    "skew": {"users": {"zipfian": 0.9}, "products": {"hot": {"keys": 10, "share": 0.8}},
             "orders": "uniform"},
    "mix": {"get_order": 30, "create_order": 70},
    "phases": [
      {"name": "w", "warmup": true, "duration": "5s", "arrival": {"rate": 50}},
      {"name": "r", "duration": "1m", "arrival": {"from": 100, "to": 2000, "process": "poisson"}},
      {"name": "s", "arrival": {"process": "poisson", "stages": [
        {"rate": 500, "duration": "30s", "process": "uniform"},
        {"from": 500, "to": 0, "duration": "500ms"}]}, "mix": {"create_user": 1}}],
    "faults": [{"at": "30s", "do": "delay", "target": "broker", "for": "20s", "delay": "100ms"},
               {"at": "10s", "do": "kill", "target": "projector"}],
    "slos": ["errors{phase=s}<1%"],
    "probe_staleness": "1/100",
    "expect": {"verdict": "fail", "visible": "2m", "verify": []},
    "timeout": "3s", "max_in_flight": 77
  })");
  EXPECT_EQ(scenario.name, "all-of-it");
  EXPECT_EQ(scenario.seed, 18'446'744'073'709'551'615ULL);
  EXPECT_EQ(scenario.data, (std::array<std::uint64_t, 3>{1'000, 200, 30}));
  EXPECT_EQ(scenario.skew[0].shape, Skew::Shape::kZipfian);
  EXPECT_DOUBLE_EQ(scenario.skew[0].exponent, 0.9);
  EXPECT_EQ(scenario.skew[1].hot_keys, 10U);
  EXPECT_DOUBLE_EQ(scenario.skew[1].hot_share, 0.8);
  ASSERT_EQ(scenario.phases.size(), 4U);
  EXPECT_TRUE(scenario.phases[0].warmup);
  EXPECT_EQ(scenario.phases[0].mix.size(), 2U);
  EXPECT_EQ(scenario.phases[0].mix[0].operation, Operation::kCreateOrder);
  EXPECT_EQ(scenario.phases[1].arrival.from, 100);
  EXPECT_EQ(scenario.phases[1].arrival.to, 2'000);
  EXPECT_EQ(scenario.phases[1].duration, 60s);
  EXPECT_EQ(scenario.phases[2].name, "s 1");
  EXPECT_EQ(scenario.phases[2].arrival.process, ArrivalProcess::kUniform);
  EXPECT_EQ(scenario.phases[3].name, "s 2");
  EXPECT_EQ(scenario.phases[3].arrival.process, ArrivalProcess::kPoisson);
  EXPECT_EQ(scenario.phases[3].duration, 500ms);
  EXPECT_EQ(scenario.phases[3].mix.front().operation, Operation::kCreateUser);
  ASSERT_EQ(scenario.faults.size(), 2U);
  EXPECT_EQ(scenario.faults[0].action, FaultAction::kKill);  // the earlier one
  EXPECT_EQ(scenario.faults[1].lasting, 20s);
  EXPECT_EQ(scenario.faults[1].delay, 100ms);
  EXPECT_EQ(scenario.probing.one_in, 100U);
  EXPECT_EQ(scenario.expect.verdict, "fail");
  EXPECT_EQ(scenario.expect.visible, 2min);
  EXPECT_TRUE(scenario.expect.verify.empty());
  EXPECT_EQ(scenario.timeout, 3s);
  EXPECT_EQ(scenario.max_in_flight, 77U);
}

TEST(ScenarioFile, WhatIsLeftOutHasItsDefault) {
  const Scenario scenario = read(
      R"({"name": "x", "phases": [{"name": "p", "duration": "1s", "mix": {"create_user": 1},
          "arrival": {"closed": {"clients": 8}}}]})");
  EXPECT_TRUE(scenario.closed());
  EXPECT_EQ(scenario.phases[0].arrival.clients, 8U);
  EXPECT_EQ(scenario.phases[0].arrival.think, 0us);
  EXPECT_FALSE(scenario.seed.has_value());
  EXPECT_TRUE(scenario.probing.on);
  EXPECT_EQ(scenario.timeout, 10s);
  EXPECT_EQ(scenario.max_in_flight, 10'000U);
  EXPECT_EQ(scenario.expect, Expectation{});
}

// What an earlier phase creates is there for a later one.
TEST(ScenarioFile, CreatedEntitiesAreThereForLaterPhases) {
  read(R"({"name": "x", "data": {"users": 1, "products": 1}, "phases": [
    {"name": "a", "duration": "1s", "arrival": {"rate": 1},
     "mix": {"create_user": 1, "create_product": 1}},
    {"name": "b", "duration": "1s", "arrival": {"rate": 1}, "mix": {"create_order": 1}},
    {"name": "c", "duration": "1s", "arrival": {"rate": 1}, "mix": {"pay_order": 1}}]})");
}

TEST(ScenarioFile, AProfileWithoutThePartIsRefused) {
  Scenario scenario;
  scenario.faults.push_back({10s, FaultAction::kKill, "projector", {}, {}});
  EXPECT_THAT(check_profile(scenario, "standard"), is_ok());
  EXPECT_THAT(check_profile(scenario, "foreign"), is_ok());
  EXPECT_THAT(check_profile(scenario, "embedded").error().message,
              testing::HasSubstr("one process, \"all\""));
  scenario.faults.front().target = "all";
  EXPECT_THAT(check_profile(scenario, "embedded"), is_ok());
  EXPECT_FALSE(check_profile(scenario, "standard").ok());
  scenario.profiles = {"standard"};
  EXPECT_THAT(check_profile(scenario, "embedded").error().message,
              testing::HasSubstr("is for the profile standard, not for embedded"));
}

rc::Gen<Phase> any_phase(bool closed, int number) {
  return rc::gen::exec([closed, number] {
    Phase phase;
    phase.name = "phase " + std::string(1, static_cast<char>('a' + number));
    phase.duration = std::chrono::microseconds(*rc::gen::inRange(10'000, 100'000'000));
    phase.arrival.closed = closed;
    if (closed) {
      phase.arrival.clients = *rc::gen::inRange<std::uint32_t>(1, 10'001);
      phase.arrival.think = std::chrono::microseconds(*rc::gen::inRange(0, 5'000'000));
    } else {
      phase.arrival.from = *rc::gen::inRange(1, 1'000'000) / 7.0;
      phase.arrival.to = *rc::gen::element(phase.arrival.from, 0.0, 1e6, 1.0 / 3);
      phase.arrival.process = *rc::gen::element(ArrivalProcess::kPoisson, ArrivalProcess::kUniform);
    }
    for (const auto& info : all_operations()) {
      if (*rc::gen::arbitrary<bool>()) continue;
      phase.mix.push_back({info.operation, *rc::gen::inRange(1, 1'000) / 3.0});
    }
    if (phase.mix.empty()) phase.mix.push_back({Operation::kGetUser, 1});
    return phase;
  });
}

Skew any_skew() {
  Skew skew;
  skew.shape =
      *rc::gen::element(Skew::Shape::kUniform, Skew::Shape::kZipfian, Skew::Shape::kHotKeys);
  if (skew.shape == Skew::Shape::kZipfian) skew.exponent = *rc::gen::inRange(1, 200) / 100.0;
  if (skew.shape != Skew::Shape::kHotKeys) return skew;
  skew.hot_keys = *rc::gen::inRange<std::uint64_t>(1, 100);
  skew.hot_share = *rc::gen::inRange(0, 101) / 100.0;
  return skew;
}

Scenario any_scenario() {
  Scenario scenario;
  scenario.name = "any";
  scenario.description = *rc::gen::element(std::string(), std::string("\"quoted\"\nand ö"));
  if (*rc::gen::arbitrary<bool>()) scenario.seed = *rc::gen::arbitrary<std::uint64_t>();
  for (auto& count : scenario.data) count = *rc::gen::inRange<std::uint64_t>(100, 10'000'001);
  for (auto& skew : scenario.skew) skew = any_skew();
  const bool closed = *rc::gen::arbitrary<bool>();
  const int phases = *rc::gen::inRange(1, 5);
  for (int i = 0; i < phases; ++i) scenario.phases.push_back(*any_phase(closed, i));
  scenario.phases.front().warmup = phases > 1 && *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) {
    scenario.profiles = {"standard"};
    scenario.faults.push_back({5ms, FaultAction::kDelay, "broker", 1'500us, 7ms});
    scenario.faults.push_back({9'999us, FaultAction::kHeal, "broker", {}, {}});
  }
  scenario.slos.push_back(*parse_slo("command.latency:p(99.9)<250ms"));
  scenario.probing = *rc::gen::element(Probing{1, true}, Probing{1, false}, Probing{100, true});
  scenario.expect.visible = std::chrono::milliseconds(*rc::gen::inRange(1, 1'000'000));
  scenario.expect.verify.clear();
  if (*rc::gen::arbitrary<bool>()) scenario.expect.verify = {"deep", "order"};
  scenario.timeout = std::chrono::milliseconds(*rc::gen::inRange(1, 600'001));
  scenario.max_in_flight = *rc::gen::inRange<std::uint32_t>(1, 200'001);
  return scenario;
}

RC_GTEST_PROP(ScenarioFile, TheCanonicalFormReadsBackAsTheSame, ()) {
  const Scenario scenario = any_scenario();
  const auto again = parse_scenario(scenario_json(scenario).dump(1), "again.json");
  if (!again) RC_FAIL(again.error().message);
  RC_ASSERT(*again == scenario);
}

// Whatever is smaller must be as good a scenario, with its faults in the same phases.
RC_GTEST_PROP(ScenarioFile, SmallerOnesAreGoodScenarios, ()) {
  const Scenario scenario = any_scenario();
  const Scenario small =
      scaled(scenario, *rc::gen::inRange(1, 101) / 100.0, *rc::gen::inRange(1, 101) / 100.0);
  const auto again = parse_scenario(scenario_json(small).dump(1), "small.json");
  if (!again) RC_FAIL(again.error().message);
  RC_ASSERT(small.duration() <= scenario.duration());
  RC_ASSERT(small.phases.size() == scenario.phases.size());
}

TEST(ScenarioFile, ScalingKeepsTheShape) {
  Scenario scenario = read(R"({"name": "x", "profiles": ["standard"],
    "data": {"users": 1000, "products": 1000},
    "skew": {"users": {"hot": {"keys": 500}}},
    "phases": [
      {"name": "a", "duration": "5s", "arrival": {"rate": 100}, "mix": {"create_order": 1}},
      {"name": "b", "duration": "60s", "arrival": {"rate": 1000}, "mix": {"create_order": 1}}],
    "faults": [{"at": "35s", "do": "freeze", "target": "broker", "for": "6s"}]})");
  const Scenario small = scaled(scenario, 0.1, 0.5);
  EXPECT_EQ(small.phases[0].duration, 1s);  // not half a second
  EXPECT_EQ(small.phases[1].duration, 6s);
  EXPECT_EQ(small.phases[1].arrival.from, 500);
  EXPECT_EQ(small.data[0], 100U);
  EXPECT_EQ(small.skew[0].hot_keys, 100U);
  EXPECT_EQ(small.faults[0].at, 4s);  // still in the middle of its phase
  EXPECT_EQ(small.faults[0].lasting, 600ms);
  EXPECT_EQ(scaled(scenario, 1, 1), scenario);
}

}  // namespace
}  // namespace cqrs
