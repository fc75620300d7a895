#include "services/query/query_role.h"

#include "core/wiring/standard.h"

#include "services/query/http_queries.h"
#include "services/query/view_follower.h"

namespace cqrs {
namespace {

class QueryRole final : public ServiceRole {
 public:
  QueryRole(const StandardConfig& config, ViewFollower::Stores stores, http::Router& router,
            Metrics& metrics, const Clock& clock)
      : queries_(
            [this, &config](int generation) {
              return config.cache == CacheKind::kNone
                         ? standard::open_read_store(config, generation)
                         : standard::open_cached_store(config, generation, cache_);
            },
            position_, [this] { return follower_.head(); }, metrics),
        follower_(std::move(stores), position_) {
    add_query_routes(
        router, queries_, position_, [this] { return follower_.head(); }, clock);
    metrics.gauge("cqrs_head_position", "Position of the last committed event",
                  [this] { return static_cast<double>(follower_.head()); });
    metrics.gauge("cqrs_applied_position", "Position up to which the live views are complete",
                  [this] { return static_cast<double>(position_.get().applied); });
    if (config.cache != CacheKind::kNone) add_cache_metrics(metrics);
  }
  QueryRole(const QueryRole&) = delete;
  QueryRole& operator=(const QueryRole&) = delete;
  ~QueryRole() override { QueryRole::stop(); }

  std::string not_ready() const override {
    if (auto problem = follower_.problem(); !problem.empty()) return "query: " + problem;
    return position_.get().generation == 0 ? "query: the views were not seen yet" : "";
  }
  void stop_waiting() override { queries_.stop_waiting(); }
  void stop() override {
    follower_.stop();
    queries_.stop();
  }

 private:
  void add_cache_metrics(Metrics& metrics) {
    const auto add = [&](const char* name, const char* help, std::atomic<std::int64_t>& count) {
      metrics.gauge(name, help, [&count] { return static_cast<double>(count.load()); });
    };
    add("cqrs_cache_hits", "Rows taken from the cache", cache_.hits);
    add("cqrs_cache_misses", "Rows that the cache did not have", cache_.misses);
    add("cqrs_cache_bypassed", "Rows read without the cache, which is away or slow",
        cache_.bypassed);
    add("cqrs_cache_refused_fills", "Rows that came too late for the cache", cache_.refused);
  }

  ReadPosition position_;
  CacheHealth cache_;
  QueryService queries_;
  ViewFollower follower_;
};

}  // namespace

Result<std::unique_ptr<ServiceRole>> start_query_role(const StandardConfig& config,
                                                      http::Router& router, Metrics& metrics,
                                                      const Clock& clock) {
  ViewFollower::Stores stores;
  auto catalog = standard::open_catalog(config, clock.now());
  if (!catalog) return catalog.error();
  stores.catalog = std::move(*catalog);
  auto record = standard::open_history(config);
  if (!record) return record.error();
  stores.record = std::move(*record);
  auto watch = standard::open_head_watch(config);
  if (!watch) return watch.error();
  stores.watch = std::move(*watch);
  stores.open_views = [&config](int generation) {
    return standard::open_read_store(config, generation);
  };
  return std::unique_ptr<ServiceRole>(
      std::make_unique<QueryRole>(config, std::move(stores), router, metrics, clock));
}

}  // namespace cqrs
