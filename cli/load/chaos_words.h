// What `cqrsctl chaos` breaks when no scenario says it: kills at random, each followed by a
// restart.
#pragma once

#include "core/workload/scenario.h"

#include "cli/system/running.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

// As they were given; empty: not.
struct ChaosWords {
  std::string kill = "random";  // or one of the roles
  std::string every = "2s";     // a fault in each such stretch, at a random moment of it
  std::string pause = "1s";     // from a kill to the restart
  std::string duration = "60s";
  std::string quiet = "5s";  // at the end without new faults, so that recovery is seen
  std::string roles;         // "projector,relay": what random chooses from; empty: all there are
  std::string seed;          // empty: a new one
  std::string mix;           // "create_order=70,get_order=20"; empty: a default
  std::string rate;          // "500/s"; empty: 200/s
  bool all_at_once = false;  // also kill the last replica that runs of a role
};

// The default mix: writes on every kind, and reads whose availability tells what users notice.
[[nodiscard]] const std::vector<MixPart>& default_chaos_mix();

struct RandomKills {
  std::uint64_t seed = 0;
  std::chrono::milliseconds every{2'000};
  std::chrono::milliseconds pause{1'000};
  std::chrono::milliseconds duration{60'000};
  std::chrono::milliseconds quiet{5'000};
  std::vector<std::string> targets;  // processes by name: "projector", "query-2"
  bool all_at_once = false;
};
// A pure function of its argument: in each stretch of `every` one target is killed, and started
// again `pause` later. Who is down is not chosen again before it is back, and the last running
// replica of a role that has several is spared unless all_at_once; a stretch in which nobody may be
// chosen has no fault.
[[nodiscard]] std::vector<Fault> random_kills(const RandomKills& kills);

// The processes that may be killed by name, in the order of run.json: with a number where a role
// has several, "all" in the embedded profile.
[[nodiscard]] std::vector<std::string> killable(const RunningSystem& system);

// A scenario of one phase with these faults; its seed is set. `fresh_seed` is taken when the words
// name none. Errors: invalid (names the option, the limit and the way out).
[[nodiscard]] Result<Scenario> chaos_scenario(const ChaosWords& words, const RunningSystem& system,
                                              std::uint64_t fresh_seed);

// "kill projector-2 at 3.1 s, restart at 4.1 s": one line a fault, for people, before anything is
// sent.
[[nodiscard]] std::vector<std::string> told(const std::vector<Fault>& faults);

}  // namespace cqrs
