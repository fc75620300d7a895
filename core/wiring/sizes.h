// How large the files of an embedded system are, as their pages count: what still stands in a
// write-ahead log is counted like what a checkpoint has moved.
#pragma once

#include "core/base/result.h"
#include "core/wiring/data_dir.h"

#include <cstdint>

namespace cqrs::embedded {

struct StoreSizes {
  std::uint64_t write_bytes = 0;  // write.db
  std::uint64_t view_bytes = 0;   // the live generation
};

// From any process, also while the system works. Errors: not_found, corrupt, unavailable.
[[nodiscard]] Result<StoreSizes> store_sizes(const DataDir& dir);

}  // namespace cqrs::embedded
