#include "cli/commands/standard_flags.h"

#include "cli/system/standard.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

void take(std::string& into, const std::string& from) {
  if (!from.empty()) into = from;
}

}  // namespace

void add_standard_flags(CLI::App& command, StandardFlags& flags) {
  const std::string profile = "Standard profile: ";
  const auto add = [&](const char* name, std::string& value, const std::string& text,
                       const char* variable) {
    command.add_option(name, value, profile + text)->envname(variable);
  };
  add("--postgres", flags.postgres, "URL of PostgreSQL, the write store", "CQRSCTL_POSTGRES");
  add("--kafka", flags.kafka, "Kafka's brokers, HOST:PORT[,…]", "CQRSCTL_KAFKA");
  add("--read", flags.read, "read store: redis, mongo or postgres (default redis)", "CQRSCTL_READ");
  add("--cache", flags.cache, "cache in front of the read store, none or redis (default none)",
      "CQRSCTL_CACHE");
  add("--redis", flags.redis, "URL of Redis", "CQRSCTL_REDIS");
  add("--mongo", flags.mongo, "URL of MongoDB", "CQRSCTL_MONGO");
  add("--namespace", flags.name, "name of this system on the servers (default cqrs)",
      "CQRSCTL_NAMESPACE");
  add("--relay", flags.relay,
      "what brings events to the topics: poll (the relay role reads the table, default) or cdc "
      "(Debezium reads the journal)",
      "CQRSCTL_RELAY");
  add("--connect", flags.connect, "URL of Kafka Connect, for --relay cdc and --sink mongo",
      "CQRSCTL_CONNECT");
  add("--sink", flags.sink,
      "what Kafka Connect fills from the topics: none or mongo, a collection of events (default "
      "none)",
      "CQRSCTL_SINK");
  command.add_option("--partitions", flags.partitions,
                     profile + "of each topic, fixed with the first start (default 6)");
  command.add_option("--replication", flags.replication,
                     profile + "of new topics (default 1; 3 with three brokers)");
}

Result<StandardConfig> config_of(const StandardFlags& flags, const DataDir& dir) {
  auto made = read_standard_config(dir);
  if (!made) return made.error();
  auto parts = parts_config();
  if (!parts) return parts.error();
  StandardConfig config = made->value_or(*parts);
  // What the system had no use for so far.
  if (config.redis.empty()) config.redis = parts->redis;
  if (config.mongo.empty()) config.mongo = parts->mongo;
  if (config.connect.empty()) config.connect = parts->connect;
  take(config.postgres, flags.postgres);
  take(config.kafka, flags.kafka);
  take(config.redis, flags.redis);
  take(config.mongo, flags.mongo);
  take(config.name, flags.name);
  take(config.connect, flags.connect);
  if (!flags.relay.empty()) {
    auto relay = parse_relay(flags.relay);
    if (!relay) return relay.error();
    config.relay = *relay;
  }
  if (!flags.sink.empty()) {
    auto sink = parse_sink(flags.sink);
    if (!sink) return sink.error();
    config.sink = *sink;
  }
  if (!flags.read.empty()) {
    auto kind = parse_read_store(flags.read);
    if (!kind) return kind.error();
    config.read = *kind;
  }
  if (!flags.cache.empty()) {
    auto kind = parse_cache(flags.cache);
    if (!kind) return kind.error();
    config.cache = *kind;
  }
  config.partitions = flags.partitions.value_or(config.partitions);
  config.replication = flags.replication.value_or(config.replication);
  CQRS_TRY(check(config));
  return config;
}

}  // namespace cqrs
