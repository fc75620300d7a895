#include "core/adapters/postgres/view_lookup.h"
#include "core/adapters/postgres/view_schema.h"
#include "core/base/failpoint.h"

#include <algorithm>
#include <unordered_map>

namespace cqrs::postgres {
namespace {

// A stopped owner holds the row of the checkpoint for 10 s at the most; whoever takes over waits
// longer than that. See views.h for what is not waited for.
constexpr const char* kSettings =
    "SET synchronous_commit = off; SET lock_timeout = '20s'; "
    "SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = '60s'";

constexpr const char* kPark = R"sql(
  INSERT INTO parked(kind, stream_id, version, position, event, reason)
  SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[],
                       $6::text[])
  ON CONFLICT DO NOTHING
)sql";

Status prepare(pqxx::nontransaction& session) {
  // When they are first used: on the first connection the tables may not be there yet.
  for (const Kind kind : kAllKinds) {
    session.conn().prepare(std::string("put ") + view_table(kind), upsert_sql(kind));
  }
  session.conn().prepare("park", kPark);
  return {};
}

class PostgresProjectionStore final : public ProjectionStore {
 public:
  PostgresProjectionStore(std::unique_ptr<Connection> connection, std::string schema)
      : connection_(std::move(connection)), schema_(std::move(schema)) {}

