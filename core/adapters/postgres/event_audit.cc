#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

namespace cqrs::postgres {
namespace {

// Positions per page of missing().
constexpr std::size_t kPage = 10'000;

class PostgresEventAudit final : public EventAudit {
 public:
  explicit PostgresEventAudit(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Result<Position> head() override {
    return connection_->run([](pqxx::nontransaction& session) -> Result<Position> {
      return integer(session.exec_prepared("head")[0], 0);
    });
  }

  Result<std::vector<Position>> missing(Position up_to, std::size_t most) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::vector<Position>> {
      std::vector<Position> holes;
      Position expected = 1;
      for (std::size_t rows = kPage; rows == kPage && holes.size() < most;) {
        const auto page = session.exec_prepared("positions", expected - 1, up_to, kPage);
        rows = page.size();
        for (const auto& row : page) {
          const Position present = integer(row, 0);
          for (; expected < present && holes.size() < most; ++expected) holes.push_back(expected);
          expected = present + 1;
        }
      }
      for (; expected <= up_to && holes.size() < most; ++expected) holes.push_back(expected);
      return holes;
    });
  }

  Result<std::vector<Event>> page(Kind kind, const EventPlace& after, std::size_t limit,
                                  bool with_data) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::vector<Event>> {
      const auto rows =
          session.exec_prepared(with_data ? "contents" : "places", static_cast<int>(kind),
                                to_string(after.stream), after.version, after.position, limit);
      std::vector<Event> events;
      events.reserve(rows.size());
      for (const auto& row : rows) {
        Event& event = events.emplace_back();
        event.position = integer(row, 0);
        event.stream = {kind, id(row, 1)};
        event.version = integer(row, 2);
        if (!with_data) continue;
        event.type = text(row, 3);
        event.schema_version = static_cast<int>(integer(row, 4));
        event.data = text(row, 5);
      }
      return events;
    });
  }

  Result<std::vector<Event>> stream(const StreamKey& key) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::vector<Event>> {
      std::vector<Event> events;
      for (const auto& row :
           session.exec_prepared("stream", static_cast<int>(key.kind), to_string(key.id))) {
        auto event = read_event(row);
        if (!event) return event.error();
        events.push_back(std::move(*event));
      }
      return events;
    });
  }

 private:
  std::unique_ptr<Connection> connection_;
};

std::string events_page(const std::string& columns) {
  return "SELECT " + columns +
         " FROM events WHERE kind = $1 AND (stream_id, stream_version, position) > ($2, $3, $4) "
         "ORDER BY stream_id, stream_version, position LIMIT $5";
}

Status prepare(pqxx::nontransaction& session) {
  prepare_now(session, "head",
              "SELECT coalesce((SELECT position FROM events ORDER BY position DESC "
              "LIMIT 1), 0)");
  prepare_now(session, "positions",
              "SELECT position FROM events WHERE position > $1 AND position <= $2 "
              "ORDER BY position LIMIT $3");
  // These columns stand in the index itself: most table rows are not looked up.
  prepare_now(session, "places", events_page("position, stream_id, stream_version"));
  prepare_now(session, "contents",
              events_page("position, stream_id, stream_version, type, "
                          "schema_version, data"));
  prepare_now(session, "stream",
              std::string("SELECT ") + kEventColumns +
                  " FROM events WHERE kind = $1 AND stream_id = $2 "
                  "ORDER BY stream_version, position");
  return {};
}

}  // namespace

Result<std::unique_ptr<EventAudit>> open_event_audit(const Options& options) {
  auto connection =
      open_checked(options, {"cqrs verify",
                             "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "
                             "SET enable_bitmapscan = off",
                             prepare});
  if (!connection) return connection.error();
  return std::unique_ptr<EventAudit>(std::make_unique<PostgresEventAudit>(std::move(*connection)));
}

}  // namespace cqrs::postgres
