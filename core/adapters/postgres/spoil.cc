#include "core/adapters/postgres/spoil.h"

#include "core/adapters/postgres/event_indexes.h"
#include "core/adapters/postgres/schema.h"

namespace cqrs::postgres {
namespace {

class PostgresEventSpoiler final : public EventSpoiler {
 public:
  explicit PostgresEventSpoiler(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Status prepare() {
    return connection_->run([](pqxx::nontransaction& session) -> Status {
      Transaction transaction(session);
      make_event_indexes_plain(session);
      return transaction.commit();
    });
  }

  Status remove_event(Position position) override {
    return change("DELETE FROM events WHERE position = " + std::to_string(position));
  }

  Status repeat_event(Position position) override {
    return change(
        "INSERT INTO events(position, stream_version, recorded_at, event_id, stream_id, "
        "partition, schema_version, kind, partition_slice, type, data, traceparent, content_type) "
        "SELECT (SELECT max(position) + 1 FROM events), stream_version, recorded_at, event_id, "
        "stream_id, partition, schema_version, kind, partition_slice, type, data, traceparent, "
        "content_type FROM events WHERE position = " +
        std::to_string(position));
  }

  Status exchange_events(Position first, Position second) override {
    const std::string a = std::to_string(first);
    const std::string b = std::to_string(second);
    return change("UPDATE events SET position = -1 WHERE position = " + a +
                  "; UPDATE events SET position = " + a + " WHERE position = " + b +
                  "; UPDATE events SET position = " + b + " WHERE position = -1");
  }

 private:
  // Several statements in one text are one transaction.
  Status change(const std::string& sql) {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      session.exec(sql);
      return {};
    });
  }

  std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<EventSpoiler>> open_event_spoiler(const Options& options) {
  auto connection = open_checked(options, {"cqrs verify", "SET lock_timeout = '20s'", {}});
  if (!connection) return connection.error();
  auto spoiler = std::make_unique<PostgresEventSpoiler>(std::move(*connection));
  CQRS_TRY(spoiler->prepare());
  return std::unique_ptr<EventSpoiler>(std::move(spoiler));
}

}  // namespace cqrs::postgres
