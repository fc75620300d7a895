// Usage errors: exit code 2, a reason on stderr, an error object on stdout with -o json, and
// nothing sent or made. And where a setting comes from: flag over environment over file.
#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace cqrs::e2e {
namespace {

struct Mistake {
  const char* name;
  Words words;
  const char* named;  // what the message must mention
};
std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.name; }

class UsageError : public testing::TestWithParam<Mistake> {};

TEST_P(UsageError, ExitsWithTwoAndSendsNothing) {
  const TestSystem system;
  system.up();
  const Finished finished = system.ctl(GetParam().words);
  EXPECT_EQ(finished.exit_code, 2) << finished;
  EXPECT_EQ(finished.out, "") << finished;
  EXPECT_NE(finished.err.find(GetParam().named), std::string::npos) << finished;
  EXPECT_EQ(system.head(), 0);
  EXPECT_FALSE(std::filesystem::exists(system.file("ledgers"))) << "a ledger was begun";
  EXPECT_EQ(system.get("/v1/admin/generations").at("generations").size(), 1U);
}

TEST_P(UsageError, IsAnObjectOnStdoutWhenJsonIsAskedFor) {
  const TestSystem system;
  const Json out = system.ctl_json(GetParam().words, 2);
  ASSERT_TRUE(out.contains("error")) << out;
  expect_fields(out.at("error"), {"code", "message", "hint"});
  EXPECT_NE(out.at("error").value("message", "").find(GetParam().named), std::string::npos) << out;
}

TEST_P(UsageError, MakesNoDataDirectory) {
  const TestSystem system;
  EXPECT_EQ(system.ctl(GetParam().words).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(system.dir()));
}

INSTANTIATE_TEST_SUITE_P(
    Cqrsctl, UsageError,
    testing::Values(
        Mistake{"UnknownFlag", {"seed", "--frobnicate"}, "--frobnicate"},
        Mistake{"UnknownCommand", {"frobnicate"}, "frobnicate"},
        Mistake{"UsersNoNumber", {"seed", "--users", "abc"}, "--users"},
        Mistake{"UsersNegative", {"seed", "--users", "-5"}, "--users"},
        Mistake{"UsersAbsurd", {"seed", "--users", "1e30"}, "--users"},
        Mistake{"UsersFraction", {"seed", "--users", "1.5"}, "--users"},
        Mistake{"OrdersWithoutUsers", {"seed", "--users", "0", "--orders", "5"}, "--orders"},
        Mistake{"NothingToSeed",
                {"seed", "--users", "0", "--products", "0", "--orders", "0"},
                "at least 1"},
        Mistake{"NoConnections", {"seed", "--concurrency", "0"}, "--concurrency"},
        Mistake{"TooDeep", {"seed", "--depth", "100000"}, "--depth"},
        Mistake{"SeedNoNumber", {"seed", "--seed", "abc"}, "--seed"},
        Mistake{"BadMode", {"verify", "--mode", "thorough"}, "thorough"},
        Mistake{"BadInjectionKind", {"verify", "--inject", "broken=1"}, "broken"},
        Mistake{"BadInjectionCount", {"verify", "--inject", "lost=many"}, "lost=many"},
        Mistake{"InjectionWithShallowMode",
                {"verify", "--mode", "counts", "--inject", "lost=1"},
                "--mode"},
        Mistake{"BadSettle", {"verify", "--settle", "forever"}, "--settle"},
        Mistake{"LimitNegative", {"verify", "--limit", "-1"}, "--limit"},
        Mistake{"ShowLimitNegative", {"ledger", "show", "--limit", "-1"}, "--limit"},
        Mistake{"NoCommand", {}, "a command is missing: run cqrsctl --help"},
        Mistake{"NoSubcommand", {"events"}, "a command is missing: run cqrsctl events --help"},
        Mistake{"UnknownSubcommand", {"events", "frobnicate"}, "no command \"frobnicate\""},
        Mistake{"UnknownFlagOfASubcommand",
                {"replay", "drop", "2", "--force", "now"},
                "no option --force: run cqrsctl replay drop --help"},
        Mistake{"OneTooMany", {"status", "extra"}, "\"extra\" is not expected here"},
        Mistake{"SwitchToNoNumber", {"replay", "switch", "--to", "x", "--execute"}, "1 to 1000000"},
        Mistake{"BadReplayStart", {"replay", "--execute", "--from", "middle"}, "--from"},
        Mistake{"BadReplayWait", {"replay", "--execute", "--wait", "never"}, "--wait"},
        Mistake{"DropWithoutGeneration", {"replay", "drop", "--execute"}, "generation"},
        Mistake{"BadDownWait", {"down", "--wait", "x"}, "--wait"},
        Mistake{"BadListen", {"up", "--listen", "nowhere"}, "--listen"},
        Mistake{"PointsFalling", {"growth", "--points", "30k,10k"}, "--points"},
        Mistake{"PointsZero", {"growth", "--points", "0,10k"}, "--points"},
        Mistake{"PointsJunk", {"growth", "--points", "10k,many"}, "--points"},
        Mistake{"PointsAbsurd", {"growth", "--points", "10k,1e30"}, "--points"},
        Mistake{"OnePoint", {"growth", "--points", "10k"}, "--points"},
        Mistake{"GrowthWithoutConnections", {"growth", "--concurrency", "0"}, "--concurrency"},
        Mistake{"NoRounds", {"ceilings", "--rounds", "0"}, "--rounds"},
        Mistake{"SecondsNoNumber", {"ceilings", "--seconds", "nan"}, "--seconds"},
        Mistake{"SecondsNegative", {"ceilings", "--seconds", "-1"}, "--seconds"},
        Mistake{"CeilingsTooDeep", {"ceilings", "--depth", "501"}, "--depth"},
        Mistake{"BadDemoSize", {"demo", "--size", "abc"}, "--size"},
        Mistake{"MissingConfigFile", {"-c", "/nonexistent.ini", "status"}, "/nonexistent.ini"}),
    [](const testing::TestParamInfo<Mistake>& mistake) { return mistake.param.name; });

