// A store in front of another that changes one thing of it: overrides that, and passes the rest on.
#pragma once

#include "core/project/projection_store.h"

#include <utility>

namespace cqrs {

class ForwardingStore : public ProjectionStore {
 public:
  // `store` must outlive it, but is not used when it is destroyed.
  explicit ForwardingStore(ProjectionStore& store) : within_(store) {}
  Result<Checkpoint> checkpoint() override { return within_.checkpoint(); }
  Result<Acquired> acquire() override { return within_.acquire(); }
  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    return within_.load(keys);
  }
  Result<std::unique_ptr<PreparedCommit>> prepare(ViewChanges changes) override {
    return within_.prepare(std::move(changes));
  }
  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    return within_.commit(epoch, prepared);
  }
  Status caught_up(std::int64_t epoch) override { return within_.caught_up(epoch); }

 private:
  ProjectionStore& within_;
};

}  // namespace cqrs
