// What a scenario file may not say, and that the error points at the line and names the way out.
// The examples in bad_scenarios.json are also those of the schema (scripts/check_scenarios.py).
#include "core/base/hash.h"
#include "core/workload/scenario_file.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cqrs {
namespace {

using support::fails_with;
using support::is_ok;
using testing::HasSubstr;
using testing::StartsWith;

std::string text_of_file(const std::string& path) {
  std::ifstream file(std::string(CQRS_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.good()) << path;
  return text.str();
}

TEST(ScenarioErrors, EveryBadExampleIsRefusedWithItsReason) {
  const Json table = Json::parse(text_of_file("tests/unit/workload/bad_scenarios.json"));
  ASSERT_THAT(parse_scenario(table["base"].dump(2), "base.json"), is_ok());
  ASSERT_GT(table["cases"].size(), 50U);
  for (const auto& bad : table["cases"]) {
    Json scenario = table["base"];
    scenario.merge_patch(bad["patch"]);
    const auto read = parse_scenario(scenario.dump(2), "bad.json");
    ASSERT_THAT(read, fails_with(ErrorCode::kInvalid)) << bad["patch"];
    EXPECT_THAT(read.error().message, HasSubstr(bad["says"].get<std::string>())) << bad["patch"];
    EXPECT_THAT(read.error().message, StartsWith("bad.json:")) << bad["patch"];
  }
}

constexpr const char* kMix = R"({
  "name": "mix",
  "data": {"users": 10, "products": 10},
  "phases": [
    {
      "name": "one",
      "duration": "10s",
      "arrival": {"rate": 5},
      "mix": {"create_order": 1}
    },
    {
      "name": "two",
      "duration": "10s",
      "arrival": {
        "rate": 0
      },
      "mix": {
        "create_order": 1,
        "create_ordr": 1
      }
    }
  ],
  "slos": [
    "errors<1%",
    "eror<1%"
  ]
})";

// All in one go, in order of lines.
TEST(ScenarioErrors, EachPointsAtItsLine) {
  EXPECT_EQ(parse_scenario(kMix, "scenarios/mix.json").error().message,
            "scenarios/mix.json:15: phases[1].arrival.rate: must be a number from 0.001 to "
            "1000000\n"
            "scenarios/mix.json:19: phases[1].mix: there is no operation \"create_ordr\": did you "
            "mean create_order?\n"
            "scenarios/mix.json:25: slos[1]: the threshold \"eror<1%\", at character 1: there is "
            "no metric \"eror\": did you mean errors?");
}

TEST(ScenarioErrors, ProblemsOfTheWholePointAtTheirLines) {
  const char* const text = R"({
  "name": "whole",
  "profiles": ["standard"],
  "mix": {
    "create_order": 1
  },
  "phases": [
    {"name": "a", "arrival": {"stages": [
      {"rate": 1, "duration": "1s"}
    ]}}
  ],
  "faults": [
    {"at": "9s", "do": "kill", "target": "relay"},
    {"at": "0s", "do": "kill", "target": "relay"}
  ]
})";
  const auto message = parse_scenario(text, "f").error().message;
  EXPECT_THAT(message, HasSubstr("f:8: phases[0].mix.create_order: create_order needs users"));
  EXPECT_THAT(message, HasSubstr("f:13: faults[0].at: is at 9s, and the phases end at 1s"));
  EXPECT_THAT(message, testing::Not(HasSubstr("f:14")));
}

TEST(ScenarioErrors, WhatIsNoJsonPointsAtItsLine) {
  EXPECT_THAT(parse_scenario("{\n\n  \"name\": ,\n}", "f").error().message,
              StartsWith("f:3: malformed JSON: "));
  EXPECT_THAT(parse_scenario("", "f").error().message, StartsWith("f:1: malformed JSON: "));
  EXPECT_THAT(parse_scenario("{\n\"a\": 1,\n\"a\": 2}", "f").error().message,
              StartsWith("f:3: malformed JSON: duplicate key \"a\""));
  EXPECT_THAT(parse_scenario(std::string("{\n\n\0}", 5), "f").error().message,
              StartsWith("f:3: malformed JSON: NUL"));
  EXPECT_THAT(parse_scenario("{\n" + std::string(40, '['), "f").error().message,
              StartsWith("f:2: malformed JSON: "));
  EXPECT_THAT(parse_scenario("[]", "f").error().message, StartsWith("f:1: must be an object"));
}

TEST(ScenarioErrors, NoMoreThanTwentyAreListed) {
  std::string text = "{\n";
  for (int i = 0; i < 50; ++i) text += "\"x" + std::to_string(i) + "\": 1,\n";
  const auto message = parse_scenario(text + "\"name\": \"x\"}", "f").error().message;
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 20);
  EXPECT_THAT(message, HasSubstr("more"));
}

// A shipped file is damaged at random, bytes and whole lines: it is read, or refused with a line,
// and never anything else.
TEST(ScenarioErrors, DamagedFilesAreReadOrRefusedWithALine) {
  std::uint64_t state = 20'261'128;
  const auto random = [&state](std::size_t below) {
    return static_cast<std::size_t>(split_mix(state) % below);
  };
  constexpr std::string_view kBytes = "{}[]\",:0123456789.-+eE \n\t\\utfnabs/\x01\x7f\x80\xed\xa0";
  for (const char* name : {"smoke", "write-burst", "outage-broker", "hot-product"}) {
    const std::string whole = text_of_file(std::string("scenarios/") + name + ".json");
    const auto lines = static_cast<std::size_t>(std::count(whole.begin(), whole.end(), '\n')) + 1;
    for (int round = 0; round < 500; ++round) {
      std::string text = whole;
      for (std::size_t i = 0; i <= random(3); ++i) {
        const std::size_t at = random(text.size());
        switch (random(4)) {
          case 0:
            text[at] = kBytes[random(kBytes.size())];
            break;
          case 1:
            text.erase(at, 1 + random(20));
            break;
          case 2:
            text.insert(at, text.substr(random(text.size()), random(40)));
            break;
          default:
            text.insert(at, 1, kBytes[random(kBytes.size())]);
        }
      }
      const auto read = parse_scenario(text, "f");
      if (read) continue;
      int line = 0;
      ASSERT_EQ(std::sscanf(read.error().message.c_str(), "f:%d: ", &line), 1)
          << read.error().message;
      ASSERT_GE(line, 1);
      ASSERT_LE(static_cast<std::size_t>(line), lines + 20) << text;
    }
  }
}

}  // namespace
}  // namespace cqrs
