// The two statements of a write transaction: one that loads everything a batch touches, one that
// writes everything it changes. One round trip each.
#pragma once

#include "core/adapters/postgres/arrays.h"
#include "core/adapters/postgres/round_trip.h"
#include "core/write/write_store.h"

#include <pqxx/nontransaction>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

namespace cqrs::postgres {

inline constexpr const char* kLoadStatement = "load";
void prepare_load(pqxx::nontransaction& session);
// `oldest_request`: as loaded the last time.
[[nodiscard]] Parameters load_parameters(const Touched& touched, Timestamp oldest_request);

struct LoadedBatch {
  Loaded loaded;
  Timestamp oldest_request;  // 0: there is none
};
// What kLoadStatement answered under the order lock. Error: corrupt.
[[nodiscard]] Result<LoadedBatch> read_loaded(const Answer& answer, const Touched& touched);

// Those whose first event is among the changes: inserting a row that cannot be there yet is cheaper
// than looking whether it is, and if it is there all the same, that is refused.
[[nodiscard]] std::unordered_set<StreamKey> created_by(const Changes& changes);

struct WriteStatement {
  std::string name;  // prepared; empty: there is nothing to write
  Parameters parameters;
  // Not 0: so large must the number that it answers be, else somebody else holds a claim.
  std::int64_t taken_over = 0;
};

// Writes changes on one connection. Each kind of change is a part of the statement, and parts
// without rows are left out: setting one up costs more than a row. The forms that occur are few and
// prepared when they first do.
class ChangeWriter {
 public:
  // Of a connection just opened, to a schema with so many partitions.
  void begin(int partitions);
  [[nodiscard]] WriteStatement statement(pqxx::nontransaction& session, const Changes& changes,
                                         Timestamp oldest_request);
  // The same for changes that only add: it writes them if the head is `head` (and answers 1), else
  // nothing.
  [[nodiscard]] WriteStatement statement_at(pqxx::nontransaction& session, const Changes& changes,
                                            Position head);

 private:
  [[nodiscard]] WriteStatement make(pqxx::nontransaction& session, const Changes& changes,
                                    Timestamp oldest_request, std::optional<Position> head);

  int partitions_ = 1;
  std::set<std::uint32_t> prepared_;
};

}  // namespace cqrs::postgres
