// The two statements of a write transaction: one that loads everything a batch touches, one that
// writes everything it changes. One round trip each.
#pragma once

#include "core/write/write_store.h"

#include <pqxx/nontransaction>

#include <cstdint>
#include <set>

namespace cqrs::postgres {

void prepare_load(pqxx::nontransaction& session);

struct LoadedBatch {
  Loaded loaded;
  Timestamp oldest_request;  // 0: there is none
};
// Under the order lock. `oldest_request`: as loaded the last time. Error: corrupt.
[[nodiscard]] Result<LoadedBatch> load(pqxx::nontransaction& session, const Touched& touched,
                                       Timestamp oldest_request);

// Writes changes on one connection. Each kind of change is a part of the statement, and parts
// without rows are left out: setting one up costs more than a row. The forms that occur are few and
// prepared when they first do.
class ChangeWriter {
 public:
  // Of a connection just opened, to a schema with so many partitions.
  void begin(int partitions);
  // Error: internal (a claim that somebody else holds). What a constraint refuses is thrown.
  [[nodiscard]] Status write(pqxx::nontransaction& session, const Changes& changes,
                             Timestamp oldest_request);

 private:
  int partitions_ = 1;
  std::set<std::uint32_t> prepared_;
};

}  // namespace cqrs::postgres
