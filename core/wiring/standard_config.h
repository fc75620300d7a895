// Where the servers of the standard profile are, and what this system is called on them.
#pragma once

#include "core/base/result.h"
#include "core/wiring/data_dir.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

enum class ReadStoreKind : std::uint8_t { kRedis, kMongo, kPostgres };
// "redis", "mongo", "postgres".
[[nodiscard]] std::string_view read_store_name(ReadStoreKind kind);
// Error invalid: names the choices.
[[nodiscard]] Result<ReadStoreKind> parse_read_store(std::string_view text);

// What brings events to the topics: the relay role reads the table, or Debezium the journal.
enum class RelayKind : std::uint8_t { kPoll, kCdc };
// "poll", "cdc".
[[nodiscard]] std::string_view relay_name(RelayKind kind);
// Error invalid: names the choices.
[[nodiscard]] Result<RelayKind> parse_relay(std::string_view text);

// In front of the read store's reads by key.
enum class CacheKind : std::uint8_t { kNone, kRedis };
// "none", "redis".
[[nodiscard]] std::string_view cache_name(CacheKind kind);
// Error invalid: names the choices.
[[nodiscard]] Result<CacheKind> parse_cache(std::string_view text);

// What Kafka Connect fills from the topics, beside the views.
enum class SinkKind : std::uint8_t { kNone, kMongo };
// "none", "mongo".
[[nodiscard]] std::string_view sink_name(SinkKind kind);
// Error invalid: names the choices.
[[nodiscard]] Result<SinkKind> parse_sink(std::string_view text);

struct StandardConfig {
  std::string postgres;  // postgresql://…: write store, leases, generations, and views if so
  std::string kafka;     // host:port[,host:port…]
  ReadStoreKind read = ReadStoreKind::kRedis;
  CacheKind cache = CacheKind::kNone;
  std::string redis;  // redis://…, when it is the read store or the cache
  std::string mongo;  // mongodb://…, when it is the read store or the sink
  // Schema, topic prefix, key prefix and database of this system: lower-case letters, digits, _.
  std::string name = "cqrs";
  int partitions = 6;  // of each topic; fixed when the schema is made
  int replication = 1;
  RelayKind relay = RelayKind::kPoll;
  std::string connect;  // http://host:port of Kafka Connect, for Debezium and the sink
  SinkKind sink = SinkKind::kNone;
  friend bool operator==(const StandardConfig&, const StandardConfig&) = default;
};

// Errors: invalid (names the field, and the option or variable that sets it).
[[nodiscard]] Status check(const StandardConfig& config);

// What `cqrsctl up --profile standard` leaves in the data directory, readable by its owner alone;
// nothing: the directory is not of this profile. Errors: corrupt, unavailable.
[[nodiscard]] Result<std::optional<StandardConfig>> read_standard_config(const DataDir& dir);
[[nodiscard]] Status write_standard_config(const DataDir& dir, const StandardConfig& config);

// The URL without its password, for people.
[[nodiscard]] std::string masked(const std::string& url);

}  // namespace cqrs
