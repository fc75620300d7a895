// The standard profile: the write side in PostgreSQL, the log in Kafka, the views in Redis, MongoDB
// or PostgreSQL. The only place that knows those adapters.
#pragma once

#include "core/base/clock.h"
#include "core/log/capture.h"
#include "core/log/event_log.h"
#include "core/log/lease.h"
#include "core/log/publisher.h"
#include "core/project/announcing_store.h"
#include "core/project/projection_store.h"
#include "core/read/cached_store.h"
#include "core/read/generation_catalog.h"
#include "core/read/read_store.h"
#include "core/verify/event_copies.h"
#include "core/wiring/sources.h"
#include "core/wiring/standard_config.h"
#include "core/write/credential_reader.h"
#include "core/write/head_watch.h"
#include "core/write/history.h"
#include "core/write/write_store.h"

#include <memory>
#include <vector>

namespace cqrs::standard {

// The schema's versions, see cqrsctl migrate.
struct SchemaChange {
  int from = 0;
  int to = 0;
};
// What there is (0: nothing) and what this program knows. Error: unavailable.
[[nodiscard]] Result<SchemaChange> schema_versions(const StandardConfig& config);
// Brings the schema to `target`. Errors: unavailable, corrupt (a newer program's), invalid (no such
// version; or events would be removed, without `lose_data`).
[[nodiscard]] Result<SchemaChange> migrate(const StandardConfig& config, int target,
                                           bool lose_data);

struct TopicInfo {
  std::string name;
  int partitions = 0;
  int replication = 0;
  std::int64_t records = 0;
  std::string cleanup_policy, min_in_sync, retention_ms;
};
// Those of this system that exist. Error: unavailable.
[[nodiscard]] Result<std::vector<TopicInfo>> describe_topics(const StandardConfig& config);
// Makes those that are missing. Errors: unavailable, invalid (one is there with other partitions).
[[nodiscard]] Status make_topics(const StandardConfig& config);
// Removes them with all that is in them: the record has it. Nobody may write to them meanwhile.
// Error: unavailable.
[[nodiscard]] Status delete_topics(const StandardConfig& config);

// Makes schema, topics and what else is missing, or brings it up to date. Errors: unavailable,
// corrupt (a newer program's), invalid (the schema or topics were made with other partitions).
[[nodiscard]] Status prepare(const StandardConfig& config);
// Removes schema, topics, views and sink. Nothing of this system may run. Error: unavailable.
[[nodiscard]] Status remove_all(const StandardConfig& config);

// One object per thread; errors of all: unavailable, not_found (not prepared), corrupt.
[[nodiscard]] Result<std::unique_ptr<WriteStore>> open_write_store(const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<History>> open_history(const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<HeadWatch>> open_head_watch(const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<CredentialReader>> open_credentials(
    const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<LeaseStore>> open_leases(const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<GenerationCatalog>> open_catalog(const StandardConfig& config,
                                                                      Timestamp now);

// What publishes events, and what reads them back: from the record first, then from the topics as
// soon as they cover the rest (see Handover).
[[nodiscard]] Result<std::unique_ptr<EventPublisher>> open_publisher(const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_log(const StandardConfig& config);
// The topics alone, from their beginning.
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_topics(const StandardConfig& config);

// Whether to ask Kafka Connect again, for some seconds, while its workers settle; or not, because
// one asks regularly and has other things to do.
enum class Patience : std::uint8_t { kAskOnce, kWait };

// What brings events to the topics with --relay cdc.
[[nodiscard]] Result<std::unique_ptr<CaptureSlot>> open_capture_slot(const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<Connector>> open_connector(const StandardConfig& config,
                                                                Patience patience);
// What the connector is called, and what it is told, as Kafka Connect takes it.
[[nodiscard]] std::string connector_name(const StandardConfig& config);
[[nodiscard]] Result<std::string> connector_settings(const StandardConfig& config);
// Removes connector, slot and publication. Not there: no error.
[[nodiscard]] Status remove_capture(const StandardConfig& config);
// The same for a system that goes back to --relay poll, if it has a slot. Error also: invalid
// (there is one, and no address of Kafka Connect).
[[nodiscard]] Status leave_capture(const StandardConfig& config);

// What brings events from the topics to the sink, with --sink mongo; what it is called and told.
[[nodiscard]] Result<std::unique_ptr<Connector>> open_sink(const StandardConfig& config,
                                                           Patience patience);
[[nodiscard]] std::string sink_connector(const StandardConfig& config);
[[nodiscard]] std::string sink_settings(const StandardConfig& config);
// Its collections, for people.
[[nodiscard]] std::vector<std::string> sink_collections(const StandardConfig& config);
// Makes what the sink itself does not make. Error: unavailable.
[[nodiscard]] Status prepare_sink(const StandardConfig& config);
[[nodiscard]] Result<std::unique_ptr<EventCopies>> open_event_copies(const StandardConfig& config);
// Removes the connector; its collections stay. Not there: no error.
[[nodiscard]] Status leave_sink(const StandardConfig& config);
// And the collections.
[[nodiscard]] Status remove_sink(const StandardConfig& config);

[[nodiscard]] Result<std::unique_ptr<ProjectionStore>> open_projection(const StandardConfig& config,
                                                                       int generation);
[[nodiscard]] Result<std::unique_ptr<ReadStore>> open_read_store(const StandardConfig& config,
                                                                 int generation);
// Its entities, as verify compares them.
[[nodiscard]] Result<std::unique_ptr<EntitySource>> open_view_source(const StandardConfig& config,
                                                                     int generation);
// The first two where a cache is configured: the store that tells the cache first what changes, and
// the one whose reads by key go to the cache first. Neither needs the cache to be there.
[[nodiscard]] Result<std::unique_ptr<AnnouncingStore>> open_announcing_projection(
    const StandardConfig& config, int generation,
    std::function<std::chrono::steady_clock::time_point()> owned_until);
[[nodiscard]] Result<std::unique_ptr<ReadStore>> open_cached_store(const StandardConfig& config,
                                                                   int generation,
                                                                   CacheHealth& health);
[[nodiscard]] Status remove_generation(const StandardConfig& config, int generation);
// Copies one to the same servers under the name of `scratch`, as far as verify reads it. Writes may
// go on: rows may then be newer than the copied checkpoint. Error also: not_found (there is none).
[[nodiscard]] Status copy_generation(const StandardConfig& from, int generation,
                                     const StandardConfig& scratch);
// Of which anything is stored, ascending; and the one that the pointer names.
[[nodiscard]] Result<std::vector<int>> stored_generations(const StandardConfig& config);
[[nodiscard]] Result<int> live_generation_of(const StandardConfig& config);
// Removes what is stored of generations that are not in `known`, and gives their numbers.
[[nodiscard]] Result<std::vector<int>> remove_strays(const StandardConfig& config,
                                                     const std::vector<Generation>& known);

[[nodiscard]] Result<Sources> open_record(const StandardConfig& config);
// `generation` 0: the live one.
[[nodiscard]] Result<Sources> open_sources(const StandardConfig& config, int generation = 0);

// The lease that publishers of this system share.
inline constexpr const char* kRelayLease = "relay";
// And the one whose owner runs the projectors.
inline constexpr const char* kProjectorLease = "projector";

}  // namespace cqrs::standard
