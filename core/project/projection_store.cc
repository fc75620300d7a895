#include "core/project/projection_store.h"

namespace cqrs {

Result<std::unique_ptr<PreparedCommit>> ProjectionStore::prepare(ViewChanges changes) {
  return std::make_unique<PreparedCommit>(std::move(changes));
}

Status ProjectionStore::commit(std::int64_t epoch, ViewChanges changes) {
  auto prepared = prepare(std::move(changes));
  if (!prepared) return prepared.error();
  return commit(epoch, **prepared);
}

}  // namespace cqrs
