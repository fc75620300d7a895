// One simulated system, driven by one seed: clients, a command process and projectors over memory
// stores, with faults at every durable call. Single-threaded; the same seed gives the same run.
#pragma once

#include "tests/simulation/clients.h"
#include "tests/simulation/planted_bugs.h"

#include <cstdint>

namespace cqrs::simulation {

// Runs the whole life of one system. The first invariant that broke, in words.
[[nodiscard]] Violation simulate(std::uint64_t seed, PlantedBug bug = PlantedBug::kNone);

}  // namespace cqrs::simulation