TEST(Usage, AnUnknownOutputFormatIsRefused) {
  const TestSystem system;
  const Finished finished = system.ctl({"-o", "xml", "status"});
  EXPECT_EQ(finished.exit_code, 2) << finished;
  EXPECT_NE(finished.err.find("xml"), std::string::npos) << finished;
}

TEST(Usage, HelpAndVersionSucceedOnStdout) {
  const TestSystem system;
  for (const char* flag : {"--help", "--version"}) {
    const Finished finished = system.ctl({flag});
    EXPECT_EQ(finished.exit_code, 0) << finished;
    EXPECT_NE(finished.out.find("cqrsctl"), std::string::npos) << finished;
  }
  const Finished seed = system.ctl({"seed", "--help"});
  EXPECT_EQ(seed.exit_code, 0) << seed;
  EXPECT_NE(seed.out.find("Examples:\n  cqrsctl seed"), std::string::npos) << seed;
}

TEST(Usage, AnUnknownSettingInTheConfigurationFileIsNamed) {
  const TestSystem system;
  write_text(system.scratch("bad.ini"), "frobnicate = 3\n");
  const Finished finished = system.ctl({"-c", system.scratch("bad.ini"), "status"});
  EXPECT_EQ(finished.exit_code, 2) << finished;
  EXPECT_NE(finished.err.find("frobnicate"), std::string::npos) << finished;
}

TEST(Usage, ABadValueInTheConfigurationFileIsRefused) {
  const TestSystem system;
  write_text(system.scratch("bad.ini"), "output = xml\n");
  const Finished finished = system.ctl({"-c", system.scratch("bad.ini"), "status"});
  EXPECT_EQ(finished.exit_code, 2) << finished;
  EXPECT_NE(finished.err.find("output"), std::string::npos) << finished;
}

TEST(Usage, ASettingOfACommandStandsInItsSection) {
  const TestSystem system;
  system.up();
  write_text(system.scratch("small.ini"), "[seed]\nusers = 5\nproducts = 4\norders = 3\n");
  const Json seed = system.ctl_json({"-c", system.scratch("small.ini"), "seed"});
  EXPECT_EQ(seed.value("acked", 0), 12);
}

TEST(Usage, AFlagInTheConfigurationFileMeansWhatItMeansOnTheCommandLine) {
  const TestSystem system;
  system.up();
  const std::string config = system.scratch("flags.ini");
  int seed = 1;
  for (const bool skip : {true, false}) {
    SCOPED_TRACE(skip);
    write_text(config, std::string("[seed]\nno-verify = ") + (skip ? "true" : "false") + "\n");
    const Json result = system.ctl_json({"-c", config, "seed", "--users", "3", "--products", "3",
                                         "--orders", "3", "--seed", std::to_string(seed++)});
    EXPECT_EQ(result.at("lost").is_null(), skip) << result;
  }
}

// `status` names the directory that it looked into.
TEST(Usage, AFlagBeatsTheEnvironmentWhichBeatsTheFile) {
  const TestSystem system;
  const std::string config = system.scratch("order.ini");
  write_text(config, "data-dir = " + system.scratch("from-file") + "\n");
  Variables variables = system.variables();
  const Words words{CQRSCTL_PROGRAM, "-c", config, "status"};
  EXPECT_NE(run(words, variables).err.find("from-file"), std::string::npos);

  variables.emplace_back("CQRSCTL_DATA_DIR", system.scratch("from-environment"));
  EXPECT_NE(run(words, variables).err.find("from-environment"), std::string::npos);

  Words with_flag = words;
  with_flag.insert(with_flag.end(), {"--data-dir", system.scratch("from-flag")});
  EXPECT_NE(run(with_flag, variables).err.find("from-flag"), std::string::npos);

  EXPECT_NE(run({CQRSCTL_PROGRAM, "status"}, system.variables()).err.find(system.scratch("state")),
            std::string::npos)
      << "the default is the user's state directory";
}

TEST(Usage, TheServiceRefusesBadOptions) {
  const TestSystem system;
  for (const Words& words : {Words{}, Words{"--data-dir", system.dir(), "--roles", "command"},
                             Words{"--data-dir", system.dir(), "--listen", "127.0.0.1:99999"},
                             Words{"--data-dir", system.dir(), "--log-level", "loud"},
                             Words{"--data-dir", system.dir(), "--frobnicate"}}) {
    const Finished finished = system.service(words);
    EXPECT_EQ(finished.exit_code, 2) << finished;
    EXPECT_NE(finished.err, "");
  }
  EXPECT_FALSE(std::filesystem::exists(system.dir()));
}

}  // namespace
}  // namespace cqrs::e2e
