#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

namespace cqrs::postgres {
namespace {

// Every condition is looked at again, and clock_timestamp() read, after a lock on the row was
// waited for: of two that come at once, the second one sees what the first one did. Rows stay for
// ever, so that epochs only grow. A lease without owner is free.
constexpr const char* kAcquire = R"sql(
  INSERT INTO leases AS l(name, owner, epoch, expires_at)
  VALUES($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE
    SET owner = excluded.owner, epoch = l.epoch + 1,
        expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    WHERE l.owner IN ('', excluded.owner) OR l.expires_at <= clock_timestamp()
  RETURNING epoch
)sql";
constexpr const char* kRenew = R"sql(
  UPDATE leases SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
   WHERE name = $1 AND epoch = $2 AND owner <> '' AND expires_at > clock_timestamp()
)sql";
constexpr const char* kRelease =
    "UPDATE leases SET owner = '', expires_at = '-infinity' WHERE name = $1 AND epoch = $2";
constexpr const char* kOwner =
    "SELECT owner FROM leases WHERE name = $1 AND expires_at > clock_timestamp()";
constexpr const char* kPublished = "SELECT position, event_id, cursor FROM leases WHERE name = $1";

// An owner who is late, but whom nobody has replaced, may still say how far it came: its epoch is
// the newest. One mark per 5,000 positions stays, the newest of each: the table never needs
// cleaning.
constexpr const char* kAdvance = R"sql(
  WITH moved AS (
    UPDATE leases SET position = $3, event_id = $4, cursor = $5
     WHERE name = $1 AND epoch = $2 AND owner <> ''
    RETURNING name, position, event_id, cursor),
  outdated AS (
    DELETE FROM published_marks AS m USING moved
     WHERE m.name = moved.name AND m.slot > moved.position / 5000),
  marked AS (
    INSERT INTO published_marks AS m(name, slot, position, event_id, cursor)
    SELECT name, position / 5000, position, event_id, cursor FROM moved WHERE cursor <> ''
    ON CONFLICT (name, slot) DO UPDATE
      SET position = excluded.position, event_id = excluded.event_id, cursor = excluded.cursor)
  SELECT count(*) FROM moved
)sql";
constexpr const char* kBefore = R"sql(
  SELECT position, event_id, cursor FROM published_marks
   WHERE name = $1 AND slot <= $2::bigint / 5000 AND position <= $2
   ORDER BY slot DESC LIMIT 1
)sql";

Status not_the_owner(const std::string& name, std::int64_t epoch) {
  return make_error(ErrorCode::kVersionConflict,
                    "the lease \"" + name + "\" is not owned under epoch " + std::to_string(epoch) +
                        " any more: stop, and acquire it again");
}

Published published_of(const pqxx::row& row) {
  return {integer(row, 0), id(row, 1), {std::string(text(row, 2))}};
}

class PostgresLeases final : public LeaseStore {
 public:
  explicit PostgresLeases(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Result<std::optional<std::int64_t>> acquire(const std::string& name, const std::string& owner,
                                              std::chrono::milliseconds ttl) override {
    if (owner.empty()) return invalid("owner", "the owner of a lease needs a name");
    return connection_->run(
        [&](pqxx::nontransaction& session) -> Result<std::optional<std::int64_t>> {
          const auto rows = session.exec_prepared("acquire", name, owner, ttl.count());
          if (rows.empty()) return std::optional<std::int64_t>();
          return std::optional<std::int64_t>(integer(rows[0], 0));
        });
  }

  Status renew(const std::string& name, std::int64_t epoch,
               std::chrono::milliseconds ttl) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      const auto done = session.exec_prepared("renew", name, epoch, ttl.count());
      return done.affected_rows() == 1 ? Status() : not_the_owner(name, epoch);
    });
  }

  Status release(const std::string& name, std::int64_t epoch) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      session.exec_prepared("release", name, epoch);
      return {};
    });
  }

  Result<std::string> owner(const std::string& name) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::string> {
      const auto rows = session.exec_prepared("owner", name);
      return rows.empty() ? std::string() : std::string(text(rows[0], 0));
    });
  }

  Result<Published> published(const std::string& name) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<Published> {
      const auto rows = session.exec_prepared("published", name);
      return rows.empty() ? Published() : published_of(rows[0]);
    });
  }

  Status advance(const std::string& name, std::int64_t epoch, const Published& to) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      const auto moved = session.exec_prepared("advance", name, epoch, to.position,
                                               to_string(to.event_id), to.cursor.text);
      return integer(moved[0], 0) == 1 ? Status() : not_the_owner(name, epoch);
    });
  }

  Result<std::optional<Published>> published_before(const std::string& name,
                                                    Position position) override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<std::optional<Published>> {
      const auto rows = session.exec_prepared("before", name, position);
      if (rows.empty()) return std::optional<Published>();
      return std::optional<Published>(published_of(rows[0]));
    });
  }

 private:
  std::unique_ptr<Connection> connection_;
};

Status prepare(pqxx::nontransaction& session) {
  prepare_now(session, "acquire", kAcquire);
  prepare_now(session, "renew", kRenew);
  prepare_now(session, "release", kRelease);
  prepare_now(session, "owner", kOwner);
  prepare_now(session, "published", kPublished);
  prepare_now(session, "advance", kAdvance);
  prepare_now(session, "before", kBefore);
  return {};
}

}  // namespace

Result<std::unique_ptr<LeaseStore>> open_leases(const Options& options) {
  auto connection = open_checked(options, {"cqrs leases", "SET lock_timeout = '10s'", prepare});
  if (!connection) return connection.error();
  return std::unique_ptr<LeaseStore>(std::make_unique<PostgresLeases>(std::move(*connection)));
}

}  // namespace cqrs::postgres
