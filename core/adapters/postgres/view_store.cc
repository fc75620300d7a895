#include "core/adapters/postgres/view_lookup.h"
#include "core/adapters/postgres/view_schema.h"
#include "core/base/failpoint.h"

#include <algorithm>
#include <optional>
#include <utility>

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

// The parameters of its statements are there.
class PostgresCommit final : public PreparedCommit {
 public:
  using PreparedCommit::PreparedCommit;
  struct Put {
    Kind kind;
    Parameters parameters;
  };
  std::vector<Put> puts;
  // Rows that go back to an older version, and the version that may go. A repair does that, which
  // has read them before; nobody else.
  std::vector<std::pair<StreamKey, std::int64_t>> in_the_way;
};

class PostgresProjectionStore final : public ProjectionStore {
 public:
  // Rows are loaded through a connection of its own: beside a commit that is under way.
  struct Connections {
    std::unique_ptr<Connection> load, commit;
  };
  PostgresProjectionStore(Connections connections, std::string schema)
      : reader_(std::move(connections.load)),
        connection_(std::move(connections.commit)),
        schema_(std::move(schema)) {}

  Result<Checkpoint> checkpoint() override {
    return reader_->run([&](pqxx::nontransaction& session) -> Result<Checkpoint> {
      auto stored = read_checkpoint(
          session.exec(std::string("SELECT ") + kCheckpointColumns + " FROM checkpoint"), schema_);
      if (!stored) return stored.error();
      return std::move(stored->checkpoint);
    });
  }

  Result<Acquired> acquire() override {
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
    return reader_->run(
        [&](pqxx::nontransaction& session) -> Result<Loaded> { return find_rows(session, keys); });
  }

  Result<std::unique_ptr<PreparedCommit>> prepare(ViewChanges changes) override {
    auto commit = std::make_unique<PostgresCommit>(std::move(changes));
    const ViewChanges& wanted = commit->changes();
    for (const Kind kind : kAllKinds) {
      auto parameters = rows_of(kind, wanted.rows);
      if (!parameters) return parameters.error();
      if (*parameters) commit->puts.push_back({kind, std::move(**parameters)});
    }
    for (std::size_t i = 0; i < wanted.before.size(); ++i) {
      const ViewRow& row = wanted.rows[i];
      const auto& before = wanted.before[i];
      if (before && before->version > row.version) {
        commit->in_the_way.emplace_back(row.key, before->version);
      }
    }
    return std::unique_ptr<PreparedCommit>(std::move(commit));
  }

  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    const auto& commit = static_cast<const PostgresCommit&>(prepared);
    CQRS_TRY(connection_->run(
        [&](pqxx::nontransaction& session) { return attempt(session, epoch, commit); }));
    CQRS_FAILPOINT("projector.after_commit");
    return {};
  }

  Status caught_up(std::int64_t epoch) override {
    while (indexes_ < kViewIndexes.size()) {
      CQRS_TRY(connection_->run([&](pqxx::nontransaction& session) {
        return make_index(session, epoch, kViewIndexes[indexes_]);
      }));
      ++indexes_;
    }
    return {};
  }

 private:
  // One by one, so that one that is done stays. It may take longer than any commit.
  Status make_index(pqxx::nontransaction& session, std::int64_t epoch,
                    const char* statement) const {
    Transaction transaction(
        session, std::string(Transaction::kBegin) +
                     "; SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '64MB'");
    const auto owned =
        session.exec_params("SELECT 1 FROM checkpoint WHERE epoch = $1 FOR UPDATE", epoch);
    if (owned.empty()) return taken_over(epoch);
    session.exec(statement);
    return committed(transaction);
  }

  // The checkpoint first: from then on its row keeps every other owner waiting.
  Status attempt(pqxx::nontransaction& session, std::int64_t epoch, const PostgresCommit& commit) {
    const ViewChanges& changes = commit.changes();
    Transaction transaction(session);
    CQRS_TRY(move_checkpoint(session, epoch, changes.checkpoint));
    make_way(session, commit);
    for (const auto& put : commit.puts) {
      const std::string statement = std::string("put ") + view_table(put.kind);
      put.parameters.execute(session, statement.c_str());
    }
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
    return moved.affected_rows() == 1 ? Status() : taken_over(epoch);
  }

  [[nodiscard]] Error taken_over(std::int64_t epoch) const {
    return make_error(ErrorCode::kVersionConflict,
                      "schema \"" + schema_ + "\": another projector took over after epoch " +
                          std::to_string(epoch));
  }

  // Nothing when there is no row of that kind.
  static Result<std::optional<Parameters>> rows_of(Kind kind, const std::vector<ViewRow>& changed) {
    std::vector<const ViewRow*> rows;
    for (const auto& row : changed) {
      if (row.key.kind == kind) rows.push_back(&row);
    }
    if (rows.empty()) return std::optional<Parameters>();
    // In order of id, so that new rows append.
    std::sort(rows.begin(), rows.end(),
              [](const ViewRow* a, const ViewRow* b) { return a->key.id < b->key.id; });
    std::vector<IndexColumns> columns;
    columns.reserve(rows.size());
    for (const ViewRow* row : rows) {
      auto indexed = index_columns(*row);
      if (!indexed) return indexed.error();
      columns.push_back(std::move(*indexed));
    }
    return std::optional<Parameters>(upsert_parameters(kind, rows, columns));
  }

  static void make_way(pqxx::nontransaction& session, const PostgresCommit& commit) {
    for (const auto& [key, version] : commit.in_the_way) {
      session.exec_params(
          std::string("DELETE FROM ") + view_table(key.kind) + " WHERE id = $1 AND version <= $2",
          to_string(key.id), version);
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

  std::unique_ptr<Connection> reader_;
  std::unique_ptr<Connection> connection_;
  std::string schema_;
  std::size_t indexes_ = 0;  // of kViewIndexes, that are known to be there
};

}  // namespace

Result<std::unique_ptr<ProjectionStore>> open_projection_store(const Options& options,
                                                               int generation) {
  auto connection = open_views(options, generation, {"cqrs projector", kSettings, prepare});
  if (!connection) return connection.error();
  CQRS_TRY(prepare_views(**connection, options, generation));
  auto reader = open_views(options, generation, {"cqrs projector", kSettings, {}});
  if (!reader) return reader.error();
  return std::unique_ptr<ProjectionStore>(std::make_unique<PostgresProjectionStore>(
      PostgresProjectionStore::Connections{std::move(*reader), std::move(*connection)},
      view_schema(options, generation)));
}

}  // namespace cqrs::postgres
