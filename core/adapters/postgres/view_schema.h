// The schema of one generation of the views, and its checkpoint. Internal to this adapter.
#pragma once

#include "core/adapters/postgres/connection.h"
#include "core/adapters/postgres/views.h"

#include <pqxx/except>

#include <array>
#include <optional>
#include <string>

namespace cqrs::postgres {

inline constexpr int kViewFormat = 1;

// "cqrs-read-g1", without quotes.
[[nodiscard]] std::string view_schema(const Options& options, int generation);

// A connection with the schema of the generation in front, whether it is there or not.
[[nodiscard]] Result<std::unique_ptr<Connection>> open_views(const Options& options, int generation,
                                                             Session session);

struct StoredCheckpoint {
  std::int64_t epoch = 0;
  Checkpoint checkpoint;
};
// The columns that read_checkpoint() expects. Error: corrupt (another version of the format).
inline constexpr const char* kCheckpointColumns =
    "format, epoch, cursor, applied, event_id, incarnation";
[[nodiscard]] Result<StoredCheckpoint> read_checkpoint(const pqxx::result& rows,
                                                       const std::string& schema);
// Nothing when the generation was never written. Errors: unavailable, corrupt.
[[nodiscard]] Result<std::optional<StoredCheckpoint>> load_checkpoint(Connection& connection,
                                                                      const std::string& schema);

// Creates what is missing. Errors as above.
[[nodiscard]] Status prepare_views(Connection& connection, const Options& options, int generation);

// What lists and searches read along, a statement each, which does nothing when it is there. Not
// made with the tables: built over all rows at once they cost a fifth of what they cost row by row,
// and nobody reads views that are being filled.
inline constexpr std::array kViewIndexes{
    "CREATE INDEX IF NOT EXISTS users_by_creation ON users(created_at, id) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS users_by_name ON users(name, id) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS users_by_email ON users(email, id) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS users_by_words ON users USING gin(words) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS products_by_creation ON products(created_at, id) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS products_by_name ON products(name, id) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS products_by_price ON products(price, id) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS products_by_words ON products USING gin(words) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS orders_by_creation ON orders(created_at, id) WHERE NOT deleted",
    "CREATE INDEX IF NOT EXISTS orders_by_user ON orders(user_id) WHERE NOT deleted"};

// As Connection::run(); `empty` when the generation is not there (yet, or any more).
template <class Work, class Empty>
auto run_or_empty(Connection& connection, Empty empty, Work&& work) {
  using Outcome = std::invoke_result_t<Work&, pqxx::nontransaction&>;
  return connection.run([&](pqxx::nontransaction& session) -> Outcome {
    try {
      return work(session);
    } catch (const pqxx::undefined_table&) {
      return Outcome(std::move(empty));
    }
  });
}

}  // namespace cqrs::postgres
