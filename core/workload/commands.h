// The workload as the engine sees it, without HTTP: the command that a request of the generator
// becomes, and the event that this command leads to. For benchmarks of one stage alone.
#pragma once

#include "core/workload/generator.h"
#include "core/write/command.h"

namespace cqrs {

// Creates entity `index` under its idempotency key. The scope and the fingerprint are not those of
// a service, which hashes them; they are as random and as long.
[[nodiscard]] Command create_command(const Generator& generator, Kind kind, std::uint64_t index);

// What creating entity `index` records.
[[nodiscard]] EventBody created_event(const Generator& generator, Kind kind, std::uint64_t index);

}  // namespace cqrs
