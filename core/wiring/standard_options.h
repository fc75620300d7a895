// What each adapter of the standard profile is told of a system.
#pragma once

#include "core/adapters/kafka/log.h"
#include "core/adapters/mongo/stores.h"
#include "core/adapters/postgres/stores.h"
#include "core/adapters/redis/cache.h"
#include "core/adapters/redis/stores.h"
#include "core/wiring/standard.h"

#include <chrono>

namespace cqrs::standard {

inline postgres::Options write_side(const StandardConfig& config) {
  return {config.postgres, config.name, config.partitions};
}

inline kafka::Options topics(const StandardConfig& config) {
  kafka::Options options;
  options.brokers = config.kafka;
  options.prefix = config.name;
  options.partitions = config.partitions;
  return options;
}

inline redis::Options in_redis(const StandardConfig& config) { return {config.redis, config.name}; }
inline mongo::Options in_mongo(const StandardConfig& config) { return {config.mongo, config.name}; }

inline redis::CacheOptions cache_of(const StandardConfig& config) {
  redis::CacheOptions options;
  options.url = config.redis;
  options.prefix = config.name;
  return options;
}

inline std::chrono::seconds seconds_of(Patience patience) {
  return std::chrono::seconds(patience == Patience::kWait ? 10 : 0);
}

}  // namespace cqrs::standard
