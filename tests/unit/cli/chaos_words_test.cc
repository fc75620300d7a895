#include "cli/load/chaos_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace cqrs {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

RunningSystem standard(const std::vector<std::string>& roles) {
  RunningSystem system;
  system.profile = "standard";
  for (const auto& role : roles) system.processes.push_back({role, 1, 1, "", 0, ""});
  return system;
}

RunningSystem embedded() {
  RunningSystem system;
  system.processes.push_back({"all", 1, 1, "", 0, ""});
  return system;
}

const std::vector<std::string> kRoles{"gateway",   "command",   "command", "relay",
                                      "projector", "projector", "query",   "proxy"};

RandomKills kills(std::uint64_t seed) {
  return {seed,
          milliseconds(500),
          milliseconds(1'000),
          milliseconds(60'000),
          milliseconds(5'000),
          killable(standard(kRoles)),
          false};
}

TEST(ChaosWords, ProcessesAreNamedWithANumberWhereARoleHasSeveralAndTheProxyIsNotOneOfThem) {
  EXPECT_THAT(killable(standard(kRoles)), ElementsAre("gateway", "command-1", "command-2", "relay",
                                                      "projector-1", "projector-2", "query"));
  EXPECT_THAT(killable(embedded()), ElementsAre("all"));
}

TEST(ChaosWords, TheSameSeedGivesTheSameFaultsAndAnotherSeedOthers) {
  const auto text = [](const std::vector<Fault>& faults) {
    std::string all;
    for (const auto& line : told(faults)) all += line + "\n";
    return all;
  };
  EXPECT_EQ(text(random_kills(kills(7))), text(random_kills(kills(7))));
  EXPECT_NE(text(random_kills(kills(7))), text(random_kills(kills(8))));
}

// Whatever the seed: each kill has its restart, nobody is killed twice before it can be back, the
// last replica of a role that has several is spared, and the end is quiet.
TEST(ChaosWords, KillsKeepTheirRulesForEverySeed) {
  std::set<std::string> chosen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto faults = random_kills(kills(seed));
    EXPECT_GT(faults.size(), 50U);
    std::map<std::string, microseconds> back;
    for (const auto& fault : faults) {
      chosen.insert(fault.target);
      EXPECT_EQ(fault.action, FaultAction::kKill);
      EXPECT_EQ(fault.lasting, milliseconds(1'000));
      EXPECT_LE(fault.at, milliseconds(55'000));
      EXPECT_TRUE(!back.contains(fault.target) || fault.at >= back[fault.target]);
      back[fault.target] = fault.at + fault.lasting;
      for (const char* role : {"command", "projector"}) {
        const std::string name(role);
        const bool both = back.contains(name + "-1") && back.contains(name + "-2") &&
                          back[name + "-1"] > fault.at && back[name + "-2"] > fault.at;
        EXPECT_FALSE(both) << "seed " << seed << ": no " << role << " is left";
      }
    }
  }
  EXPECT_EQ(chosen.size(), 7U) << "everybody is chosen some time";
}

TEST(ChaosWords, AllReplicasMayGoTogetherWhenThatIsAskedFor) {
  bool together = false;
  for (std::uint64_t seed = 0; seed < 50 && !together; ++seed) {
    auto wanted = kills(seed);
    wanted.all_at_once = true;
    wanted.targets = {"command-1", "command-2"};
    const auto faults = random_kills(wanted);
    for (std::size_t i = 1; i < faults.size(); ++i) {
      together = together || faults[i].at < faults[i - 1].at + faults[i - 1].lasting;
    }
  }
  EXPECT_TRUE(together);
}

TEST(ChaosWords, NoWordsAtAllMakeAScenarioWithWritesReadsAndKills) {
  ChaosWords words;
  const auto scenario = chaos_scenario(words, embedded(), 42);
  ASSERT_TRUE(scenario.ok());
  EXPECT_EQ(scenario->seed, 42U);
  ASSERT_EQ(scenario->phases.size(), 1U);
  EXPECT_EQ(scenario->duration(), std::chrono::seconds(60));
  EXPECT_FALSE(scenario->closed());
  EXPECT_GT(scenario->phases[0].arrival.from, 0);
  bool reads = false;
  bool writes = false;
  for (const auto& part : scenario->phases[0].mix) {
    (info_of(part.operation).command ? writes : reads) = true;
  }
  EXPECT_TRUE(reads && writes);
  ASSERT_FALSE(scenario->faults.empty());
  EXPECT_EQ(scenario->faults[0].target, "all");
}

TEST(ChaosWords, WordsSayWhoHowOftenHowLongAndUnderWhichLoad) {
  ChaosWords words;
  words.roles = "projector,query";
  words.every = "1s";
  words.pause = "300ms";
  words.duration = "20s";
  words.seed = "9";
  words.mix = "create_order=70,get_order=30";
  words.rate = "500/s";
  const auto scenario = chaos_scenario(words, standard(kRoles), 42);
  ASSERT_TRUE(scenario.ok());
  EXPECT_EQ(scenario->seed, 9U);
  EXPECT_EQ(scenario->phases[0].arrival.to, 500);
  EXPECT_EQ(scenario->phases[0].mix.size(), 2U);
  for (const auto& fault : scenario->faults) {
    EXPECT_EQ(fault.lasting, milliseconds(300));
    EXPECT_TRUE(fault.target == "query" || fault.target.starts_with("projector-")) << fault.target;
  }
}

TEST(ChaosWords, OneRoleCanBeNamedInPlaceOfRandom) {
  ChaosWords words;
  words.kill = "relay";
  const auto scenario = chaos_scenario(words, standard(kRoles), 1);
  ASSERT_TRUE(scenario.ok());
  for (const auto& fault : scenario->faults) EXPECT_EQ(fault.target, "relay");
}

struct Wrong {
  ChaosWords words;
  std::string option, part;
};

TEST(ChaosWords, WhatIsWrongIsNamedWithTheWayOut) {
  std::vector<Wrong> wrong;
  const auto add = [&](std::string ChaosWords::*field, const std::string& value,
                       const std::string& option, const std::string& part) {
    ChaosWords words;
    words.*field = value;
    wrong.push_back({std::move(words), option, part});
  };
  add(&ChaosWords::kill, "postman", "--kill", "projector-1");
  add(&ChaosWords::roles, "query,postman", "--roles", "\"postman\"");
  add(&ChaosWords::every, "1ms", "--every", "100ms");
  add(&ChaosWords::every, "soon", "--every", "");
  add(&ChaosWords::duration, "3s", "--for", "--quiet");
  add(&ChaosWords::mix, "create_order", "--mix", "create_order=70");
  add(&ChaosWords::mix, "fly=3", "--mix", "fly");
  add(&ChaosWords::seed, "-1", "--seed", "0 to");
  add(&ChaosWords::rate, "0", "--rate", "");
  for (const auto& each : wrong) {
    const auto scenario = chaos_scenario(each.words, standard(kRoles), 1);
    ASSERT_FALSE(scenario.ok()) << each.option;
    EXPECT_EQ(scenario.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(scenario.error().message, HasSubstr(each.option));
    EXPECT_THAT(scenario.error().message, HasSubstr(each.part));
  }
}

}  // namespace
}  // namespace cqrs
