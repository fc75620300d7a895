#include "core/adapters/postgres/write_parts.h"

namespace cqrs::postgres {
namespace {

struct PartSql {
  const char* sql;
  int parameters;
};

// All parts see the tables as they were before the statement and run in an order of the server's
// choice: no row may be met by two of them, which whoever fills them sees to. Arrays that stand
// side by side in a target list are stepped through together, without being copied into a table
// first. LIMIT 1 makes every look-up one index probe per element, as in kLoad; a row found under
// the order lock stays where it is, so its place names it.
constexpr PartSql kEvents{R"sql(
    INSERT INTO events(position, event_id, kind, stream_id, stream_version, partition_slice,
                       partition, type, schema_version, data, traceparent, recorded_at)
    SELECT unnest($1::bigint[]), unnest($2::uuid[]), unnest($3::smallint[]), unnest($4::uuid[]),
           unnest($5::bigint[]), unnest($6::smallint[]), unnest($7::integer[]),
           unnest($8::text[]), unnest($9::integer[]), unnest($10::text[]), unnest($11::text[]),
           unnest($12::bigint[]))sql",
                          12};

constexpr PartSql kNewStreams{R"sql(
    INSERT INTO streams(kind, id, version, deleted, bucket, digest_high, digest_low, position,
                        state)
    SELECT unnest($1::smallint[]), unnest($2::uuid[]), unnest($3::bigint[]),
           unnest($4::boolean[]), unnest($5::smallint[]), unnest($6::bigint[]),
           unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::text[]))sql",
                              9};

constexpr PartSql kChangedStreams{R"sql(
    INSERT INTO streams(kind, id, version, deleted, bucket, digest_high, digest_low, position,
                        state)
    SELECT unnest($1::smallint[]), unnest($2::uuid[]), unnest($3::bigint[]),
           unnest($4::boolean[]), unnest($5::smallint[]), unnest($6::bigint[]),
           unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::text[])
    ON CONFLICT (kind, id) DO UPDATE
      SET version = excluded.version, deleted = excluded.deleted,
          digest_high = excluded.digest_high, digest_low = excluded.digest_low,
          position = excluded.position, state = excluded.state)sql",
                                  9};

constexpr PartSql kReleased{R"sql(
    DELETE FROM claims WHERE ctid = ANY(ARRAY(
      SELECT c.place
        FROM unnest($1::smallint[], $2::text[], $3::uuid[]) AS r(field, value, owner),
             LATERAL (SELECT ctid AS place FROM claims AS c
                       WHERE c.field = r.field AND c.value = r.value AND c.owner = r.owner
                       LIMIT 1) AS c)))sql",
                            3};

constexpr PartSql kTaken{R"sql(
    INSERT INTO claims(field, value, owner)
    SELECT unnest($1::smallint[]), unnest($2::text[]), unnest($3::uuid[]))sql",
                         3};

// From those who release it, who stand in the last three parameters.
constexpr PartSql kTakenOver{R"sql(
    INSERT INTO claims AS c(field, value, owner)
    SELECT unnest($1::smallint[]), unnest($2::text[]), unnest($3::uuid[])
    ON CONFLICT (field, value) DO UPDATE SET owner = excluded.owner
      WHERE (c.field, c.value, c.owner) IN (
        SELECT unnest($4::smallint[]), unnest($5::text[]), unnest($6::uuid[]))
    RETURNING 1)sql",
                             6};

constexpr PartSql kRequests{R"sql(
    INSERT INTO requests(request_key, fingerprint, kind, stream_id, version, position, created,
                         recorded_at)
    SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::smallint[]), unnest($4::uuid[]),
           unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::boolean[]),
           unnest($8::bigint[]))sql",
                            8};

// From the oldest one to the limit; a few more than a commit adds at most, so that what expires
// never piles up.
constexpr PartSql kForgotten{R"sql(
    DELETE FROM requests WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM requests
       WHERE recorded_at >= ($1::bigint[])[1] AND recorded_at < ($1::bigint[])[2]
       ORDER BY recorded_at LIMIT 2000)))sql",
                             1};