  Result<Checkpoint> checkpoint() override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<Checkpoint> {
      auto stored = read_checkpoint(
          session.exec(std::string("SELECT ") + kCheckpointColumns + " FROM checkpoint"), schema_);
      if (!stored) return stored.error();
      return std::move(stored->checkpoint);
    });
  }

  Result<Acquired> acquire() override {
    seen_.clear();
    return connection_->run([&](pqxx::nontransaction& session) -> Result<Acquired> {
      Transaction transaction(
          session, std::string(Transaction::kBegin) + "; SET LOCAL synchronous_commit = on");
      auto stored = read_checkpoint(
          session.exec(std::string("UPDATE checkpoint SET epoch = epoch + 1 RETURNING ") +
                       kCheckpointColumns),
          schema_);
      if (!stored) return stored.error();
      Acquired acquired{stored->epoch, std::move(stored->checkpoint), {}};
      for (const auto& row : session.exec("SELECT DISTINCT kind, stream_id FROM parked")) {
        const auto kind = kind_from_number(integer(row, 0));
        if (kind) acquired.parked.push_back({*kind, id(row, 1)});
      }
      CQRS_TRY(committed(transaction));
      return acquired;
    });
  }

  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    using Loaded = std::vector<std::optional<ViewRow>>;
    auto rows = connection_->run(
        [&](pqxx::nontransaction& session) -> Result<Loaded> { return find_rows(session, keys); });
    seen_.clear();
    if (!rows) return rows;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if ((*rows)[i]) seen_[keys[i]] = (*rows)[i]->version;
    }
    return rows;
  }

  Status commit(std::int64_t epoch, const ViewChanges& changes) override {
    CQRS_TRY(connection_->run(
        [&](pqxx::nontransaction& session) { return attempt(session, epoch, changes); }));
    CQRS_FAILPOINT("projector.after_commit");
    return {};
  }

 private:
  using Rows = std::vector<const ViewRow*>;

  // The checkpoint first: from then on its row keeps every other owner waiting.
  Status attempt(pqxx::nontransaction& session, std::int64_t epoch, const ViewChanges& changes) {
    Transaction transaction(session);
    CQRS_TRY(move_checkpoint(session, epoch, changes.checkpoint));
    CQRS_TRY(put(session, changes.rows));
    remove(session, changes.removed);
    park(session, changes.parked);
    CQRS_FAILPOINT_TRY("projector.after_apply", ErrorCode::kUnavailable);
    return committed(transaction);
  }

  static Status committed(Transaction& transaction) {
    const Status status = transaction.commit();
    if (status || status.error().code != ErrorCode::kInDoubt) return status;
    // Whether it happened or not, doing it again ends in the same rows.
    return make_error(ErrorCode::kUnavailable,
                      "PostgreSQL: the connection broke while the views were committed");
  }

  Status move_checkpoint(pqxx::nontransaction& session, std::int64_t epoch,
                         const Checkpoint& checkpoint) const {
    const auto moved = session.exec_params(
        "UPDATE checkpoint SET cursor = $1, applied = $2, event_id = $3, incarnation = $4 "
        "WHERE epoch = $5",
        checkpoint.cursor.text, checkpoint.applied, to_string(checkpoint.event_id),
        to_string(checkpoint.incarnation), epoch);
    if (moved.affected_rows() == 1) return {};
    return make_error(ErrorCode::kVersionConflict,
                      "schema \"" + schema_ + "\": another projector took over after epoch " +
                          std::to_string(epoch));
  }

  Status put(pqxx::nontransaction& session, const std::vector<ViewRow>& changed) {
    for (const Kind kind : kAllKinds) {
      Rows rows;
      for (const auto& row : changed) {
        if (row.key.kind == kind) rows.push_back(&row);
      }
      if (rows.empty()) continue;
      // In order of id, so that new rows append.
      std::sort(rows.begin(), rows.end(),
                [](const ViewRow* a, const ViewRow* b) { return a->key.id < b->key.id; });
      make_way(session, kind, rows);
      std::vector<IndexColumns> columns;
      columns.reserve(rows.size());
      for (const ViewRow* row : rows) {
        auto indexed = index_columns(*row);
        if (!indexed) return indexed.error();
        columns.push_back(std::move(*indexed));
      }
      const std::string statement = std::string("put ") + view_table(kind);
      upsert_parameters(kind, rows, columns).execute(session, statement.c_str());
    }
    return {};
  }

  // A repair takes a row back to an older version, which it has read before: only what was read may
  // go. Other than a repair nobody does so.
  void make_way(pqxx::nontransaction& session, Kind kind, const Rows& rows) {
    for (const ViewRow* row : rows) {
      const auto at = seen_.find(row->key);
      if (at == seen_.end() || at->second <= row->version) continue;
      session.exec_params(
          std::string("DELETE FROM ") + view_table(kind) + " WHERE id = $1 AND version <= $2",
          to_string(row->key.id), at->second);
    }
  }

  static void remove(pqxx::nontransaction& session, const std::vector<StreamKey>& keys) {
    for (const auto& key : keys) {
      session.exec_params(std::string("DELETE FROM ") + view_table(key.kind) + " WHERE id = $1",
                          to_string(key.id));
    }
  }

  static void park(pqxx::nontransaction& session, const std::vector<ParkedEvent>& parked) {
    if (parked.empty()) return;
    using Parked = const ParkedEvent&;
    Parameters add;
    add.add(Element::kInt2, parked,
            [](Parked p) { return static_cast<std::int64_t>(p.event.stream.kind); });
    add.add(Element::kUuid, parked, [](Parked p) { return p.event.stream.id; });
    add.add(Element::kInt8, parked, [](Parked p) { return p.event.version; });
    add.add(Element::kInt8, parked, [](Parked p) { return p.event.position; });
    add.add(Element::kText, parked, [](Parked p) {
      std::string text;
      append_cloud_event(text, p.event);
      return text;
    });
    add.add(Element::kText, parked, [](Parked p) { return std::string_view(p.reason); });
    add.execute(session, "park");
  }

  std::unique_ptr<Connection> connection_;
  std::string schema_;
  std::unordered_map<StreamKey, std::int64_t> seen_;  // versions, as they were loaded last
};

}  // namespace

Result<std::unique_ptr<ProjectionStore>> open_projection_store(const Options& options,
                                                               int generation) {
  auto connection = open_views(options, generation, {"cqrs projector", kSettings, prepare});
  if (!connection) return connection.error();
  CQRS_TRY(prepare_views(**connection, options, generation));
  return std::unique_ptr<ProjectionStore>(std::make_unique<PostgresProjectionStore>(
      std::move(*connection), view_schema(options, generation)));
}

}  // namespace cqrs::postgres
