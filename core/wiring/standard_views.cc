// Views of the standard profile, and the cache in front of them.
#include "core/adapters/postgres/spoil.h"
#include "core/wiring/standard.h"
#include "core/wiring/standard_options.h"

#include <algorithm>
#include <random>

namespace cqrs::standard {
namespace {

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

}  // namespace

Result<std::unique_ptr<ProjectionStore>> open_projection(const StandardConfig& config,
                                                         int generation) {
  return read_stores(config).open_projection(config, generation);
}

Result<std::unique_ptr<ReadStore>> open_read_store(const StandardConfig& config, int generation) {
  return read_stores(config).open_reader(config, generation);
}

Result<std::unique_ptr<EntitySource>> open_view_source(const StandardConfig& config,
                                                       int generation) {
  const std::string name =
      std::string(read_store_name(config.read)) + " (g" + std::to_string(generation) + ")";
  return read_stores(config).open_source(config, generation, name);
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

}  // namespace cqrs::standard
