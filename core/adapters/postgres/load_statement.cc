#include "core/adapters/postgres/arrays.h"
#include "core/adapters/postgres/connection.h"
#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/write_statements.h"

#include <cstdint>

namespace cqrs::postgres {
namespace {

enum class Section : std::uint8_t { kHead, kStream, kClaim, kRequest };

// LIMIT 1 keeps each look-up a loop over the array with one index probe per element: the planner
// may not turn it around, whatever it believes of the tables. Only what was found comes back. The
// oldest request is looked for from where it was last: what was forgotten before that may stand in
// the index for as long as somebody elsewhere keeps a transaction open.
constexpr const char* kLoad = R"sql(
  SELECT 0 AS section, 0::bigint AS entry,
         greatest((SELECT position FROM events ORDER BY position DESC LIMIT 1),
                  (SELECT position_floor FROM meta)) AS position,
         coalesce((SELECT recorded_at FROM requests WHERE recorded_at >= ($6::bigint[])[1]
                    ORDER BY recorded_at LIMIT 1), 0) AS version,
         false AS flag, 0::bigint AS high, 0::bigint AS low,
         NULL::uuid AS first, NULL::uuid AS second, NULL::text AS state
  UNION ALL
  SELECT 1, t.entry, s.position, s.version, s.deleted, s.digest_high, s.digest_low, NULL, NULL,
         s.state
    FROM unnest($1::smallint[], $2::uuid[]) WITH ORDINALITY AS t(kind, id, entry),
         LATERAL (SELECT * FROM streams WHERE kind = t.kind AND id = t.id LIMIT 1) AS s
  UNION ALL
  SELECT 2, t.entry, 0, 0, false, 0, 0, c.owner, NULL, NULL
    FROM unnest($3::smallint[], $4::text[]) WITH ORDINALITY AS t(field, value, entry),
         LATERAL (SELECT owner FROM claims WHERE field = t.field AND value = t.value LIMIT 1) AS c
  UNION ALL
  SELECT 3, t.entry, r.position, r.version, r.created, r.kind, r.recorded_at, r.fingerprint,
         r.stream_id, NULL
    FROM unnest($5::uuid[]) WITH ORDINALITY AS t(request_key, entry),
         LATERAL (SELECT * FROM requests WHERE request_key = t.request_key LIMIT 1) AS r
)sql";

// Columns of kLoad.
enum Column : std::uint8_t {
  kSection,
  kEntry,
  kPosition,
  kVersion,
  kFlag,
  kHigh,
  kLow,
  kFirst,
  kSecond,
  kState
};

StreamRecord stream_of(const Answer::Row& row, const StreamKey& key) {
  return {key,
          integer(row, kVersion),
          boolean(row, kFlag),
          std::string(text(row, kState)),
          digest(row, kHigh),
          integer(row, kPosition)};
}

Result<RequestRecord> request_of(const Answer::Row& row, const Uuid& key) {
  const auto kind = kind_from_number(integer(row, kHigh));
  if (!kind) {
    return make_error(ErrorCode::kCorrupt,
                      "requests row " + to_string(key) + " names a kind that cannot be");
  }
  return RequestRecord{key,
                       id(row, kFirst),
                       {*kind, id(row, kSecond)},
                       integer(row, kVersion),
                       integer(row, kPosition),
                       boolean(row, kFlag),
                       {integer(row, kLow)}};
}

}  // namespace

void prepare_load(pqxx::nontransaction& session) { prepare_now(session, kLoadStatement, kLoad); }

Parameters load_parameters(const Touched& touched, Timestamp oldest_request) {
  Parameters parameters;
  parameters.add(Element::kInt2, touched.streams,
                 [](const StreamKey& key) { return static_cast<std::int64_t>(key.kind); });
  parameters.add(Element::kUuid, touched.streams, [](const StreamKey& key) { return key.id; });
  parameters.add(Element::kInt2, touched.claims,
                 [](const Claim& claim) { return static_cast<std::int64_t>(claim.field); });
  parameters.add(Element::kText, touched.claims,
                 [](const Claim& claim) { return std::string_view(claim.value); });
  parameters.add(Element::kUuid, touched.requests, [](const Uuid& key) { return key; });

  const std::vector<std::int64_t> oldest{oldest_request.micros};
  parameters.add(Element::kInt8, oldest, [](std::int64_t micros) { return micros; });
  return parameters;
}

Result<LoadedBatch> read_loaded(const Answer& answer, const Touched& touched) {
  LoadedBatch batch;
  Loaded& loaded = batch.loaded;
  loaded.streams.resize(touched.streams.size());
  loaded.claim_owners.resize(touched.claims.size());
  loaded.requests.resize(touched.requests.size());
  for (int number = 0; number < answer.size(); ++number) {
    const Answer::Row row = answer[number];
    const auto at = static_cast<std::size_t>(integer(row, kEntry)) - 1;
    switch (static_cast<Section>(integer(row, kSection))) {
      case Section::kHead:
        loaded.head = integer(row, kPosition);
        batch.oldest_request.micros = integer(row, kVersion);
        break;
      case Section::kStream:
        loaded.streams.at(at) = stream_of(row, touched.streams.at(at));
        break;
      case Section::kClaim:
        loaded.claim_owners.at(at) = id(row, kFirst);
        break;
      case Section::kRequest: {
        auto request = request_of(row, touched.requests.at(at));
        if (!request) return request.error();
        loaded.requests.at(at) = *request;
        break;
      }
    }
  }
  return batch;
}

}  // namespace cqrs::postgres
