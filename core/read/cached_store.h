// A read store with a cache in front of its reads by key. Lists, searches and counts go through
// untouched. A cache that fails or dawdles is left alone for a while: no read fails because of it.
#pragma once

#include "core/read/cache.h"
#include "core/read/read_store.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace cqrs {

// What all stores of one process count together, and whether the cache is to be left alone.
struct CacheHealth {
  std::atomic<std::int64_t> hits{0};
  std::atomic<std::int64_t> misses{0};
  std::atomic<std::int64_t> bypassed{0};    // rows read without a look into the cache
  std::atomic<std::int64_t> refused{0};     // fills that came too late
  std::atomic<std::int64_t> not_before{0};  // on the steady clock, in nanoseconds
};

// How long a cache that failed is not tried again.
inline constexpr std::chrono::milliseconds kCacheRest{1'000};

using OpenCache = std::function<Result<std::unique_ptr<RowCache>>()>;
using SteadyNow = std::function<std::chrono::steady_clock::time_point()>;

// `open` is called when the cache is first needed and after each failure, `health` must outlive the
// store.
[[nodiscard]] std::unique_ptr<ReadStore> cached_store(std::unique_ptr<ReadStore> store,
                                                      OpenCache open, CacheHealth& health,
                                                      SteadyNow now);

}  // namespace cqrs
