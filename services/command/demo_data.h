// A small shop to look around in: users, products and orders with readable names, made on start by
// the same commands that clients send. Published once and only once, however often the service
// starts or is killed while it does.
#pragma once

#include "core/write/command.h"

#include "services/command/committer.h"

#include <cstddef>
#include <vector>

namespace cqrs {

// In order. Every command names a fixed id and the one version that it may find there, so that it
// takes effect at most once whatever became of the entity since: idempotency records, which are
// pruned, are not needed for it.
[[nodiscard]] std::vector<Command> demo_commands();

struct DemoData {
  std::size_t published = 0;   // commands that took effect now
  std::size_t present = 0;     // commands that took effect earlier, or whose entity went other ways
  std::vector<Error> refused;  // what this record has no room for, e.g. an e-mail address is taken
};
// Blocks until all of it is durable or refused. Errors: those of a store that cannot be written
// (unavailable, in_doubt, internal, corrupt); after a new start the rest will be published.
[[nodiscard]] Result<DemoData> publish_demo_data(Committer& committer);
// The same, and the log says what came of it.
[[nodiscard]] Status publish_demo_logged(Committer& committer);

}  // namespace cqrs
