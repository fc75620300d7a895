#include "core/adapters/memory/planned_call.h"
#include "core/adapters/memory/search.h"
#include "core/adapters/memory/stores.h"

#include <optional>
#include <string>

namespace cqrs::memory {
namespace {

std::vector<std::optional<ViewRow>> find_rows(const MemoryViews& views,
                                              std::span<const StreamKey> keys) {
  std::vector<std::optional<ViewRow>> rows;
  rows.reserve(keys.size());
  for (const auto& key : keys) {
    const auto at = views.rows.find(key);
    rows.push_back(at == views.rows.end() ? std::nullopt : std::optional<ViewRow>(at->second));
  }
  return rows;
}

class MemoryProjectionStore final : public ProjectionStore {
 public:
  MemoryProjectionStore(MemoryViews& views, FaultPlan plan)
      : views_(views), plan_(std::move(plan)) {}

  Result<Checkpoint> checkpoint() override {
    return call("checkpoint", [&]() -> Result<Checkpoint> { return views_.checkpoint; });
  }

  Result<Acquired> acquire() override {
    return call("acquire", [&]() -> Result<Acquired> {
      Acquired acquired{++views_.epoch, views_.checkpoint, {}};
      for (const auto& [place, parked] : views_.parked) {
        if (acquired.parked.empty() || acquired.parked.back() != place.first) {
          acquired.parked.push_back(place.first);
        }
      }
      return acquired;
    });
  }

  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    return call("load", [&]() -> Result<std::vector<std::optional<ViewRow>>> {
      return find_rows(views_, keys);
    });
  }

  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    return call("commit", [&]() -> Status {
      const ViewChanges& changes = prepared.changes();
      if (epoch != views_.epoch) {
        return make_error(ErrorCode::kVersionConflict,
                          "another projector took over after epoch " + std::to_string(epoch));
      }
      for (const auto& row : changes.rows) views_.rows[row.key] = row;
      for (const auto& key : changes.removed) views_.rows.erase(key);
      for (const auto& parked : changes.parked) {
        views_.parked.try_emplace({parked.event.stream, parked.event.version}, parked);
      }
      views_.checkpoint = changes.checkpoint;
      return {};
    });
  }

 private:
  template <class Work>
  auto call(std::string_view name, Work&& work) -> decltype(work()) {
    return planned_call(plan_, name, ErrorCode::kUnavailable, std::forward<Work>(work));
  }

  MemoryViews& views_;
  FaultPlan plan_;
};

class MemoryReadStore final : public ReadStore {
 public:
  MemoryReadStore(MemoryViews& views, FaultPlan plan) : views_(views), plan_(std::move(plan)) {}

  Result<std::vector<std::optional<ViewRow>>> get(std::span<const StreamKey> keys) override {
    return call("get", [&]() -> Result<std::vector<std::optional<ViewRow>>> {
      return find_rows(views_, keys);
    });
  }

  Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after, std::size_t limit) override {
    return call("list", [&]() -> Result<std::vector<ViewRow>> {
      std::vector<ViewRow> rows;
      for (auto at = views_.rows.upper_bound({kind, after}); at != views_.rows.end(); ++at) {
        if (at->first.kind != kind || rows.size() == limit) break;
        if (!at->second.deleted) rows.push_back(at->second);
      }
      return rows;
    });
  }

  Result<Listed> find(const ListQuery& query) override {
    return call("find", [&]() -> Result<Listed> { return memory::find(views_, query); });
  }

  Result<std::int64_t> count(const ListQuery& query) override {
    return call("count", [&]() -> Result<std::int64_t> { return memory::count(views_, query); });
  }

  Result<std::vector<bool>> parked(std::span<const StreamKey> keys) override {
    return call("parked", [&]() -> Result<std::vector<bool>> {
      std::vector<bool> parked;
      for (const auto& key : keys) {
        const auto at = views_.parked.lower_bound({key, 0});
        parked.push_back(at != views_.parked.end() && at->first.first == key);
      }
      return parked;
    });
  }

  // The rows are the index.
  Result<std::vector<Uuid>> index_differences(Kind /*kind*/, std::size_t /*limit*/) override {
    return call("index_differences",
                []() -> Result<std::vector<Uuid>> { return std::vector<Uuid>(); });
  }

  Result<Position> applied() override {
    return call("applied", [&]() -> Result<Position> { return views_.checkpoint.applied; });
  }

  Result<Counts> counts() override {
    return call("counts", [&]() -> Result<Counts> {
      Counts counts;
      for (const auto& [key, row] : views_.rows) {
        if (row.deleted) continue;
        switch (key.kind) {
          case Kind::kUser:
            ++counts.users;
            break;
          case Kind::kProduct:
            ++counts.products;
            break;
          case Kind::kOrder:
            ++counts.orders;
            break;
        }
      }
      return counts;
    });
  }

 private:
  template <class Work>
  auto call(std::string_view name, Work&& work) -> decltype(work()) {
    return planned_call(plan_, name, ErrorCode::kUnavailable, std::forward<Work>(work));
  }

  MemoryViews& views_;
  FaultPlan plan_;
};

}  // namespace

std::unique_ptr<ProjectionStore> open_projection_store(MemoryViews& views, FaultPlan plan) {
  return std::make_unique<MemoryProjectionStore>(views, std::move(plan));
}

std::unique_ptr<ReadStore> open_read_store(MemoryViews& views, FaultPlan plan) {
  return std::make_unique<MemoryReadStore>(views, std::move(plan));
}

}  // namespace cqrs::memory
