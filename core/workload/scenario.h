// A load scenario as it is run: what data there is, phase by phase how much of what arrives when,
// what is broken meanwhile, and what must hold. Read from scenarios/*.json (scenario_file.h) or put
// together from the options of `cqrsctl load`. All times are offsets from the start of the first
// phase.
#pragma once

#include "core/workload/operation.h"
#include "core/workload/slo.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

// Which of the entities that are there is chosen.
struct Skew {
  enum class Shape : std::uint8_t { kUniform, kZipfian, kHotKeys };
  Shape shape = Shape::kUniform;
  double exponent = 0.99;      // zipfian: 0 < exponent < 2, YCSB's default
  std::uint64_t hot_keys = 1;  // hot keys: so many of them …
  double hot_share = 0.9;      // … get this share of the choices, 0 to 1

  friend bool operator==(const Skew&, const Skew&) = default;
};

enum class ArrivalProcess : std::uint8_t { kUniform, kPoisson };

// How operations arrive during a phase.
struct ArrivalModel {
  bool closed = false;
  // Open: operations per second at the beginning and the end of the phase, changing linearly.
  double from = 0;
  double to = 0;
  ArrivalProcess process = ArrivalProcess::kUniform;
  // Closed: so many clients, each waiting this long after an answer.
  std::uint32_t clients = 1;
  std::chrono::microseconds think{0};

  friend bool operator==(const ArrivalModel&, const ArrivalModel&) = default;
};

struct MixPart {
  Operation operation = Operation::kCreateUser;
  double weight = 1;  // relative to the other parts

  friend bool operator==(const MixPart&, const MixPart&) = default;
};

struct Phase {
  std::string name;
  std::chrono::microseconds duration{0};
  bool warmup = false;  // sent and proven, but in no figure
  ArrivalModel arrival;
  std::vector<MixPart> mix;

  friend bool operator==(const Phase&, const Phase&) = default;
};

enum class FaultAction : std::uint8_t {
  kKill,     // SIGKILL
  kPause,    // SIGSTOP, ended by resume
  kResume,   // SIGCONT
  kRestart,  // started again when it does not run, else stopped orderly and started
  kFreeze,   // of a server behind the proxy: connections stay, nothing passes; ended by heal
  kCut,      // of a server behind the proxy: connections are reset and refused; ended by heal
  kDelay,    // of a server behind the proxy: everything passes later; ended by heal
  kHeal,
};

struct Fault {
  std::chrono::microseconds at{0};
  FaultAction action = FaultAction::kKill;
  std::string target;  // a role ("projector") or a server ("broker", "postgres" …)
  std::chrono::microseconds lasting{0};  // ended by itself after that; 0: only by another fault
  std::chrono::milliseconds delay{0};    // of kDelay

  friend bool operator==(const Fault&, const Fault&) = default;
};

// How many of the commands are followed until a read shows their effect.
struct Probing {
  std::uint64_t one_in = 1;  // 1: as many as the probes manage
  bool on = true;

  friend bool operator==(const Probing&, const Probing&) = default;
};

struct Expectation {
  std::string verdict = "pass";                // what the run must end with
  std::chrono::milliseconds visible{60'000};   // everything acknowledged must be visible by then
  std::vector<std::string> verify{"default"};  // modes of `cqrsctl verify` to run afterwards

  friend bool operator==(const Expectation&, const Expectation&) = default;
};

struct Scenario {
  std::string name;
  std::string description;
  std::optional<std::uint64_t> seed;    // nothing: a new one every time
  std::vector<std::string> profiles;    // where it can run; empty: anywhere
  std::array<std::uint64_t, 3> data{};  // entities by kind that are there before the first phase
  std::array<Skew, 3> skew{};           // by kind
  std::vector<Phase> phases;
  std::vector<Fault> faults;  // in order of time
  std::vector<Slo> slos;
  Probing probing;
  Expectation expect;
  std::chrono::milliseconds timeout{10'000};  // of a request
  std::uint32_t max_in_flight = 10'000;       // open model: beyond it the schedule lags

  [[nodiscard]] bool closed() const { return !phases.empty() && phases.front().arrival.closed; }
  [[nodiscard]] std::chrono::microseconds duration() const {
    std::chrono::microseconds sum{0};
    for (const auto& phase : phases) sum += phase.duration;
    return sum;
  }
  friend bool operator==(const Scenario&, const Scenario&) = default;
};

}  // namespace cqrs
