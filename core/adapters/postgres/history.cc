#include "core/adapters/postgres/incarnation.h"
#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

namespace cqrs::postgres {
namespace {

// The plans are known: along an index, in its order.
constexpr const char* kSettings =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "
    "SET enable_bitmapscan = off";

class PostgresHistory final : public History {
 public:
  explicit PostgresHistory(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Result<Position> head() override {
    return connection_->run([](pqxx::nontransaction& session) -> Result<Position> {
      return integer(session.exec_prepared("head")[0], 0);
    });
  }

  Result<std::vector<Event>> read(Position after, std::size_t max) override {
    return connection_->run([&](pqxx::nontransaction& session) {
      return collect(session.exec_prepared("read", after, max));
    });
  }

  Result<std::vector<Event>> read_stream(const StreamKey& key, std::int64_t after_version,
                                         std::size_t max) override {
    return connection_->run([&](pqxx::nontransaction& session) {
      return collect(session.exec_prepared("read_stream", static_cast<int>(key.kind),
                                           to_string(key.id), after_version, max));
    });
  }

  Result<Uuid> incarnation() override {
    return connection_->run([](pqxx::nontransaction& session) { return incarnation_of(session); });
  }

 private:
  static Result<std::vector<Event>> collect(const pqxx::result& rows) {
    std::vector<Event> events;
    events.reserve(rows.size());
    for (const auto& row : rows) {
      auto event = read_event(row);
      if (!event) return event.error();
      events.push_back(std::move(*event));
    }
    return events;
  }

  std::unique_ptr<Connection> connection_;
};

Status prepare(pqxx::nontransaction& session) {
  const std::string columns = std::string("SELECT ") + kEventColumns + " FROM events WHERE ";
  prepare_now(session, "head",
              "SELECT coalesce((SELECT position FROM events ORDER BY position DESC "
              "LIMIT 1), 0)");
  prepare_now(session, "read", columns + "position > $1 ORDER BY position LIMIT $2");
  prepare_now(session, "read_stream",
              columns +
                  "kind = $1 AND stream_id = $2 AND stream_version > $3 "
                  "ORDER BY stream_version, position LIMIT $4");
  return {};
}

}  // namespace

Result<std::unique_ptr<History>> open_history(const Options& options) {
  auto connection = open_checked(options, {"cqrs history", kSettings, prepare});
  if (!connection) return connection.error();
  return std::unique_ptr<History>(std::make_unique<PostgresHistory>(std::move(*connection)));
}

}  // namespace cqrs::postgres
