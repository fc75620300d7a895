#include "core/adapters/memory/cache.h"

#include <algorithm>

namespace cqrs::memory {
namespace {

bool alive(const MemoryCache& cache) {
  return !cache.incarnation.is_nil() && cache.now() < cache.until;
}

Position floor_of(const MemoryCache& cache, const StreamKey& key) {
  const auto at = cache.floors.find(key);
  return at == cache.floors.end() ? 0 : at->second;
}

bool trusted(const MemoryCache& cache, const MemoryCache::Entry& entry) {
  return alive(cache) && entry.incarnation == cache.incarnation &&
         entry.read_at >= floor_of(cache, entry.row.key);
}

Status reachable(const MemoryCache& cache) {
  if (!cache.away) return {};
  return make_error(ErrorCode::kUnavailable, "the cache is away");
}

std::optional<ViewRow> find(const MemoryCache& cache, const StreamKey& key) {
  const auto at = cache.entries.find(key);
  if (at == cache.entries.end() || !trusted(cache, at->second)) return std::nullopt;
  return at->second.row;
}

class Reader final : public RowCache {
 public:
  explicit Reader(MemoryCache& cache) : cache_(cache) {}

  Result<CacheLook> get(std::span<const StreamKey> keys) override {
    CQRS_TRY(reachable(cache_));
    CacheLook look;
    if (alive(cache_)) look.incarnation = cache_.incarnation;
    for (const auto& key : keys) look.rows.push_back(find(cache_, key));
    return look;
  }

  Result<std::size_t> put(const Uuid& incarnation, Position read_at,
                          std::span<const ViewRow> rows) override {
    CQRS_TRY(reachable(cache_));
    if (!alive(cache_) || incarnation != cache_.incarnation) return std::size_t{0};
    std::size_t kept = 0;
    for (const auto& row : rows) {
      if (read_at < floor_of(cache_, row.key)) continue;
      const auto known = cache_.entries.find(row.key);
      const bool newer = known != cache_.entries.end() && trusted(cache_, known->second) &&
                         known->second.row.version > row.version;
      if (newer) continue;
      cache_.entries[row.key] = {row, incarnation, read_at};
      ++kept;
    }
    return kept;
  }

 private:
  MemoryCache& cache_;
};

class Guard final : public CacheGuard {
 public:
  explicit Guard(MemoryCache& cache) : cache_(cache) {}

  Status begin(const Uuid& incarnation, std::span<const CacheFloor> floors,
               Steady::time_point until) override {
    CQRS_TRY(reachable(cache_));
    cache_.incarnation = incarnation;
    cache_.until = until;
    cache_.floors.clear();
    add(floors);
    return {};
  }

  Result<bool> announce(const Uuid& incarnation, std::span<const CacheFloor> floors,
                        Steady::time_point until) override {
    CQRS_TRY(reachable(cache_));
    if (!alive(cache_) || incarnation != cache_.incarnation) return false;
    cache_.until = until;
    add(floors);
    return true;
  }

 private:
  void add(std::span<const CacheFloor> floors) {
    for (const auto& floor : floors) {
      Position& known = cache_.floors[floor.key];
      known = std::max(known, floor.position);
    }
  }
  MemoryCache& cache_;
};

class Audit final : public CacheAudit {
 public:
  explicit Audit(MemoryCache& cache) : cache_(cache) {}

  Result<Page> page(const std::string& /*from*/, std::size_t /*about*/) override {
    CQRS_TRY(reachable(cache_));
    Page all;
    for (const auto& [key, entry] : cache_.entries) {
      all.entries.push_back({entry.row, memory::trusted(cache_, entry)});
    }
    return all;
  }
  Result<std::optional<ViewRow>> trusted(const StreamKey& key) override {
    CQRS_TRY(reachable(cache_));
    return find(cache_, key);
  }

 private:
  MemoryCache& cache_;
};

}  // namespace

std::unique_ptr<RowCache> open_cache(MemoryCache& cache) { return std::make_unique<Reader>(cache); }
std::unique_ptr<CacheGuard> open_cache_guard(MemoryCache& cache) {
  return std::make_unique<Guard>(cache);
}
std::unique_ptr<CacheAudit> open_cache_audit(MemoryCache& cache) {
  return std::make_unique<Audit>(cache);
}

}  // namespace cqrs::memory
