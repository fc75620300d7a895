#include "core/wiring/standard.h"

#include "core/log/handover.h"
#include "core/wiring/standard_options.h"

namespace cqrs::standard {
namespace {

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

}  // namespace cqrs::standard
