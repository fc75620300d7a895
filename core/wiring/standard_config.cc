#include "core/wiring/standard_config.h"

#include "core/base/json_tree.h"

namespace cqrs {
namespace {

constexpr std::size_t kNameMax = 40;  // of what PostgreSQL takes (63) some is needed for suffixes
constexpr int kPartitionsMax = 256;

std::string config_file(const DataDir& dir) { return dir.root + "/system.json"; }

Status check_name(const std::string& name) {
  const bool letters =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  const bool begins = !name.empty() && name.front() >= 'a' && name.front() <= 'z';
  if (letters && begins && name.size() <= kNameMax) return {};
  return invalid("--namespace", "--namespace must be 1 to " + std::to_string(kNameMax) +
                                    " lower-case letters, digits and _, a letter first, not \"" +
                                    name.substr(0, 2 * kNameMax) + "\"");
}

Status need(const std::string& value, const char* option, const char* what) {
  if (!value.empty()) return {};
  return invalid(option, std::string(option) + " is missing: say where " + what +
                             " is, or start it with scripts/parts up");
}

}  // namespace

std::string_view read_store_name(ReadStoreKind kind) {
  switch (kind) {
    case ReadStoreKind::kRedis:
      return "redis";
    case ReadStoreKind::kMongo:
      return "mongo";
    case ReadStoreKind::kPostgres:
      break;
  }
  return "postgres";
}

Result<ReadStoreKind> parse_read_store(std::string_view text) {
  for (const auto kind : {ReadStoreKind::kRedis, ReadStoreKind::kMongo, ReadStoreKind::kPostgres}) {
    if (text == read_store_name(kind)) return kind;
  }
  return invalid("--read", "--read must be redis, mongo or postgres, not \"" +
                               std::string(text.substr(0, 64)) + "\"");
}

std::string_view relay_name(RelayKind kind) { return kind == RelayKind::kCdc ? "cdc" : "poll"; }

Result<RelayKind> parse_relay(std::string_view text) {
  for (const auto kind : {RelayKind::kPoll, RelayKind::kCdc}) {
    if (text == relay_name(kind)) return kind;
  }
  return invalid("--relay",
                 "--relay must be poll or cdc, not \"" + std::string(text.substr(0, 64)) + "\"");
}

std::string_view cache_name(CacheKind kind) { return kind == CacheKind::kRedis ? "redis" : "none"; }

Result<CacheKind> parse_cache(std::string_view text) {
  for (const auto kind : {CacheKind::kNone, CacheKind::kRedis}) {
    if (text == cache_name(kind)) return kind;
  }
  return invalid("--cache",
                 "--cache must be none or redis, not \"" + std::string(text.substr(0, 64)) + "\"");
}

std::string_view sink_name(SinkKind kind) { return kind == SinkKind::kMongo ? "mongo" : "none"; }

Result<SinkKind> parse_sink(std::string_view text) {
  for (const auto kind : {SinkKind::kNone, SinkKind::kMongo}) {
    if (text == sink_name(kind)) return kind;
  }
  return invalid("--sink",
                 "--sink must be none or mongo, not \"" + std::string(text.substr(0, 64)) + "\"");
}

Status check(const StandardConfig& config) {
  CQRS_TRY(check_name(config.name));
  CQRS_TRY(need(config.postgres, "--postgres", "PostgreSQL"));
  CQRS_TRY(need(config.kafka, "--kafka", "Kafka"));
  const bool uses_redis = config.read == ReadStoreKind::kRedis || config.cache == CacheKind::kRedis;
  if (uses_redis) CQRS_TRY(need(config.redis, "--redis", "Redis"));
  const bool sinks = config.sink == SinkKind::kMongo;
  const bool uses_mongo = config.read == ReadStoreKind::kMongo || sinks;
  if (uses_mongo) CQRS_TRY(need(config.mongo, "--mongo", "MongoDB"));
  const bool uses_connect = config.relay == RelayKind::kCdc || sinks;
  if (uses_connect) CQRS_TRY(need(config.connect, "--connect", "Kafka Connect"));
  if (config.partitions >= 1 && config.partitions <= kPartitionsMax) return {};
  return invalid("--partitions",
                 "--partitions must be 1 to " + std::to_string(kPartitionsMax) + " per topic");
}

Result<std::optional<StandardConfig>> read_standard_config(const DataDir& dir) {
  auto text = read_file(config_file(dir));
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<StandardConfig>();
  if (!text) return text.error();
  const Json tree = Json::parse(*text, nullptr, false);
  const auto damaged = [&] {
    return make_error(ErrorCode::kCorrupt,
                      config_file(dir) + " is damaged: remove it and run cqrsctl up again");
  };
  if (!tree.is_object()) return damaged();
  StandardConfig config;
  config.postgres = tree.value("postgres", std::string());
  config.kafka = tree.value("kafka", std::string());
  config.redis = tree.value("redis", std::string());
  config.mongo = tree.value("mongo", std::string());
  config.name = tree.value("namespace", std::string());
  config.partitions = tree.value("partitions", 0);
  config.replication = tree.value("replication", 1);
  config.connect = tree.value("connect", std::string());
  auto relay = parse_relay(tree.value("relay", std::string(relay_name(RelayKind::kPoll))));
  if (!relay) return damaged();
  config.relay = *relay;
  auto kind = parse_read_store(tree.value("read", std::string()));
  if (!kind) return damaged();
  config.read = *kind;
  auto cache = parse_cache(tree.value("cache", std::string(cache_name(CacheKind::kNone))));
  if (!cache) return damaged();
  config.cache = *cache;
  auto sink = parse_sink(tree.value("sink", std::string(sink_name(SinkKind::kNone))));
  if (!sink) return damaged();
  config.sink = *sink;
  // Last: which servers it needs depends on what it reads from.
  if (!check(config)) return damaged();
  return std::optional<StandardConfig>(std::move(config));
}

Status write_standard_config(const DataDir& dir, const StandardConfig& config) {
  const Json tree{{"profile", "standard"},
                  {"postgres", config.postgres},
                  {"kafka", config.kafka},
                  {"read", read_store_name(config.read)},
                  {"cache", cache_name(config.cache)},
                  {"redis", config.redis},
                  {"mongo", config.mongo},
                  {"namespace", config.name},
                  {"partitions", config.partitions},
                  {"replication", config.replication},
                  {"relay", relay_name(config.relay)},
                  {"connect", config.connect},
                  {"sink", sink_name(config.sink)}};
  return write_file(config_file(dir), tree.dump(2) + "\n", 0600);
}

std::string masked(const std::string& url) {
  const auto scheme = url.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  const auto at = url.find('@', start);
  const auto colon = url.find(':', start);
  if (at == std::string::npos || colon == std::string::npos || colon > at) return url;
  return url.substr(0, colon) + ":***" + url.substr(at);
}

}  // namespace cqrs
