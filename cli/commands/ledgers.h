// Where the ledgers of a data directory are.
#pragma once

#include "core/wiring/data_dir.h"

#include <string>
#include <vector>

namespace cqrs {

[[nodiscard]] std::string ledger_directory(const DataDir& dir);
[[nodiscard]] std::string ledger_path(const DataDir& dir, std::uint64_t seed);
// Every ledger in the directory, by name.
[[nodiscard]] std::vector<std::string> find_ledgers(const DataDir& dir);

}  // namespace cqrs