constexpr PartSql kNewCredentials{R"sql(
    INSERT INTO credentials(user_id, stage, key_id, hash, updated_at)
    SELECT unnest($1::uuid[]), unnest($2::smallint[]), unnest($3::integer[]),
           unnest($4::bytea[]), unnest($5::bigint[]))sql",
                                  5};

constexpr PartSql kCredentials{R"sql(
    INSERT INTO credentials(user_id, stage, key_id, hash, updated_at)
    SELECT unnest($1::uuid[]), unnest($2::smallint[]), unnest($3::integer[]),
           unnest($4::bytea[]), unnest($5::bigint[])
    ON CONFLICT (user_id) DO UPDATE
      SET stage = excluded.stage, key_id = excluded.key_id, hash = excluded.hash,
          updated_at = excluded.updated_at)sql",
                               5};

constexpr PartSql kUpgrades{R"sql(
    UPDATE credentials AS c
       SET stage = u.stage, key_id = u.key_id, hash = u.hash, updated_at = u.updated_at
      FROM unnest($1::uuid[], $2::smallint[], $3::integer[], $4::bytea[], $5::bigint[],
                  $6::smallint[], $7::integer[], $8::bytea[])
             AS u(user_id, stage, key_id, hash, updated_at, old_stage, old_key_id, old_hash),
           LATERAL (SELECT ctid AS place FROM credentials AS o
                     WHERE o.user_id = u.user_id AND o.stage = u.old_stage
                       AND o.key_id = u.old_key_id AND o.hash = u.old_hash LIMIT 1) AS old
     WHERE c.ctid = old.place)sql",
                            8};

constexpr PartSql kRemovedCredentials{R"sql(
    DELETE FROM credentials WHERE user_id = ANY($1::uuid[]))sql",
                                      1};

// As kLoad finds it.
constexpr PartSql kHeadIs{R"sql(
    SELECT greatest((SELECT position FROM events ORDER BY position DESC LIMIT 1),
                    (SELECT position_floor FROM meta)) = ($1::bigint[])[1] AS holds)sql",
                          1};

// In the order of Part.
constexpr std::array<PartSql, kParts> kAll{
    kEvents,    kNewStreams,         kChangedStreams, kReleased,       kTaken,
    kTakenOver, kRequests,           kForgotten,      kNewCredentials, kCredentials,
    kUpgrades,  kRemovedCredentials, kHeadIs};

// With every $n as $(n + by).
std::string shifted(const char* sql, int by) {
  std::string out;
  for (const char* at = sql; *at != '\0';) {
    out += *at++;
    if (out.back() != '$') continue;
    int number = 0;
    while (*at >= '0' && *at <= '9') number = number * 10 + (*at++ - '0');
    out += std::to_string(number + by);
  }
  return out;
}

}  // namespace

std::string write_sql(std::uint32_t parts) {
  const auto has = [&](Part part) { return (parts >> static_cast<unsigned>(part) & 1U) != 0; };
  const char* condition = has(Part::kHeadIs) ? " WHERE (SELECT holds FROM test)" : "";
  std::string sql;
  int parameters = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    if (!has(static_cast<Part>(i)) || static_cast<Part>(i) == Part::kHeadIs) continue;
    sql +=
        ", p" + std::to_string(i) + " AS (" + shifted(kAll.at(i).sql, parameters) + condition + ")";
    parameters += kAll.at(i).parameters;
  }
  if (has(Part::kHeadIs)) {
    return "WITH test AS (" + shifted(kHeadIs.sql, parameters) + ")" + sql +
           " SELECT holds::integer FROM test";
  }
  const std::string counted = std::to_string(static_cast<int>(Part::kTakenOver));
  return "WITH" + sql.substr(1) + " SELECT " +
         (has(Part::kTakenOver) ? "count(*) FROM p" + counted : std::string("0"));
}

}  // namespace cqrs::postgres
