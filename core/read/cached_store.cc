#include "core/read/cached_store.h"

#include <utility>

namespace cqrs {
namespace {

std::int64_t nanoseconds(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::int64_t count_of(std::size_t size) { return static_cast<std::int64_t>(size); }

class CachedStore final : public ReadStore {
 public:
  using Rows = std::vector<std::optional<ViewRow>>;

  CachedStore(std::unique_ptr<ReadStore> store, OpenCache open, CacheHealth& health, SteadyNow now)
      : store_(std::move(store)), open_(std::move(open)), health_(health), now_(std::move(now)) {}

  Result<Rows> get(std::span<const StreamKey> keys) override {
    if (keys.empty()) return Rows();
    auto look = look_up(keys);
    if (!look) {
      health_.bypassed += count_of(keys.size());
      return store_->get(keys);
    }
    std::vector<StreamKey> missing;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (look->rows[i]) continue;
      missing.push_back(keys[i]);
      places.push_back(i);
    }
    health_.hits += count_of(keys.size() - missing.size());
    health_.misses += count_of(missing.size());
    if (missing.empty()) return std::move(look->rows);
    auto read = read_and_fill(look->incarnation, missing);
    if (!read) return read;
    for (std::size_t i = 0; i < places.size(); ++i) look->rows[places[i]] = std::move((*read)[i]);
    return std::move(look->rows);
  }

  Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after, std::size_t limit) override {
    return store_->list(kind, after, limit);
  }
  Result<Listed> find(const ListQuery& query) override { return store_->find(query); }
  Result<std::int64_t> count(const ListQuery& query) override { return store_->count(query); }
  Result<std::vector<bool>> parked(std::span<const StreamKey> keys) override {
    return store_->parked(keys);
  }
  Result<std::vector<Uuid>> index_differences(Kind kind, std::size_t limit) override {
    return store_->index_differences(kind, limit);
  }
  Result<Position> applied() override { return store_->applied(); }
  Result<Counts> counts() override { return store_->counts(); }

 private:
  std::optional<CacheLook> look_up(std::span<const StreamKey> keys) {
    if (nanoseconds(now_()) < health_.not_before.load()) return std::nullopt;
    if (!cache_) {
      auto opened = open_();
      if (!opened) {
        rest();
        return std::nullopt;
      }
      cache_ = std::move(*opened);
    }
    auto look = cache_->get(keys);
    if (!look) {
      rest();
      return std::nullopt;
    }
    return std::move(*look);
  }

  // How far the views are is read before the rows: they show at least that much.
  Result<Rows> read_and_fill(const Uuid& incarnation, std::span<const StreamKey> keys) {
    if (incarnation.is_nil()) return store_->get(keys);
    auto applied = store_->applied();
    if (!applied) return applied.error();
    auto rows = store_->get(keys);
    if (!rows || nanoseconds(now_()) < health_.not_before.load()) return rows;
    // What is not there is not cached: it may come at any moment, and costs the store little.
    std::vector<ViewRow> found;
    for (const auto& row : *rows) {
      if (row) found.push_back(*row);
    }
    if (found.empty()) return rows;
    auto kept = cache_->put(incarnation, *applied, found);
    if (!kept) {
      rest();
    } else {
      health_.refused += count_of(found.size() - *kept);
    }
    return rows;
  }

  void rest() {
    cache_.reset();
    health_.not_before = nanoseconds(now_() + kCacheRest);
  }

  std::unique_ptr<ReadStore> store_;
  OpenCache open_;
  CacheHealth& health_;
  SteadyNow now_;
  std::unique_ptr<RowCache> cache_;
};

}  // namespace

std::unique_ptr<ReadStore> cached_store(std::unique_ptr<ReadStore> store, OpenCache open,
                                        CacheHealth& health, SteadyNow now) {
  return std::make_unique<CachedStore>(std::move(store), std::move(open), health, std::move(now));
}

}  // namespace cqrs
