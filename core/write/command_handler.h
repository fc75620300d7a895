// Decides and commits commands in groups: everything that arrived together is one transaction,
// decided in memory in order of arrival, each command on top of those before it.
#pragma once

#include "core/base/clock.h"
#include "core/base/uuid.h"
#include "core/write/command.h"
#include "core/write/write_store.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cqrs {

// Used by one thread. Holds no state between batches but the source of event ids.
class CommandHandler {
 public:
  CommandHandler(WriteStore& store, const Clock& clock, std::uint64_t id_seed)
      : store_(store), clock_(clock), event_ids_(id_seed) {}

  // One outcome per command, in order; ok means durable. A command whose statement fails for a
  // reason of its own is found by halving and alone gets `internal`.
  [[nodiscard]] std::vector<Outcome> execute(std::span<const Command> batch);

 private:
  void execute_into(std::span<const Command> batch, std::span<Outcome> outcomes);

  WriteStore& store_;
  const Clock& clock_;
  UuidV7Source event_ids_;
};

}  // namespace cqrs
