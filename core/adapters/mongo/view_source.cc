#include "core/adapters/mongo/index_audit.h"
#include "core/adapters/mongo/schema.h"
#include "core/adapters/mongo/view_document.h"
#include "core/base/hash.h"

#include <algorithm>
#include <limits>

namespace cqrs::mongo {
namespace {

constexpr std::int64_t kAtOnce = 10'000;  // documents in one part of an answer

// Whether so many halves of 32 bits can have this sum.
bool possible(std::int64_t sum, std::int64_t count) {
  return sum >= 0 && sum <= count * std::int64_t{std::numeric_limits<std::uint32_t>::max()};
}

class MongoViewSource final : public EntitySource {
 public:
  MongoViewSource(std::unique_ptr<Connection> connection, int generation, std::string name)
      : connection_(std::move(connection)), names_(generation), name_(std::move(name)) {}

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
    auto stored = load_checkpoint(*connection_, names_);
    if (!stored) return stored.error();
    return *stored ? (*stored)->checkpoint.applied : Position{0};
  }

  // Summed by the server: halves of 32 bits in 64 are exact over 2^31 rows.
  Result<BucketSums> sums(Kind kind) override {
    Doc group;
    group.text("_id", "$row.b").doc("count", one("$sum", std::int64_t{1}));
    group.doc("high", one("$sum", "$row.dh")).doc("low", one("$sum", "$row.dl"));
    Doc stages;
    stages.next(one("$group", group));
    Doc pipeline;
    pipeline.array("pipeline", stages);
    BucketSums sums;
    const auto visit = [&](Fields& fields) -> Status {
      const auto bucket = static_cast<int>(fields.number("_id")) & (kBuckets - 1);
      const BucketSum sum{fields.number("count"), fields.number("high"), fields.number("low")};
      CQRS_TRY(fields.status("sums of " + names_.view(kind)));
      if (possible(sum.high, sum.count) && possible(sum.low, sum.count)) {
        sums.add_sum(bucket, sum);
        return {};
      }
      return make_error(ErrorCode::kCorrupt, names_.view(kind) + ": digests in bucket " +
                                                 std::to_string(bucket) +
                                                 " are no 32-bit halves: rebuild the views");
    };
    CQRS_TRY(connection_->aggregate(names_.view(kind), pipeline, visit));
    return sums;
  }

  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override {
    std::vector<EntityRow> rows;
    if (limit == 0) return rows;
    Doc options;
    options.doc("sort", all_of({"_id"})).doc("projection", entity_fields(with_content));
    options.number("limit", static_cast<std::int64_t>(limit));
    options.number("batchSize", std::min(static_cast<std::int64_t>(limit), kAtOnce) + 1);
    CQRS_TRY(read(kind, one("_id", one("$gt", after)), options, with_content, rows));
    return rows;
  }

  // Sorted here: the server would have to hold whole documents to do it.
  Result<std::vector<EntityRow>> rows_of(Kind kind, std::span<const int> buckets) override {
    Doc list;
    for (const int bucket : buckets) list.next(std::int64_t{bucket});
    Doc in;
    in.array("$in", list);
    Doc options;
    options.doc("projection", entity_fields(false)).number("batchSize", kAtOnce);
    std::vector<EntityRow> rows;
    CQRS_TRY(read(kind, one("row.b", in), options, false, rows));
    std::sort(rows.begin(), rows.end(),
              [](const EntityRow& a, const EntityRow& b) { return a.id < b.id; });
    return rows;
  }

  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override {
    Doc options;
    options.doc("projection", entity_fields(true));
    std::vector<EntityRow> rows;
    CQRS_TRY(read(key.kind, one("_id", key.id), options, true, rows));
    return rows.empty() ? std::optional<EntityRow>() : std::optional(std::move(rows.front()));
  }

 private:
  Status read(Kind kind, const Doc& filter, const Doc& options, bool with_content,
              std::vector<EntityRow>& rows) {
    return connection_->find(names_.view(kind), filter, options, [&](Fields& fields) -> Status {
      auto row = to_entity(fields, with_content);
      if (!row) return row.error();
      rows.push_back(std::move(*row));
      return {};
    });
  }

  Result<std::int64_t> check_index(Kind kind, Findings& findings) {
    auto audit = audit_index(*connection_, names_, kind, findings.limit);
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
  Names names_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<EntitySource>> open_view_source(const Options& options, int generation,
                                                       const std::string& name) {
  auto connection = Connection::open(options, kScanWithin);
  if (!connection) return connection.error();
  auto stored = load_checkpoint(**connection, Names(generation));
  if (!stored) return stored.error();
  return std::unique_ptr<EntitySource>(
      std::make_unique<MongoViewSource>(std::move(*connection), generation, name));
}

}  // namespace cqrs::mongo
