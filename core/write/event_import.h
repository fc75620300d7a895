// Writes events of another system into an empty write store exactly as they were, and everything
// that follows from them: streams, digests, claims. Checks what the command handler would have
// guaranteed. What does not follow from events, idempotency records and credentials, stays away.
#pragma once

#include "core/write/write_store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace cqrs {

struct ImportProblem {
  std::optional<std::size_t> index;  // of the event in the batch; empty: the store is to blame
  Error error;                       // `field` names the CloudEvents attribute
};

class EventImport {
 public:
  // `store` must outlive it and be empty.
  explicit EventImport(WriteStore& store) : store_(store) {}

  // One transaction: all of the batch or nothing. The positions must go on where the last batch
  // ended, from 1. Gives what was wrong; then
  // nothing more can be added.
  [[nodiscard]] std::optional<ImportProblem> add(std::span<const Event> batch);

  [[nodiscard]] Position head() const { return head_; }
  [[nodiscard]] const std::map<Kind, std::int64_t>& entities() const { return entities_; }

 private:
  Position head_ = 0;
  std::map<Kind, std::int64_t> entities_;  // created, deleted ones included
  WriteStore& store_;
};

}  // namespace cqrs
