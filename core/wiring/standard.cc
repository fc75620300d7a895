#include "core/wiring/standard.h"

#include "core/adapters/kafka/log.h"
#include "core/adapters/mongo/stores.h"
#include "core/adapters/postgres/spoil.h"
#include "core/adapters/postgres/stores.h"
#include "core/adapters/postgres/views.h"
#include "core/adapters/redis/cache.h"
#include "core/adapters/redis/stores.h"
#include "core/log/handover.h"

#include <algorithm>
#include <random>

namespace cqrs::standard {
namespace {

postgres::Options write_side(const StandardConfig& config) {
  return {config.postgres, config.name, config.partitions};
}

kafka::Options topics(const StandardConfig& config) {
  kafka::Options options;
  options.brokers = config.kafka;
  options.prefix = config.name;
  options.partitions = config.partitions;
  return options;
}

redis::Options in_redis(const StandardConfig& config) { return {config.redis, config.name}; }
mongo::Options in_mongo(const StandardConfig& config) { return {config.mongo, config.name}; }

// What a kind of read store does for one generation of its views.
struct ReadStores {
  Result<std::unique_ptr<ProjectionStore>> (*open_projection)(const StandardConfig&, int);
  Result<std::unique_ptr<ReadStore>> (*open_reader)(const StandardConfig&, int);
  Result<std::unique_ptr<EntitySource>> (*open_source)(const StandardConfig&, int,
                                                       const std::string& name);
  Status (*remove)(const StandardConfig&, int);
  Result<std::vector<int>> (*stored)(const StandardConfig&);
  Status (*copy)(const StandardConfig& from, int, const StandardConfig& to);
};

constexpr ReadStores kRedis{
    [](const StandardConfig& c, int g) { return redis::open_projection_store(in_redis(c), g); },
    [](const StandardConfig& c, int g) { return redis::open_read_store(in_redis(c), g); },
    [](const StandardConfig& c, int g, const std::string& name) {
      return redis::open_view_source(in_redis(c), g, name);
    },
    [](const StandardConfig& c, int g) { return redis::remove_generation(in_redis(c), g); },
    [](const StandardConfig& c) { return redis::stored_generations(in_redis(c)); },
    [](const StandardConfig& c, int g, const StandardConfig& to) {
      return redis::copy_generation(in_redis(c), g, in_redis(to));
    }};
constexpr ReadStores kMongo{
    [](const StandardConfig& c, int g) { return mongo::open_projection_store(in_mongo(c), g); },
    [](const StandardConfig& c, int g) { return mongo::open_read_store(in_mongo(c), g); },
    [](const StandardConfig& c, int g, const std::string& name) {
      return mongo::open_view_source(in_mongo(c), g, name);
    },
    [](const StandardConfig& c, int g) { return mongo::remove_generation(in_mongo(c), g); },
    [](const StandardConfig& c) { return mongo::stored_generations(in_mongo(c)); },
    [](const StandardConfig& c, int g, const StandardConfig& to) {
      return mongo::copy_generation(in_mongo(c), g, in_mongo(to));
    }};
constexpr ReadStores kPostgres{
    [](const StandardConfig& c, int g) {
      return postgres::open_projection_store(write_side(c), g);
    },
    [](const StandardConfig& c, int g) { return postgres::open_read_store(write_side(c), g); },
    [](const StandardConfig& c, int g, const std::string& name) {
      return postgres::open_view_source(write_side(c), g, name);
    },
    [](const StandardConfig& c, int g) { return postgres::remove_generation(write_side(c), g); },
    [](const StandardConfig& c) { return postgres::stored_generations(write_side(c)); },
    [](const StandardConfig& c, int g, const StandardConfig& to) {
      return postgres::copy_views(write_side(c), g, write_side(to));
    }};

const ReadStores& read_stores(const StandardConfig& config) {
  switch (config.read) {
    case ReadStoreKind::kRedis:
      return kRedis;
    case ReadStoreKind::kMongo:
      return kMongo;
    case ReadStoreKind::kPostgres:
      break;
  }
  return kPostgres;
}

redis::CacheOptions cache_of(const StandardConfig& config) {
  redis::CacheOptions options;
  options.url = config.redis;
  options.prefix = config.name;
  return options;
}

std::string read_store_label(const StandardConfig& config, int generation) {
  return std::string(read_store_name(config.read)) + " (g" + std::to_string(generation) + ")";
}

// A Handover with everything that it needs.
class OwningHandover final : public EventLog {
 public:
  OwningHandover(std::unique_ptr<History> record, std::unique_ptr<EventLog> topic,
                 std::unique_ptr<LeaseStore> leases)
      : record_(std::move(record)),
        topic_(std::move(topic)),
        leases_(std::move(leases)),
        log_(
            *record_, *topic_,
            [this](Position position) { return leases_->published_before(kRelayLease, position); },
            [](const Cursor& cursor) { return kafka::complete_to(cursor); }) {}
  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    return log_.read(cursor, max);
  }

