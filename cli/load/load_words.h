// The words of `cqrsctl load` as a scenario: what they say alone, or what they change of a file.
#pragma once

#include "core/base/result.h"
#include "core/workload/scenario.h"

#include <optional>
#include <string>
#include <vector>

namespace cqrs::load {

// Option values as they were typed; the names are those of the options.
struct LoadWords {
  std::optional<std::string> scenario;  // FILE
  std::optional<std::string> mix;       // create_order=70,get_order=20; a name alone weighs 1
  std::optional<std::string> rate;      // 500 | 100:2000 | 100:2000/60s
  std::optional<std::string> stages;    // 500@30s,500:1000@1m
  bool closed = false;
  std::optional<std::string> concurrency;  // clients of the closed model
  std::optional<std::string> think;        // 10ms
  std::optional<std::string> arrival;      // poisson | uniform
  std::optional<std::string> warmup;       // 10s; 0s: none
  std::optional<std::string> duration;     // 60s
  std::optional<std::string> max_inflight;
  std::optional<std::string> probe_staleness;  // all | 1/N | none
  std::vector<std::string> faults;  // ACTION[=DELAY][:TARGET]@[+]TIME[/LASTING], with commas
  std::vector<std::string> slos;
  std::optional<std::string> users;  // there before the first phase
  std::optional<std::string> products;
  std::optional<std::string> orders;
  std::optional<std::string> timeout;
  std::optional<std::string> seed;
};

// Without a file: 200/s for 30 s after 5 s of warm-up, create_order=70, get_order=20,
// cancel_order=10, over 1,000 users and products, and 1,000 orders when the mix acts on orders.
//
// On top of a file: --rate, --stages and --closed replace its phases, keeping how long they were,
// how long they warmed up, and their mix; --mix is the mix of all phases; --duration stretches the
// measured phases in proportion; --warmup is one phase at the first measured rate in place of those
// there were; --arrival, --concurrency and --think hold for all phases; --fault and --slo add to
// the file's. Everything else replaces.
//
// Errors: not_found (no such file), unavailable (it cannot be read), and invalid: the field is the
// option, every problem that is found stands on a line of its own.
[[nodiscard]] Result<Scenario> scenario_of(const LoadWords& words);

// The parts that other commands read, too. Errors: invalid, field `--mix`, `--fault`.
[[nodiscard]] Result<std::vector<MixPart>> parse_mix(const std::string& text);
// In order of time. "kill:projector@30s,restart@+10s": what has no target has that of the one
// before, +10s is 10 s after the one before.
[[nodiscard]] Result<std::vector<Fault>> parse_faults(const std::string& text);
// Reads a file of scenarios/. Errors as above.
[[nodiscard]] Result<Scenario> read_scenario(const std::string& path);

}  // namespace cqrs::load
