#include "core/adapters/mongo/schema.h"

#include <charconv>
#include <set>

namespace cqrs::mongo {
namespace {

// Lists leave out deleted rows, so each order of theirs begins with `del`; the id makes equal keys
// stand in order. Buckets are for verify.
std::vector<Doc> indexes_of(Kind kind) {
  std::vector<Doc> indexes;
  indexes.push_back(all_of({"row.b"}));
  indexes.push_back(all_of({"row.del", "row.c", "_id"}));
  if (kind == Kind::kOrder) {
    indexes.push_back(all_of({"row.user", "row.c", "_id"}));
    indexes.push_back(all_of({"row.status", "row.c", "_id"}));
    return indexes;
  }
  indexes.push_back(all_of({"row.words"}));
  indexes.push_back(all_of({"row.del", "row.name_sort", "_id"}));
  indexes.push_back(all_of({"row.del", kind == Kind::kUser ? "row.email" : "row.price", "_id"}));
  return indexes;
}

// Of "users_g12": 12.
std::optional<int> generation_of(std::string_view collection) {
  const auto at = collection.rfind("_g");
  if (at == std::string_view::npos) return std::nullopt;
  const auto digits = collection.substr(at + 2);
  int generation = 0;
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), generation);
  if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const Names names(generation);
  bool ours = collection == names.parked() || collection == names.checkpoint();
  for (const Kind kind : kAllKinds) ours = ours || collection == names.view(kind);
  return ours ? std::optional(generation) : std::nullopt;
}

}  // namespace

Doc checkpoint_filter() { return one("_id", "checkpoint"); }

Result<StoredCheckpoint> read_checkpoint(Fields& fields) {
  const auto format = fields.number("format");
  CQRS_TRY(fields.status("checkpoint"));
  if (format != kFormat) {
    return make_error(ErrorCode::kCorrupt, "the views in MongoDB have format " +
                                               std::to_string(format) + ", this program knows " +
                                               std::to_string(kFormat) + ": rebuild the views");
  }
  StoredCheckpoint stored;
  stored.epoch = fields.number("epoch");
  stored.commits = fields.number("commits");
  stored.checkpoint.cursor.text = fields.text("cursor");
  stored.checkpoint.applied = fields.number("applied");
  stored.checkpoint.event_id = fields.id("event_id");
  stored.checkpoint.incarnation = fields.id("incarnation");
  CQRS_TRY(fields.status("checkpoint"));
  return stored;
}

Result<std::optional<StoredCheckpoint>> load_checkpoint(Connection& connection,
                                                        const Names& names) {
  std::optional<StoredCheckpoint> stored;
  CQRS_TRY(connection.find(names.checkpoint(), checkpoint_filter(), Doc(),
                           [&](Fields& fields) -> Status {
                             auto read = read_checkpoint(fields);
                             if (!read) return read.error();
                             stored = std::move(*read);
                             return {};
                           }));
  return stored;
}

Status prepare(Connection& connection, const Names& names) {
  auto stored = load_checkpoint(connection, names);
  if (!stored) return stored.error();
  for (const Kind kind : kAllKinds) {
    CQRS_TRY(connection.create_indexes(names.view(kind), indexes_of(kind)));
  }
  std::vector<Doc> parked;
  parked.push_back(all_of({"stream"}));
  CQRS_TRY(connection.create_indexes(names.parked(), parked));
  if (*stored) return {};
  Doc first;
  first.number("format", kFormat).number("epoch", 0).number("commits", 0);
  first.text("cursor", "").number("applied", 0);
  first.id("event_id", Uuid{}).id("incarnation", Uuid{});
  auto done =
      connection.update(names.checkpoint(), checkpoint_filter(), one("$setOnInsert", first), true);
  return done ? Status() : done.error();
}

Status remove_generation(const Options& options, int generation) {
  auto connection = Connection::open(options, kAnswerWithin);
  if (!connection) return connection.error();
  const Names names(generation);
  // The checkpoint first: what an interruption leaves behind is then no generation that claims to
  // be filled, and is found and removed by the next try.
  CQRS_TRY((*connection)->drop(names.checkpoint()));
  for (const Kind kind : kAllKinds) CQRS_TRY((*connection)->drop(names.view(kind)));
  return (*connection)->drop(names.parked());
}

Result<std::vector<int>> stored_generations(const Options& options) {
  auto connection = Connection::open(options, kAnswerWithin);
  if (!connection) return connection.error();
  auto collections = (*connection)->collections();
  if (!collections) return collections.error();
  std::set<int> found;
  for (const auto& name : *collections) {
    if (const auto generation = generation_of(name)) found.insert(*generation);
  }
  return std::vector<int>(found.begin(), found.end());
}

}  // namespace cqrs::mongo