 private:
  std::unique_ptr<History> record_;
  std::unique_ptr<EventLog> topic_;
  std::unique_ptr<LeaseStore> leases_;
  Handover log_;
};

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

Status prepare(const StandardConfig& config) {
  auto migrated = postgres::migrate(write_side(config));
  if (!migrated) return migrated.error();
  auto partitions = postgres::partitions(write_side(config));
  if (!partitions) return partitions.error();
  if (*partitions != config.partitions) {
    return invalid("--partitions", "this system was made with " + std::to_string(*partitions) +
                                       " partitions per topic and keeps them: say --partitions " +
                                       std::to_string(*partitions));
  }
  if (config.relay == RelayKind::kPoll) CQRS_TRY(leave_capture(config));
  return make_topics(config);
}

Result<SchemaChange> schema_versions(const StandardConfig& config) {
  auto versions = postgres::schema_versions(write_side(config));
  if (!versions) return versions.error();
  return SchemaChange{versions->from, versions->to};
}

Result<SchemaChange> migrate(const StandardConfig& config, int target, bool lose_data) {
  auto done = postgres::migrate(write_side(config), target, lose_data);
  if (!done) return done.error();
  return SchemaChange{done->from, done->to};
}

Result<std::vector<TopicInfo>> describe_topics(const StandardConfig& config) {
  auto found = kafka::describe_topics(topics(config));
  if (!found) return found.error();
  std::vector<TopicInfo> infos;
  for (auto& topic : *found) {
    infos.push_back({std::move(topic.name), topic.partitions, topic.replication, topic.records,
                     std::move(topic.cleanup_policy), std::move(topic.min_in_sync),
                     std::move(topic.retention_ms)});
  }
  return infos;
}

// With three replicas one broker may be lost and every acknowledged event still stands on two.
Status make_topics(const StandardConfig& config) {
  kafka::TopicSettings settings;
  settings.replication = config.replication;
  settings.min_in_sync = config.replication > 2 ? config.replication - 1 : 1;
  if (config.relay == RelayKind::kCdc) {
    CQRS_TRY(kafka::ensure_heartbeat_topic(topics(config), config.replication));
  }
  return kafka::ensure_topics(topics(config), settings);
}

Status delete_topics(const StandardConfig& config) { return kafka::delete_topics(topics(config)); }

Status remove_all(const StandardConfig& config) {
  auto strays = remove_strays(config, {});
  if (!strays) return strays.error();
  if (config.sink != SinkKind::kNone) CQRS_TRY(remove_sink(config));
  if (config.relay == RelayKind::kCdc) {
    CQRS_TRY(remove_capture(config));
    CQRS_TRY(kafka::delete_heartbeat_topic(topics(config)));
  }
  CQRS_TRY(delete_topics(config));
  return postgres::drop_schema(write_side(config));
}

Result<std::unique_ptr<WriteStore>> open_write_store(const StandardConfig& config) {
  return postgres::open_write_store(write_side(config));
}

Result<std::unique_ptr<History>> open_history(const StandardConfig& config) {
  return postgres::open_history(write_side(config));
}

Result<std::unique_ptr<HeadWatch>> open_head_watch(const StandardConfig& config) {
  return postgres::open_head_watch(write_side(config));
}

Result<std::unique_ptr<CredentialReader>> open_credentials(const StandardConfig& config) {
  return postgres::open_credentials(write_side(config));
}

Result<std::unique_ptr<LeaseStore>> open_leases(const StandardConfig& config) {
  return postgres::open_leases(write_side(config));
}

Result<std::unique_ptr<GenerationCatalog>> open_catalog(const StandardConfig& config,
                                                        Timestamp now) {
  return postgres::open_catalog(write_side(config), now);
}

Result<std::unique_ptr<EventPublisher>> open_publisher(const StandardConfig& config) {
  return kafka::open_publisher(topics(config));
}

Result<std::unique_ptr<EventLog>> open_topics(const StandardConfig& config) {
  return kafka::open_event_log(topics(config));
}

Result<std::unique_ptr<EventLog>> open_log(const StandardConfig& config) {
  auto record = open_history(config);
  if (!record) return record.error();
  auto topic = open_topics(config);
  if (!topic) return topic.error();
  auto leases = open_leases(config);
  if (!leases) return leases.error();
  return std::unique_ptr<EventLog>(
      std::make_unique<OwningHandover>(std::move(*record), std::move(*topic), std::move(*leases)));
}

Result<std::unique_ptr<ProjectionStore>> open_projection(const StandardConfig& config,
                                                         int generation) {
  return read_stores(config).open_projection(config, generation);
}

Result<std::unique_ptr<ReadStore>> open_read_store(const StandardConfig& config, int generation) {
  return read_stores(config).open_reader(config, generation);
}

Result<std::unique_ptr<AnnouncingStore>> open_announcing_projection(
    const StandardConfig& config, int generation,
    std::function<std::chrono::steady_clock::time_point()> owned_until) {
  auto store = open_projection(config, generation);
  if (!store) return store.error();
  AnnouncerParts parts;
  parts.store = std::move(*store);
  parts.open_guard = [options = cache_of(config), generation] {
    return redis::open_cache_guard(options, generation);
  };
  parts.new_incarnation = [] {
    std::random_device random;
    const auto bits = [&] { return std::uint64_t{random()} << 32U | random(); };
    const std::uint64_t a = bits();
    const std::uint64_t b = bits();
    return make_uuid_v7(SystemClock().now().millis(), a, b);
  };
  parts.now = [] { return std::chrono::steady_clock::now(); };
  parts.owned_until = std::move(owned_until);
  return announcing_store(std::move(parts));
}

Result<std::unique_ptr<ReadStore>> open_cached_store(const StandardConfig& config, int generation,
                                                     CacheHealth& health) {
  auto store = open_read_store(config, generation);
  if (!store) return store;
  return cached_store(
      std::move(*store),
      [options = cache_of(config), generation] { return redis::open_cache(options, generation); },
      health, [] { return std::chrono::steady_clock::now(); });
}

Status remove_generation(const StandardConfig& config, int generation) {
  return read_stores(config).remove(config, generation);
}

Status copy_generation(const StandardConfig& from, int generation, const StandardConfig& scratch) {
  return read_stores(from).copy(from, generation, scratch);
}

Result<std::vector<int>> stored_generations(const StandardConfig& config) {
  return read_stores(config).stored(config);
}

Result<int> live_generation_of(const StandardConfig& config) {
  auto catalog = open_catalog(config, SystemClock().now());
  if (!catalog) return catalog.error();
  auto generations = (*catalog)->list();
  if (!generations) return generations.error();
  return live_generation(*generations);
}

Result<std::vector<int>> remove_strays(const StandardConfig& config,
                                       const std::vector<Generation>& known) {
  auto stored = stored_generations(config);
  if (!stored) return stored.error();
  std::vector<int> strays;
  for (const int number : *stored) {
    const bool is_known = std::any_of(
        known.begin(), known.end(), [&](const Generation& each) { return each.number == number; });
    if (is_known) continue;
    CQRS_TRY(remove_generation(config, number));
    strays.push_back(number);
  }
  return strays;
}

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
  auto views = read_stores(config).open_source(config, *live, read_store_label(config, *live));
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
