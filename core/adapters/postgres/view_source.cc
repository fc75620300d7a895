#include "core/adapters/postgres/view_audit.h"
#include "core/adapters/postgres/view_columns.h"
#include "core/adapters/postgres/view_schema.h"
#include "core/base/hash.h"

#include <algorithm>

namespace cqrs::postgres {
namespace {

constexpr const char* kColumns = "SELECT id, version, deleted, digest_high, digest_low, position";

class PostgresViewSource final : public EntitySource {
 public:
  PostgresViewSource(std::unique_ptr<Connection> connection, std::string schema, std::string name)
      : connection_(std::move(connection)), schema_(std::move(schema)), name_(std::move(name)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] ContentFormat format() const override { return ContentFormat::kViewBody; }

  std::vector<ExtraCheck> extra_checks() override {
    std::vector<ExtraCheck> checks;
    checks.reserve(kAllKinds.size());
    for (const Kind kind : kAllKinds) {
      checks.push_back({std::string(kind_name(kind)) + "s view = its index",
                        [this, kind](Findings& findings) { return check_index(kind, findings); }});
    }
    return checks;
  }

  Result<Position> position() override {
    auto stored = load_checkpoint(*connection_, schema_);
    if (!stored) return stored.error();
    return *stored ? (*stored)->checkpoint.applied : Position{0};
  }

  Result<BucketSums> sums(Kind kind) override {
    const std::string sql =
        std::string("SELECT bucket, count(*), sum(digest_high), sum(digest_low) FROM ") +
        view_table(kind) + " GROUP BY bucket";
    return run_or_empty(
        *connection_, BucketSums(), [&](pqxx::nontransaction& session) -> Result<BucketSums> {
          BucketSums sums;
          for (const auto& row : session.exec(sql)) {
            const int bucket = static_cast<int>(integer(row, 0)) & (kBuckets - 1);
            sums.add_sum(bucket, BucketSum{integer(row, 1), integer(row, 2), integer(row, 3)});
          }
          return sums;
        });
  }

  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override {
    return ask(columns(with_content) + from(kind) + " WHERE id > $1 ORDER BY id LIMIT " +
                   std::to_string(limit),
               to_string(after));
  }

  // Reads the kind once: an index by bucket would cost more to keep.
  Result<std::vector<EntityRow>> rows_of(Kind kind, std::span<const int> buckets) override {
    std::string list = "{";
    for (const int bucket : buckets) list += (list.size() > 1 ? "," : "") + std::to_string(bucket);
    auto rows =
        ask(columns(false) + from(kind) + " WHERE bucket = ANY($1::smallint[])", list + "}");
    if (!rows) return rows;
    std::sort(rows->begin(), rows->end(),
              [](const EntityRow& a, const EntityRow& b) { return a.id < b.id; });
    return rows;
  }

  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override {
    auto rows = ask(columns(true) + from(key.kind) + " WHERE id = $1", to_string(key.id));
    if (!rows) return rows.error();
    return rows->empty() ? std::optional<EntityRow>() : std::optional(std::move(rows->front()));
  }

 private:
  static std::string columns(bool with_content) {
    return std::string(kColumns) + (with_content ? ", body" : "");
  }
  static std::string from(Kind kind) { return std::string(" FROM ") + view_table(kind); }

  Result<std::vector<EntityRow>> ask(const std::string& sql, const std::string& parameter) {
    using Rows = std::vector<EntityRow>;
    return run_or_empty(*connection_, Rows(), [&](pqxx::nontransaction& session) -> Result<Rows> {
      Rows entities;
      for (const auto& row : session.exec_params(sql, parameter)) {
        EntityRow entity;
        entity.id = id(row, 0);
        entity.version = integer(row, 1);
        entity.deleted = boolean(row, 2);
        entity.digest = digest(row, 3);
        entity.position = integer(row, 5);
        if (row.size() > 6) entity.content = text(row, 6);
        entities.push_back(std::move(entity));
      }
      return entities;
    });
  }

  Result<std::int64_t> check_index(Kind kind, Findings& findings) {
    auto audit = audit_views(*connection_, kind, findings.limit);
    if (!audit) return audit.error();
    for (const auto& id : audit->differing) {
      Finding finding;
      finding.kind = Difference::kField;
      finding.place = FindingPlace::kExtra;
      finding.entity = {kind, id};
      finding.store = name_ + ", index";
      finding.field = "words";
      finding.expected = "those of the row";
      finding.actual = "others";
      findings.add(std::move(finding));
    }
    return audit->rows;
  }

  std::unique_ptr<Connection> connection_;
  std::string schema_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<EntitySource>> open_view_source(const Options& options, int generation,
                                                       const std::string& name) {
  auto connection =
      open_views(options, generation, {"cqrs verify", "SET lock_timeout = '10s'", {}});
  if (!connection) return connection.error();
  const std::string schema = view_schema(options, generation);
  auto stored = load_checkpoint(**connection, schema);
  if (!stored) return stored.error();
  return std::unique_ptr<EntitySource>(
      std::make_unique<PostgresViewSource>(std::move(*connection), schema, name));
}

}  // namespace cqrs::postgres
