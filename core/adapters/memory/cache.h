// The cache's ports in memory, for tests and simulations. What the server would hold lives in a
// MemoryCache, which outlives what is opened on it.
#pragma once

#include "core/read/cache.h"

#include <functional>
#include <map>
#include <memory>

namespace cqrs::memory {

struct MemoryCache {
  struct Entry {
    ViewRow row;
    Uuid incarnation;
    Position read_at = 0;
  };
  std::function<std::chrono::steady_clock::time_point()> now;
  bool away = false;  // every call answers unavailable and does nothing
  Uuid incarnation;
  std::chrono::steady_clock::time_point until{};
  std::map<StreamKey, Position> floors;
  std::map<StreamKey, Entry> entries;

  // As FLUSHALL.
  void flush() {
    incarnation = Uuid();
    floors.clear();
    entries.clear();
  }
};

[[nodiscard]] std::unique_ptr<RowCache> open_cache(MemoryCache& cache);
[[nodiscard]] std::unique_ptr<CacheGuard> open_cache_guard(MemoryCache& cache);
[[nodiscard]] std::unique_ptr<CacheAudit> open_cache_audit(MemoryCache& cache);

}  // namespace cqrs::memory
