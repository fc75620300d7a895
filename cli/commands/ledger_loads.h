// What `cqrsctl ledger` tells of the ledgers of loads.
#pragma once

#include "core/base/json_tree.h"

#include "cli/context.h"

#include <cstddef>
#include <string>
#include <vector>

namespace cqrs {

// Counts by outcome, printed unless the output is JSON, and as an object. Errors: of the file.
[[nodiscard]] Result<Json> stat_load_ledger(const std::string& path, const Context& context);

// Prints at most `left` records whose status is `status` (empty: any); gives how many more may be
// shown. Errors: of the file.
[[nodiscard]] Result<std::size_t> show_load_ledger(const std::string& path,
                                                   const std::string& status, std::size_t left,
                                                   const Context& context);

// The history of a load, shards together, as independent checkers read it, on stdout or into a new
// file. Errors: invalid (format, no ledger of a load), those of the files.
struct HistoryExport {
  std::vector<std::string> paths;
  std::string format = "json";
  std::string out;  // empty: stdout
  bool writes_only = false;
};
[[nodiscard]] Status export_history(const HistoryExport& wanted, const Context& context);

}  // namespace cqrs
