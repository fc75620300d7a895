// What verify and replay compare on the standard profile.
#include "core/wiring/standard.h"
#include "core/wiring/standard_options.h"

namespace cqrs::standard {
namespace {

// A replay proves views without a look into the cache, which may be away.
class CacheWhenRead final : public CacheAudit {
 public:
  CacheWhenRead(redis::CacheOptions options, int generation)
      : options_(std::move(options)), generation_(generation) {
    options_.patience = std::chrono::seconds(5);
  }
  Result<Page> page(const std::string& from, std::size_t about) override {
    CQRS_TRY(open());
    return cache_->page(from, about);
  }
  Result<std::optional<ViewRow>> trusted(const StreamKey& key) override {
    CQRS_TRY(open());
    return cache_->trusted(key);
  }

 private:
  Status open() {
    if (cache_) return {};
    auto opened = redis::open_cache_audit(options_, generation_);
    if (!opened) return opened.error();
    cache_ = std::move(*opened);
    return {};
  }

  redis::CacheOptions options_;
  int generation_;
  std::unique_ptr<CacheAudit> cache_;
};

}  // namespace

Result<Sources> open_record(const StandardConfig& config) {
  Sources sources;
  auto streams = postgres::open_stream_source(write_side(config));
  if (!streams) return streams.error();
  auto record = postgres::open_event_audit(write_side(config));
  if (!record) return record.error();
  sources.streams = std::move(*streams);
  sources.record = std::move(*record);
  return sources;
}

Result<Sources> open_sources(const StandardConfig& config, int generation) {
  // Most who open sources never read the topics: no connection before somebody does.
  class TopicsWhenRead final : public EventLog {
   public:
    explicit TopicsWhenRead(StandardConfig config) : config_(std::move(config)) {}
    Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
      if (log_ == nullptr) {
        auto opened = open_topics(config_);
        if (!opened) return opened.error();
        log_ = std::move(*opened);
      }
      return log_->read(cursor, max);
    }

   private:
    StandardConfig config_;
    std::unique_ptr<EventLog> log_;
  };
  auto sources = open_record(config);
  if (!sources) return sources.error();
  auto live = generation == 0 ? live_generation_of(config) : Result<int>(generation);
  if (!live) return live.error();
  sources->generation = *live;
  auto views = open_view_source(config, *live);
  if (!views) return views.error();
  sources->views = std::move(*views);
  auto history = open_history(config);
  if (!history) return history.error();
  sources->history = std::move(*history);
  sources->topics = std::make_unique<TopicsWhenRead>(config);
  if (config.cache == CacheKind::kRedis) {
    sources->cache = std::make_unique<CacheWhenRead>(cache_of(config), *live);
  }
  if (config.sink != SinkKind::kNone) {
    auto copies = open_event_copies(config);
    if (!copies) return copies.error();
    sources->copies = std::move(*copies);
  }
  return sources;
}

}  // namespace cqrs::standard
