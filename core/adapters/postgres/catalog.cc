#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

namespace cqrs::postgres {
namespace {

constexpr const char* kList =
    "SELECT number, number = (SELECT live FROM pointer), created_at, rate, proof, served "
    "FROM generations ORDER BY number";
constexpr const char* kFirst = R"sql(
  WITH first AS (
    INSERT INTO pointer(live, newest) VALUES(1, 1) ON CONFLICT DO NOTHING RETURNING live)
  INSERT INTO generations(number, created_at, served) SELECT live, $1, true FROM first
)sql";
constexpr const char* kCreate = R"sql(
  WITH next AS (UPDATE pointer SET newest = newest + 1 RETURNING newest)
  INSERT INTO generations(number, created_at, rate) SELECT newest, $1, $2 FROM next
  RETURNING number
)sql";

Error no_generation(int number) {
  return make_error(ErrorCode::kNotFound, "there is no generation " + std::to_string(number),
                    "generation");
}

class PostgresCatalog final : public GenerationCatalog {
 public:
  explicit PostgresCatalog(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Result<std::vector<Generation>> list() override {
    return connection_->run([](pqxx::nontransaction& session) -> Result<std::vector<Generation>> {
      std::vector<Generation> generations;
      for (const auto& row : session.exec(kList)) {
        generations.push_back({static_cast<int>(integer(row, 0)),
                               boolean(row, 1),
                               {integer(row, 2)},
                               integer(row, 3),
                               static_cast<Proof>(integer(row, 4)),
                               boolean(row, 5)});
      }
      return generations;
    });
  }

  Result<int> create(Timestamp now, std::int64_t rate) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<int> {
      const auto rows = session.exec_prepared("create", now.micros, rate);
      if (rows.empty()) {
        return make_error(ErrorCode::kCorrupt, "the catalog has no live generation");
      }
      return static_cast<int>(integer(rows[0], 0));
    });
  }

  Status switch_live(int expected, int to) override {
    return with_pointer([&](pqxx::nontransaction& session, int live) -> Status {
      if (!exists(session, to)) return no_generation(to);
      if (live != expected) {
        return make_error(ErrorCode::kVersionConflict, "generation " + std::to_string(expected) +
                                                           " is not the live one any more");
      }
      session.exec_prepared("point", to);
      session.exec_prepared("serve", to);
      return {};
    });
  }

  Status set_rate(int number, std::int64_t rate) override { return set("rate", number, rate); }

  Status set_proof(int number, Proof proof) override {
    return set("proof", number, static_cast<std::int64_t>(proof));
  }

  Status drop(int number) override {
    return with_pointer([&](pqxx::nontransaction& session, int live) -> Status {
      if (!exists(session, number)) return no_generation(number);
      if (live == number) {
        return invalid("generation", "generation " + std::to_string(number) +
                                         " is live: switch to another one before dropping it");
      }
      session.exec_prepared("drop", number);
      return {};
    });
  }

 private:
  // In a transaction that alone may move the pointer.
  template <class Work>
  Status with_pointer(Work&& work) {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      Transaction transaction(session);
      const auto rows = session.exec("SELECT live FROM pointer FOR UPDATE");
      CQRS_TRY(work(session, rows.empty() ? 0 : static_cast<int>(integer(rows[0], 0))));
      return transaction.commit();
    });
  }

  static bool exists(pqxx::nontransaction& session, int number) {
    return !session.exec_prepared("exists", number).empty();
  }

  Status set(const char* column, int number, std::int64_t value) {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      const auto done = session.exec_prepared(column, number, value);
      return done.affected_rows() == 1 ? Status() : no_generation(number);
    });
  }

  std::unique_ptr<Connection> connection_;
};

Status prepare(pqxx::nontransaction& session) {
  prepare_now(session, "first", kFirst);
  prepare_now(session, "create", kCreate);
  prepare_now(session, "exists", "SELECT 1 FROM generations WHERE number = $1");
  prepare_now(session, "point", "UPDATE pointer SET live = $1");
  prepare_now(session, "serve", "UPDATE generations SET served = true, rate = 0 WHERE number = $1");
  prepare_now(session, "rate", "UPDATE generations SET rate = $2 WHERE number = $1");
  prepare_now(session, "proof", "UPDATE generations SET proof = $2 WHERE number = $1");
  prepare_now(session, "drop", "DELETE FROM generations WHERE number = $1");
  return {};
}

}  // namespace

Result<std::unique_ptr<GenerationCatalog>> open_catalog(const Options& options, Timestamp now) {
  auto connection = open_checked(options, {"cqrs catalog", "SET lock_timeout = '10s'", prepare});
  if (!connection) return connection.error();
  CQRS_TRY((*connection)->run([&](pqxx::nontransaction& session) -> Status {
    session.exec_prepared("first", now.micros);
    return {};
  }));
  return std::unique_ptr<GenerationCatalog>(
      std::make_unique<PostgresCatalog>(std::move(*connection)));
}

}  // namespace cqrs::postgres
