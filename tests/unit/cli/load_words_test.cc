#include "cli/load/load_words.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace cqrs::load {
namespace {

using namespace std::chrono_literals;
using support::fails_with;
using support::is_ok;
using testing::HasSubstr;

Scenario made_of(const LoadWords& words) {
  auto scenario = scenario_of(words);
  EXPECT_THAT(scenario, is_ok());
  return scenario ? *scenario : Scenario{};
}

std::string refusal_of(const LoadWords& words) {
  const auto scenario = scenario_of(words);
  if (scenario.ok()) return "accepted";
  EXPECT_EQ(scenario.error().code, ErrorCode::kInvalid);
  return scenario.error().field + " | " + scenario.error().message;
}

// A scenario file that is gone after the test.
class FileWith {
 public:
  explicit FileWith(std::string_view text)
      : path_(std::filesystem::temp_directory_path() /
              ("load_words_" + std::to_string(::getpid()) + ".json")) {
    std::ofstream(path_) << text;
  }
  FileWith(const FileWith&) = delete;
  FileWith& operator=(const FileWith&) = delete;
  ~FileWith() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(LoadWords, WithoutAnyThereIsAUsefulLoad) {
  const Scenario scenario = made_of({});
  ASSERT_EQ(scenario.phases.size(), 2U);
  EXPECT_TRUE(scenario.phases[0].warmup);
  EXPECT_EQ(scenario.phases[0].duration, 5s);
  EXPECT_EQ(scenario.phases[1].duration, 30s);
  EXPECT_EQ(scenario.phases[1].arrival.from, 200);
  EXPECT_EQ(scenario.phases[1].arrival.to, 200);
  EXPECT_EQ(scenario.phases[1].mix.size(), 3U);
  EXPECT_EQ(scenario.data, (std::array<std::uint64_t, 3>{1'000, 1'000, 1'000}));
  EXPECT_FALSE(scenario.closed());
}

TEST(LoadWords, OrdersAreThereOnlyWhenTheMixActsOnThem) {
  LoadWords words;
  words.mix = "create_order=1";
  EXPECT_EQ(made_of(words).data[2], 0U);
  words.mix = "create_order=1,pay_order";
  EXPECT_EQ(made_of(words).data[2], 1'000U);
}

TEST(LoadWords, RatesAreConstantOrRampsWithADuration) {
  LoadWords words;
  words.rate = "20k/s";
  EXPECT_EQ(made_of(words).phases[1].arrival.to, 20'000);
  words.rate = "100:2000/60s";
  const Scenario ramp = made_of(words);
  EXPECT_EQ(ramp.phases[1].arrival.from, 100);
  EXPECT_EQ(ramp.phases[1].arrival.to, 2'000);
  EXPECT_EQ(ramp.phases[1].duration, 60s);
  EXPECT_EQ(ramp.phases[0].arrival.to, 100);  // warmed up at its beginning
  words.rate = "0:500";
  words.duration = "10s";
  const Scenario from_nothing = made_of(words);
  EXPECT_EQ(from_nothing.phases[0].arrival.from, 50);
  EXPECT_EQ(from_nothing.phases[1].duration, 10s);
}

TEST(LoadWords, StagesFollowEachOther) {
  LoadWords words;
  words.stages = "500@30s,500:1k@1m";
  words.warmup = "0s";
  words.arrival = "poisson";
  const Scenario scenario = made_of(words);
  ASSERT_EQ(scenario.phases.size(), 2U);
  EXPECT_EQ(scenario.phases[0].name, "load 1");
  EXPECT_EQ(scenario.phases[0].duration, 30s);
  EXPECT_EQ(scenario.phases[1].arrival.from, 500);
  EXPECT_EQ(scenario.phases[1].arrival.to, 1'000);
  EXPECT_EQ(scenario.phases[1].duration, 60s);
  EXPECT_EQ(scenario.phases[1].arrival.process, ArrivalProcess::kPoisson);
}

TEST(LoadWords, TheClosedModelHasClientsThatThink) {
  LoadWords words;
  words.closed = true;
  EXPECT_EQ(made_of(words).phases[1].arrival.clients, 8U);
  words.concurrency = "32";
  words.think = "10ms";
  words.warmup = "0";
  const Scenario scenario = made_of(words);
  ASSERT_EQ(scenario.phases.size(), 1U);
  EXPECT_TRUE(scenario.closed());
  EXPECT_EQ(scenario.phases[0].arrival.clients, 32U);
  EXPECT_EQ(scenario.phases[0].arrival.think, 10ms);
}

TEST(LoadWords, EverythingElseIsTakenOver) {
  LoadWords words;
  words.users = "10k";
  words.products = "500";
  words.orders = "20";
  words.max_inflight = "77";
  words.timeout = "3s";
  words.seed = "9";
  words.probe_staleness = "1/10";
  words.slos = {"errors<1%", "staleness:p99<1s @10s"};
  const Scenario scenario = made_of(words);
  EXPECT_EQ(scenario.data, (std::array<std::uint64_t, 3>{10'000, 500, 20}));
  EXPECT_EQ(scenario.max_in_flight, 77U);
  EXPECT_EQ(scenario.timeout, 3s);
  EXPECT_EQ(scenario.seed, 9U);
  EXPECT_EQ(scenario.probing, (Probing{10, true}));
  EXPECT_EQ(scenario.slos.size(), 2U);
  words.probe_staleness = "none";
  EXPECT_FALSE(made_of(words).probing.on);
}

TEST(LoadWords, FaultsInheritTheirTargetAndCountFromTheOneBefore) {
  LoadWords words;
  words.faults = {"kill:projector@30s,restart@+10s", "freeze:broker@5s/3s",
                  "delay=100ms:broker@10s,heal@+2s"};
  words.duration = "60s";
  const Scenario scenario = made_of(words);
  ASSERT_EQ(scenario.faults.size(), 5U);
  EXPECT_EQ(scenario.faults[0], (Fault{5s, FaultAction::kFreeze, "broker", 3s, {}}));
  EXPECT_EQ(scenario.faults[1], (Fault{10s, FaultAction::kDelay, "broker", {}, 100ms}));
  EXPECT_EQ(scenario.faults[2], (Fault{12s, FaultAction::kHeal, "broker", {}, {}}));
  EXPECT_EQ(scenario.faults[3], (Fault{30s, FaultAction::kKill, "projector", {}, {}}));
  EXPECT_EQ(scenario.faults[4], (Fault{40s, FaultAction::kRestart, "projector", {}, {}}));
  EXPECT_EQ(scenario.profiles, std::vector<std::string>{"standard"});
  words.faults = {"kill:all@3s,restart@+1s"};
  EXPECT_EQ(made_of(words).profiles, std::vector<std::string>{"embedded"});
}

TEST(LoadWords, ErrorsNameTheOptionAndTheWayOut) {
  const auto with = [](auto change) {
    LoadWords words;
    change(words);
    return refusal_of(words);
  };
  EXPECT_THAT(with([](auto& w) { w.mix = "create_ordr=1"; }),
              HasSubstr("--mix | --mix has no operation \"create_ordr\": did you mean "));
  EXPECT_THAT(with([](auto& w) { w.mix = "create_order=0"; }), HasSubstr("above 0"));
  EXPECT_THAT(with([](auto& w) { w.mix = "create_user,create_user"; }), HasSubstr("twice"));
  EXPECT_THAT(with([](auto& w) { w.rate = "fast"; }), HasSubstr("--rate | --rate must be a rate"));
  EXPECT_THAT(with([](auto& w) { w.rate = "2m"; }), HasSubstr("--rate | "));
  EXPECT_THAT(with([](auto& w) { w.rate = "0"; }), HasSubstr("nothing would ever be sent"));
  EXPECT_THAT(with([](auto& w) { w.rate = "1:2/0s"; }), HasSubstr("--rate must be a time"));
  EXPECT_THAT(with([](auto& w) { w.rate = "1:2/9s", w.duration = "9s"; }), HasSubstr("--duration"));
  EXPECT_THAT(with([](auto& w) { w.stages = "500"; }), HasSubstr("has no duration"));
  EXPECT_THAT(with([](auto& w) { w.stages = "500@30s", w.rate = "5"; }),
              HasSubstr("exclude --rate"));
  EXPECT_THAT(with([](auto& w) { w.closed = true, w.rate = "5"; }), HasSubstr("--closed excludes"));
  EXPECT_THAT(with([](auto& w) { w.concurrency = "5"; }), HasSubstr("add --closed"));
  EXPECT_THAT(with([](auto& w) { w.think = "5ms"; }), HasSubstr("add --closed"));
  EXPECT_THAT(with([](auto& w) { w.closed = true, w.max_inflight = "5"; }),
              HasSubstr("open model"));
  EXPECT_THAT(with([](auto& w) { w.closed = true, w.arrival = "poisson"; }),
              HasSubstr("open model"));
  EXPECT_THAT(with([](auto& w) { w.arrival = "posson"; }), HasSubstr("poisson or uniform"));
  EXPECT_THAT(with([](auto& w) { w.duration = "30"; }), HasSubstr("--duration must be a time"));
  EXPECT_THAT(with([](auto& w) { w.warmup = "-5s"; }), HasSubstr("--warmup must be a time"));
  EXPECT_THAT(with([](auto& w) { w.timeout = "1h"; }), HasSubstr("--timeout must be a time"));
  EXPECT_THAT(with([](auto& w) { w.probe_staleness = "1/0"; }), HasSubstr("all, none or a share"));
  EXPECT_THAT(with([](auto& w) { w.slos = {"eror<1%"}; }), HasSubstr("--slo | --slo: the thres"));
  EXPECT_THAT(with([](auto& w) { w.seed = "x"; }), HasSubstr("2^64-1"));
  EXPECT_THAT(with([](auto& w) { w.users = "11m"; }), HasSubstr("--users is above the limit"));
  EXPECT_THAT(with([](auto& w) { w.users = "0"; }), HasSubstr("--users"));
  for (const auto& [fault, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"kil:projector@1s", "did you mean kill?"},
           {"kill:projectr@1s", "did you mean projector?"},
           {"kill@1s", "what is hit"},
           {"kill:projector", "says not when"},
           {"kill:projector@soon", "no time"},
           {"freeze:projector@1s", "only servers stand behind the proxy"},
           {"freeze:broker@1s/0s", "could last"},
           {"delay:broker@1s", "delay=100ms"},
           {"kill=5ms:broker@1s", "delay=100ms"},
           {"kill:projector@50s", "the phases end at 35s"},
           {"kill:all@1s,kill:relay@1s", "has no process \"all\""}}) {
    EXPECT_THAT(with([f = fault](auto& w) { w.faults = {f}; }), HasSubstr(says)) << fault;
  }
}

constexpr const char* kFile = R"({
  "name": "file",
  "data": {"users": 50, "products": 60},
  "phases": [
    {"name": "w", "warmup": true, "duration": "4s", "arrival": {"rate": 10}, "mix": {"create_user": 1}},
    {"name": "a", "duration": "10s", "arrival": {"rate": 20}, "mix": {"create_order": 1}},
    {"name": "b", "duration": "30s", "arrival": {"rate": 40}, "mix": {"create_order": 1}}
  ],
  "slos": ["errors<1%"]
})";

TEST(LoadWords, AFileIsTakenAsItIs) {
  const FileWith file(kFile);
  LoadWords words;
  words.scenario = file.path();
  const Scenario scenario = made_of(words);
  EXPECT_EQ(scenario.name, "file");
  EXPECT_EQ(scenario.phases.size(), 3U);
  EXPECT_EQ(scenario.data[0], 50U);
}

TEST(LoadWords, ARateReplacesTheFilesPhasesAndKeepsTheirLength) {
  const FileWith file(kFile);
  LoadWords words;
  words.scenario = file.path();
  words.rate = "500";
  const Scenario scenario = made_of(words);
  ASSERT_EQ(scenario.phases.size(), 2U);
  EXPECT_EQ(scenario.phases[0].duration, 4s);
  EXPECT_EQ(scenario.phases[0].arrival.from, 500);
  EXPECT_EQ(scenario.phases[1].duration, 40s);
  EXPECT_EQ(scenario.phases[1].mix.front().operation, Operation::kCreateOrder);
  EXPECT_EQ(scenario.data[1], 60U);
}

TEST(LoadWords, OtherWordsChangeTheFilesPhases) {
  const FileWith file(kFile);
  LoadWords words;
  words.scenario = file.path();
  words.duration = "20s";
  words.warmup = "1s";
  words.mix = "create_user=1";
  words.arrival = "poisson";
  words.slos = {"staleness:p99<1s"};
  words.users = "70";
  const Scenario scenario = made_of(words);
  ASSERT_EQ(scenario.phases.size(), 3U);
  EXPECT_EQ(scenario.phases[0].duration, 1s);
  EXPECT_EQ(scenario.phases[0].arrival.from, 20);  // that of the first measured phase
  EXPECT_EQ(scenario.phases[1].duration, 5s);
  EXPECT_EQ(scenario.phases[2].duration, 15s);
  EXPECT_EQ(scenario.phases[2].mix.front().operation, Operation::kCreateUser);
  EXPECT_EQ(scenario.phases[2].arrival.process, ArrivalProcess::kPoisson);
  EXPECT_EQ(scenario.slos.size(), 2U);
  EXPECT_EQ(scenario.data[0], 70U);
}

TEST(LoadWords, AFileThatIsNotThereIsNotFound) {
  LoadWords words;
  words.scenario = "no/such/file.json";
  EXPECT_THAT(scenario_of(words), fails_with(ErrorCode::kNotFound, "--scenario"));
}

TEST(LoadWords, AFilesErrorsKeepTheirLines) {
  const FileWith file("{\n  \"name\": \"x\",\n  \"phases\": 5\n}");
  LoadWords words;
  words.scenario = file.path();
  EXPECT_THAT(refusal_of(words), HasSubstr(file.path() + ":3: phases: must be an array"));
}

}  // namespace
}  // namespace cqrs::load
