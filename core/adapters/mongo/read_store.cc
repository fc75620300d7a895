#include "core/adapters/mongo/index_audit.h"
#include "core/adapters/mongo/list_filter.h"
#include "core/adapters/mongo/row_lookup.h"
#include "core/adapters/mongo/schema.h"
#include "core/adapters/mongo/view_document.h"

#include <set>

namespace cqrs::mongo {
namespace {

class MongoReadStore final : public ReadStore {
 public:
  MongoReadStore(std::unique_ptr<Connection> connection, int generation)
      : connection_(std::move(connection)), names_(generation) {}

  Result<std::vector<std::optional<ViewRow>>> get(std::span<const StreamKey> keys) override {
    return find_rows(*connection_, names_, keys);
  }

  Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after, std::size_t limit) override {
    std::vector<ViewRow> rows;
    // To the server no limit is no limit.
    if (limit == 0) return rows;
    Doc filter = one("_id", one("$gt", after));
    filter.flag("row.del", false);
    Doc options;
    options.doc("sort", all_of({"_id"})).doc("projection", row_fields());
    options.number("limit", static_cast<std::int64_t>(limit));
    options.number("batchSize", static_cast<std::int64_t>(limit) + 1);
    CQRS_TRY(connection_->find(names_.view(kind), filter, options, [&](Fields& fields) -> Status {
      auto row = to_row(kind, fields);
      if (!row) return row.error();
      rows.push_back(std::move(*row));
      return {};
    }));
    return rows;
  }

  Result<Listed> find(const ListQuery& query) override {
    auto list = ListFilter::of(query);
    if (!list) return list.error();
    Listed listed;
    if (query.limit == 0) return listed;
    const auto visit = [&](Fields& fields) -> Status {
      auto row = to_row(query.kind, fields);
      if (!row) return row.error();
      auto place = list->place_of(fields, *row);
      if (!place) return place.error();
      listed.places.push_back(std::move(*place));
      listed.rows.push_back(std::move(*row));
      return {};
    };
    const std::string view = names_.view(query.kind);
    CQRS_TRY(list->ranked() ? connection_->aggregate(view, list->pipeline(), visit)
                            : connection_->find(view, list->filter(true), list->options(), visit));
    return listed;
  }

  Result<std::int64_t> count(const ListQuery& query) override {
    auto list = ListFilter::of(query);
    if (!list) return list.error();
    return connection_->count(names_.view(query.kind), list->filter(false));
  }

  Result<std::vector<bool>> parked(std::span<const StreamKey> keys) override {
    std::vector<bool> parked(keys.size());
    if (keys.empty()) return parked;
    bool any = false;
    Doc first;
    first.number("limit", 1).doc("projection", all_of({"_id"}));
    CQRS_TRY(connection_->find(names_.parked(), Doc(), first, [&](Fields&) -> Status {
      any = true;
      return {};
    }));
    if (!any) return parked;
    auto found = parked_among(keys);
    if (!found) return found.error();
    for (std::size_t i = 0; i < keys.size(); ++i) parked[i] = found->contains(keys[i]);
    return parked;
  }

  Result<std::vector<Uuid>> index_differences(Kind kind, std::size_t limit) override {
    auto audit = audit_index(*connection_, names_, kind, limit);
    if (!audit) return audit.error();
    return std::move(audit->differing);
  }

  Result<Position> applied() override {
    auto stored = load_checkpoint(*connection_, names_);
    if (!stored) return stored.error();
    return *stored ? (*stored)->checkpoint.applied : Position{0};
  }

  Result<Counts> counts() override {
    std::array<std::int64_t, kAllKinds.size()> rows{};
    for (const Kind kind : kAllKinds) {
      auto counted = connection_->count(names_.view(kind), one("row.del", false));
      if (!counted) return counted.error();
      rows[kind_index(kind)] = *counted;
    }
    return Counts{rows[kind_index(Kind::kUser)], rows[kind_index(Kind::kProduct)],
                  rows[kind_index(Kind::kOrder)]};
  }

 private:
  Result<std::set<StreamKey>> parked_among(std::span<const StreamKey> keys) {
    Doc list;
    for (const auto& key : keys) list.next(key.id);
    Doc in;
    in.array("$in", list);
    Doc options;
    options.doc("projection", all_of({"kind", "stream"}));
    std::set<StreamKey> found;
    CQRS_TRY(connection_->find(names_.parked(), one("stream", in), options,
                               [&](Fields& fields) -> Status {
                                 const auto kind = kind_from_number(fields.number("kind"));
                                 const Uuid stream = fields.id("stream");
                                 if (kind) found.insert({*kind, stream});
                                 return fields.status("parked event");
                               }));
    return found;
  }

  std::unique_ptr<Connection> connection_;
  Names names_;
};

}  // namespace

Result<std::unique_ptr<ReadStore>> open_read_store(const Options& options, int generation) {
  auto connection = Connection::open(options, kAnswerWithin);
  if (!connection) return connection.error();
  // Tells at once whether the server is there and the format known.
  auto stored = load_checkpoint(**connection, Names(generation));
  if (!stored) return stored.error();
  return std::unique_ptr<ReadStore>(
      std::make_unique<MongoReadStore>(std::move(*connection), generation));
}

}  // namespace cqrs::mongo
