// The credentials table as the write store changes it, within the write store's transactions.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/write/write_store.h"

namespace cqrs::sqlite {

class CredentialTable {
 public:
  explicit CredentialTable(Database& database);
  // Everything that `changes` says about credentials, in the order that Changes promises.
  [[nodiscard]] Status write(const Changes& changes);

 private:
  [[nodiscard]] Status put(const CredentialRecord& record);
  [[nodiscard]] Status upgrade(const CredentialUpgrade& change);

  Statement put_, upgrade_, remove_;
};

}  // namespace cqrs::sqlite
