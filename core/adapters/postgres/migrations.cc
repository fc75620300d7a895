#include "core/adapters/postgres/migrations.h"

namespace cqrs::postgres {
namespace {

// Events have the columns that the relay and Debezium's outbox router read: `partition` is set
// outright. Wide columns first, so that nothing is padded. `data` is text, because the bytes that
// were decided are the record. Streams, leases and marks are changed in place: room in their pages
// keeps such a change out of the indexes, which therefore hold nothing that changes.
constexpr const char* kTables = R"sql(
  CREATE TABLE meta(
    single boolean PRIMARY KEY DEFAULT true CHECK(single),
    schema_version integer NOT NULL, partitions integer NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(), position_floor bigint NOT NULL DEFAULT 0);

  CREATE TABLE events(
    position bigint PRIMARY KEY, stream_version bigint NOT NULL, recorded_at bigint NOT NULL,
    event_id uuid NOT NULL, stream_id uuid NOT NULL, partition integer NOT NULL,
    schema_version integer NOT NULL, kind smallint NOT NULL, partition_slice smallint NOT NULL,
    type text NOT NULL, data text NOT NULL, traceparent text NOT NULL,
    content_type text NOT NULL DEFAULT 'application/json')
    WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
  CREATE UNIQUE INDEX events_by_id ON events(event_id);
  CREATE UNIQUE INDEX events_by_stream ON events(kind, stream_id, stream_version)
    INCLUDE (position);

  CREATE TABLE streams(
    version bigint NOT NULL, digest_high bigint NOT NULL, digest_low bigint NOT NULL,
    position bigint NOT NULL, id uuid NOT NULL, kind smallint NOT NULL, bucket smallint NOT NULL,
    deleted boolean NOT NULL, state text NOT NULL, PRIMARY KEY(kind, id))
    WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05,
          autovacuum_analyze_scale_factor = 0.02);
  CREATE INDEX streams_by_bucket ON streams(kind, bucket, id);

  CREATE TABLE claims(
    owner uuid NOT NULL, field smallint NOT NULL, value text COLLATE "C" NOT NULL,
    PRIMARY KEY(field, value)) WITH (autovacuum_vacuum_scale_factor = 0.05);

  CREATE TABLE requests(
    version bigint NOT NULL, position bigint NOT NULL, recorded_at bigint NOT NULL,
    request_key uuid PRIMARY KEY, fingerprint uuid NOT NULL, stream_id uuid NOT NULL,
    kind smallint NOT NULL, created boolean NOT NULL)
    WITH (autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX requests_by_age ON requests(recorded_at);

  CREATE TABLE credentials(
    updated_at bigint NOT NULL, user_id uuid PRIMARY KEY, key_id integer NOT NULL,
    stage smallint NOT NULL, hash bytea NOT NULL)
    WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
  CREATE INDEX credentials_keyed ON credentials(user_id) WHERE stage = 1;

  CREATE TABLE leases(
    name text PRIMARY KEY, owner text NOT NULL, epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL, position bigint NOT NULL DEFAULT 0, event_id uuid,
    cursor text NOT NULL DEFAULT '') WITH (fillfactor = 50);
  CREATE TABLE published_marks(
    name text NOT NULL, slot bigint NOT NULL, position bigint NOT NULL, event_id uuid,
    cursor text NOT NULL, PRIMARY KEY(name, slot)) WITH (fillfactor = 50);

  CREATE TABLE generations(
    number integer PRIMARY KEY, created_at bigint NOT NULL, rate bigint NOT NULL DEFAULT 0,
    proof smallint NOT NULL DEFAULT 0, served boolean NOT NULL DEFAULT false);
  CREATE TABLE pointer(
    single boolean PRIMARY KEY DEFAULT true CHECK(single), live integer NOT NULL,
    newest integer NOT NULL);
)sql";

constexpr const char* kNoTables = R"sql(
  DROP TABLE pointer, generations, published_marks, leases, credentials, requests, claims, streams,
    events, meta;
)sql";

}  // namespace

const std::array<MigrationStep, 1> kMigrations{{{1, kTables, kNoTables, true}}};

}  // namespace cqrs::postgres
