// The write store's in-memory indexes over its two append-only tables, kept in step with commits.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/adapters/sqlite/hash_index.h"
#include "core/write/write_store.h"

#include <optional>
#include <vector>

namespace cqrs::sqlite {

// Claims by value and idempotency records by key. Looks up candidates by hash and confirms each one
// in its table row, so a hash collision costs a read and never an error.
class RowIndex {
 public:
  explicit RowIndex(Database& database);

  // Rebuilds both from the tables. Must succeed before anything else is called.
  [[nodiscard]] Status build();

  [[nodiscard]] Result<std::optional<Uuid>> owner(const Claim& claim);
  [[nodiscard]] Result<std::optional<RequestRecord>> request(const Uuid& key);

  // Write within the caller's transaction. The index follows only with committed(); rolled_back()
  // forgets what was written since.
  [[nodiscard]] Status release(const ClaimChange& change);
  [[nodiscard]] Status take(const ClaimChange& change);
  [[nodiscard]] Status remember(const RequestRecord& record);
  // Deletes some of the records from before `time`, the oldest first.
  [[nodiscard]] Status forget_before(Timestamp time);
  void committed();
  void rolled_back();

 private:
  struct Pending {
    bool claim = false;
    bool erase = false;
    std::uint64_t hash = 0;
    std::int64_t row = 0;
  };
  [[nodiscard]] Result<std::int64_t> claim_row(const Claim& claim, Uuid* owner);

  Database& database_;
  Statement select_claim_, insert_claim_, delete_claim_;
  Statement select_request_, insert_request_, oldest_requests_, delete_request_;
  HashIndex claims_;
  HashIndex requests_;
  std::int64_t next_claim_ = 1;
  std::int64_t next_request_ = 1;
  std::int64_t committed_claim_ = 1;
  std::int64_t committed_request_ = 1;
  std::vector<Pending> pending_;
  Timestamp oldest_request_;  // no record is older; only a hint, so that most commits need not look
};

}  // namespace cqrs::sqlite
