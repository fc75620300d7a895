// A projection store that tells the cache in front of it what is about to change, before it
// commits: whatever readers take from the cache is what the views hold at that moment. It never
// sleeps; while the cache cannot be told, commits are refused until nobody trusts the cache any
// more, and go on without it then.
#pragma once

#include "core/project/projection_store.h"
#include "core/read/cache.h"

#include <chrono>
#include <functional>
#include <memory>

namespace cqrs {

// How long the cache is trusted after the last word to it. The views stand still for as long when
// the cache goes away.
inline constexpr std::chrono::milliseconds kCacheTrust{1'000};
// tick() is to be called more often than that.
inline constexpr std::chrono::milliseconds kCacheTick{250};

class AnnouncingStore : public ProjectionStore {
 public:
  // Keeps the guard alive while there is nothing to commit, begins one when there is none.
  // Thread-safe.
  virtual void tick() = 0;
};

struct AnnouncerParts {
  std::unique_ptr<ProjectionStore> store;
  // Called anew after each failure.
  std::function<Result<std::unique_ptr<CacheGuard>>()> open_guard;
  std::function<Uuid()> new_incarnation;  // never the same twice, in any process
  std::function<std::chrono::steady_clock::time_point()> now;
  // Until when nobody else may own the views. No guard of this store lives longer, and nothing is
  // committed later: the next owner's guard is never replaced by one that knows less.
  std::function<std::chrono::steady_clock::time_point()> owned_until;
};

[[nodiscard]] std::unique_ptr<AnnouncingStore> announcing_store(AnnouncerParts parts);

}  // namespace cqrs
