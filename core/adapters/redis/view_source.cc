// The views as verify reads them: sums inside Redis, over the rows themselves and in slices.
#include "core/adapters/redis/index_audit.h"
#include "core/adapters/redis/row_codec.h"
#include "core/adapters/redis/row_reader.h"
#include "core/adapters/redis/scripts.h"
#include "core/adapters/redis/stores.h"

#include <algorithm>

namespace cqrs::redis {
namespace {

// Rows that one script looks at: some milliseconds, in which nobody else is served.
constexpr std::int64_t kRowsAtOnce = 5'000;

EntityRow entity_of(ViewRow row, bool with_content) {
  EntityRow entity{row.key.id, row.version, row.deleted, row.digest, row.position, {}};
  if (with_content) entity.content = std::move(row.body);
  return entity;
}

class RedisViewSource final : public EntitySource {
 public:
  RedisViewSource(std::unique_ptr<Connection> connection, Keys keys, std::string name)
      : connection_(std::move(connection)), keys_(std::move(keys)), name_(std::move(name)) {}

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
    auto replies = connection_->read(Request().command("HGET", keys_.meta(), "applied"));
    if (!replies) return replies.error();
    return Position{(*replies)[0].integer()};
  }

  Result<BucketSums> sums(Kind kind) override {
    auto rows = size_of(kind);
    if (!rows) return rows.error();
    const std::int64_t in_bucket = *rows / kBuckets + 1;
    const int step = static_cast<int>(std::clamp<std::int64_t>(kRowsAtOnce / in_bucket, 1, 256));
    BucketSums sums;
    for (int from = 0; from < kBuckets; from += step) {
      const int to = std::min(kBuckets, from + step);
      Arguments arguments;
      arguments.add(std::int64_t{to - from});
      for (int bucket = from; bucket < to; ++bucket) arguments.add(keys_.rows(kind, bucket));
      auto replies = connection_->run_script(kSums, arguments, Again::kOnce);
      if (!replies) return replies.error();
      const Reply found = (*replies)[0];
      for (int bucket = from; bucket < to; ++bucket) {
        const std::size_t at = static_cast<std::size_t>(bucket - from) * 3;
        sums.add_sum(bucket, BucketSum{found[at].integer(), found[at + 1].integer(),
                                       found[at + 2].integer()});
      }
    }
    return sums;
  }

  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override {
    std::vector<EntityRow> entities;
    for (IdWalk walk(after); entities.size() < limit && !walk.ended;) {
      auto rows = next_rows(*connection_, keys_, kind, walk, limit - entities.size());
      if (!rows) return rows.error();
      for (auto& row : *rows) {
        if (row) entities.push_back(entity_of(std::move(*row), with_content));
      }
    }
    return entities;
  }

  Result<std::vector<EntityRow>> rows_of(Kind kind, std::span<const int> buckets) override {
    std::vector<EntityRow> entities;
    for (const int bucket : buckets) {
      Arguments arguments;
      arguments.add(1).add(keys_.rows(kind, bucket)).add(std::int64_t{kHeadSize});
      auto replies = connection_->run_script(kHeads, arguments, Again::kOnce);
      if (!replies) return replies.error();
      const Reply found = (*replies)[0];
      for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
        const auto id = uuid_from_bytes(found[i].text());
        if (!id) continue;
        auto row = unpack_row({kind, *id}, found[i + 1].text());
        if (!row) return row.error();
        entities.push_back(entity_of(std::move(*row), false));
      }
    }
    std::sort(entities.begin(), entities.end(),
              [](const EntityRow& a, const EntityRow& b) { return a.id < b.id; });
    return entities;
  }

  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override {
    auto rows = read_rows(*connection_, keys_, std::span(&key, 1));
    if (!rows) return rows.error();
    auto& row = rows->front();
    if (!row) return std::optional<EntityRow>();
    return std::optional<EntityRow>(entity_of(std::move(*row), true));
  }

 private:
  Result<std::int64_t> size_of(Kind kind) {
    auto replies = connection_->read(Request().command("ZCARD", keys_.of(key_name('i', kind))));
    if (!replies) return replies.error();
    return (*replies)[0].integer();
  }

  Result<std::int64_t> check_index(Kind kind, Findings& findings) {
    auto rows = size_of(kind);
    if (!rows) return rows;
    auto differing = index_differences(*connection_, keys_, kind, findings.limit);
    if (!differing) return differing.error();
    for (const auto& id : *differing) {
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
    return rows;
  }

  std::unique_ptr<Connection> connection_;
  Keys keys_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<EntitySource>> open_view_source(const Options& options, int generation,
                                                       const std::string& name) {
  auto connection = Connection::open(options.url);
  if (!connection) return connection.error();
  Keys keys(options.prefix, generation);
  CQRS_TRY(check_format(**connection, keys));
  return std::unique_ptr<EntitySource>(
      std::make_unique<RedisViewSource>(std::move(*connection), std::move(keys), name));
}

}  // namespace cqrs::redis
