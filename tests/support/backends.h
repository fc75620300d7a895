// The stores that the contract suites run against, one pair of ports per side of the system.
#pragma once

#include "core/project/projection_store.h"
#include "core/read/cache.h"
#include "core/read/read_store.h"
#include "core/write/credential_reader.h"
#include "core/write/history.h"
#include "core/write/write_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace cqrs::support {

// The durable side of one empty store; the ports are opened on it, as often as a test likes.
class WriteSide {
 public:
  virtual ~WriteSide() = default;
  [[nodiscard]] virtual std::unique_ptr<WriteStore> open_store() = 0;
  // Only after the first open_store().
  [[nodiscard]] virtual std::unique_ptr<History> open_history() = 0;
  [[nodiscard]] virtual std::unique_ptr<CredentialReader> open_credentials() = 0;
};

class ReadSide {
 public:
  virtual ~ReadSide() = default;
  [[nodiscard]] virtual std::unique_ptr<ProjectionStore> open_store() = 0;
  // Only after the first open_store().
  [[nodiscard]] virtual std::unique_ptr<ReadStore> open_reader() = 0;
};

class CacheSide {
 public:
  virtual ~CacheSide() = default;
  [[nodiscard]] virtual std::unique_ptr<RowCache> open_cache() = 0;
  [[nodiscard]] virtual std::unique_ptr<CacheGuard> open_guard() = 0;
  [[nodiscard]] virtual std::unique_ptr<CacheAudit> open_audit() = 0;
  virtual void empty() = 0;
  // Time goes by, for the cache at least.
  virtual void pass(std::chrono::milliseconds time) = 0;
};

template <class Side>
struct Backend {
  const char* name = "";
  std::unique_ptr<Side> (*make)() = nullptr;
};

// Without it the names in CTest would hold raw memory bytes.
template <class Side>
void PrintTo(const Backend<Side>& backend, std::ostream* out) {
  *out << backend.name;
}

template <class Side>
std::string backend_name(const testing::TestParamInfo<Backend<Side>>& info) {
  return info.param.name;
}

// What the contract suites of this program run against: local_backends.cc for memory and SQLite,
// one file per server in tests/adapters.
[[nodiscard]] std::vector<Backend<WriteSide>> write_backends();
[[nodiscard]] std::vector<Backend<ReadSide>> read_backends();

[[nodiscard]] std::vector<Backend<CacheSide>> cache_backends();

[[nodiscard]] std::unique_ptr<WriteSide> memory_write_side();
[[nodiscard]] std::unique_ptr<WriteSide> sqlite_write_side();
[[nodiscard]] std::unique_ptr<ReadSide> memory_read_side();
[[nodiscard]] std::unique_ptr<ReadSide> sqlite_read_side();

}  // namespace cqrs::support
