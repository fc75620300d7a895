#include "core/adapters/postgres/arrays.h"
#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

#include <algorithm>

namespace cqrs::postgres {
namespace {

constexpr const char* kColumns = "SELECT id, version, deleted, digest_high, digest_low, position";

EntityRow entity_of(const pqxx::row& row) {
  EntityRow entity;
  entity.id = id(row, 0);
  entity.version = integer(row, 1);
  entity.deleted = boolean(row, 2);
  entity.digest = digest(row, 3);
  entity.position = integer(row, 5);
  if (row.size() > 6) entity.content = text(row, 6);
  return entity;
}

std::vector<EntityRow> entities_of(const pqxx::result& rows) {
  std::vector<EntityRow> entities;
  entities.reserve(rows.size());
  for (const auto& row : rows) entities.push_back(entity_of(row));
  return entities;
}

Parameters of_buckets(Kind kind, std::span<const int> buckets) {
  Parameters parameters;
  Array kinds(Element::kInt2, 1);
  kinds.add(static_cast<std::int64_t>(kind));
  parameters.add(std::move(kinds));
  parameters.add(Element::kInt2, buckets, [](int bucket) { return std::int64_t{bucket}; });
  return parameters;
}

class PostgresStreamSource final : public EntitySource {
 public:
  explicit PostgresStreamSource(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  [[nodiscard]] std::string name() const override { return "write store"; }
  [[nodiscard]] ContentFormat format() const override { return ContentFormat::kStreamState; }

  Result<Position> position() override {
    return connection_->run([](pqxx::nontransaction& session) -> Result<Position> {
      return integer(session.exec_prepared("head")[0], 0);
    });
  }

  Result<BucketSums> sums(Kind kind) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<BucketSums> {
      BucketSums sums;
      for (const auto& row : session.exec_prepared("sums", static_cast<int>(kind))) {
        const int bucket = static_cast<int>(integer(row, 0)) & (kBuckets - 1);
        sums.add_sum(bucket, BucketSum{integer(row, 1), integer(row, 2), integer(row, 3)});
      }
      return sums;
    });
  }

  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::vector<EntityRow>> {
      const char* statement = with_content ? "contents" : "digests";
      return entities_of(
          session.exec_prepared(statement, static_cast<int>(kind), to_string(after), limit));
    });
  }

  Result<std::vector<EntityRow>> rows_of(Kind kind, std::span<const int> buckets) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::vector<EntityRow>> {
      auto entities = entities_of(of_buckets(kind, buckets).execute(session, "buckets"));
      std::sort(entities.begin(), entities.end(),
                [](const EntityRow& a, const EntityRow& b) { return a.id < b.id; });
      return entities;
    });
  }

  Result<Unlike> unlike(Kind kind, std::span<const int> buckets,
                        const std::vector<EntityRow>& others) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<Unlike> {
      Parameters parameters = of_buckets(kind, buckets);
      using Row = EntityRow;
      parameters.add(Element::kUuid, others, [](const Row& r) { return r.id; });
      parameters.add(Element::kInt8, others, [](const Row& r) { return r.version; });
      parameters.add(Element::kInt8, others,
                     [](const Row& r) { return std::int64_t{r.digest.high}; });
      parameters.add(Element::kInt8, others,
                     [](const Row& r) { return std::int64_t{r.digest.low}; });
      Unlike unlike;
      for (const auto& row : parameters.execute(session, "unlike")) {
        unlike.ids.push_back(id(row, 0));
      }
      std::sort(unlike.ids.begin(), unlike.ids.end());
      unlike.rows_fetched = static_cast<std::int64_t>(unlike.ids.size());
      return unlike;
    });
  }

  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::optional<EntityRow>> {
      const auto rows =
          session.exec_prepared("fetch", static_cast<int>(key.kind), to_string(key.id));
      if (rows.empty()) return std::optional<EntityRow>();
      return std::optional<EntityRow>(entity_of(rows[0]));
    });
  }

 private:
  std::unique_ptr<Connection> connection_;
};

Status prepare(pqxx::nontransaction& session) {
  const std::string columns = kColumns;
  const std::string from = " FROM streams WHERE kind = $1 AND ";
  prepare_now(session, "head",
              "SELECT coalesce((SELECT position FROM events ORDER BY position DESC "
              "LIMIT 1), 0)");
  prepare_now(session, "sums",
              "SELECT bucket, count(*), sum(digest_high), sum(digest_low) FROM streams "
              "WHERE kind = $1 GROUP BY bucket");
  prepare_now(session, "digests", columns + from + "id > $2 ORDER BY id LIMIT $3");
  prepare_now(session, "contents", columns + ", state" + from + "id > $2 ORDER BY id LIMIT $3");
  // One look into the index per bucket.
  const std::string buckets = columns +
                              " FROM unnest($2::smallint[]) AS b(wanted), LATERAL (SELECT * FROM "
                              "streams WHERE kind = ($1::smallint[])[1] AND bucket = wanted OFFSET "
                              "0) AS s";
  prepare_now(session, "buckets", buckets);
  prepare_now(session, "unlike",
              "SELECT coalesce(a.id, b.id) FROM (" + buckets +
                  ") AS a FULL JOIN unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[]) "
                  "AS b(id, version, digest_high, digest_low) ON a.id = b.id WHERE (a.version, "
                  "a.digest_high, a.digest_low) IS DISTINCT FROM (b.version, b.digest_high, "
                  "b.digest_low)");
  prepare_now(session, "fetch", columns + ", state" + from + "id = $2");
  return {};
}

}  // namespace

Result<std::unique_ptr<EntitySource>> open_stream_source(const Options& options) {
  // Pages go along the index: a plan that sorts would read the whole kind for each.
  auto connection = open_checked(
      options,
      {"cqrs verify", "SET plan_cache_mode = force_custom_plan; SET enable_sort = off", prepare});
  if (!connection) return connection.error();
  return std::unique_ptr<EntitySource>(
      std::make_unique<PostgresStreamSource>(std::move(*connection)));
}

}  // namespace cqrs::postgres
