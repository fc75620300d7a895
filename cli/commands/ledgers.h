// Where the ledgers of a data directory are, and what stands in those that a command is about.
#pragma once

#include "core/verify/ledger.h"
#include "core/verify/op_ledger_edge.h"
#include "core/wiring/data_dir.h"

#include <string>
#include <vector>

namespace cqrs {

[[nodiscard]] std::string ledger_directory(const DataDir& dir);
[[nodiscard]] std::string ledger_path(const DataDir& dir, std::uint64_t seed);
// Of the load with that seed; of shard `shard` when there are several.
[[nodiscard]] std::string load_ledger_path(const DataDir& dir, std::uint64_t seed,
                                           std::uint32_t shard, std::uint32_t shards);
// Every ledger of a seed in the directory, by name.
[[nodiscard]] std::vector<std::string> find_ledgers(const DataDir& dir);
// Every ledger there, of seeds and of loads, by name.
[[nodiscard]] std::vector<std::string> find_all_ledgers(const DataDir& dir);

// Ledgers of one run are one: those of a seed that was continued, and the shards of a load.
struct LedgerSet {
  std::vector<Ledger> seeds;
  std::vector<OpLedger> loads;
  [[nodiscard]] bool empty() const { return seeds.empty() && loads.empty(); }
};
// Errors: those of the files.
[[nodiscard]] Result<LedgerSet> read_ledgers(const std::vector<std::string>& paths);

}  // namespace cqrs
