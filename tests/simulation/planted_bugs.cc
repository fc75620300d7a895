#include "tests/simulation/planted_bugs.h"

#include "core/base/hash.h"

#include <algorithm>
#include <utility>

namespace cqrs::simulation {
namespace {

// Whether the bug strikes this event: the same at every delivery and after every restart.
bool struck(const StreamKey& stream, std::int64_t version) {
  return version > 1 && (id_hash(stream.id) ^ mix64(static_cast<std::uint64_t>(version))) % 8 == 0;
}

std::int64_t struck_before(const Event& event) {
  std::int64_t count = 0;
  for (std::int64_t version = 1; version < event.version; ++version) {
    if (struck(event.stream, version)) ++count;
  }
  return count;
}

class SkippingLog final : public EventLog {
 public:
  explicit SkippingLog(std::unique_ptr<EventLog> inner) : inner_(std::move(inner)) {}
  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    auto page = inner_->read(cursor, max);
    if (!page) return page;
    auto& events = page->events;
    const auto skipped = [](const Event& event) { return struck(event.stream, event.version); };
    // The last event of a page stays, else the projector would take the page for the end.
    events.erase(
        std::remove_if(events.begin(), events.empty() ? events.end() : events.end() - 1, skipped),
        events.empty() ? events.end() : events.end() - 1);
    for (auto& event : events) event.version -= struck_before(event);
    return page;
  }

 private:
  std::unique_ptr<EventLog> inner_;
};

class DoublingLog final : public EventLog {
 public:
  explicit DoublingLog(std::unique_ptr<EventLog> inner) : inner_(std::move(inner)) {}
  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    auto page = inner_->read(cursor, max);
    if (!page) return page;
    std::vector<Event> doubled;
    for (auto& event : page->events) {
      const bool twice = struck(event.stream, event.version);
      event.version += struck_before(event);
      doubled.push_back(event);
      if (!twice) continue;
      doubled.push_back(event);
      ++doubled.back().version;
    }
    page->events = std::move(doubled);
    return page;
  }

 private:
  std::unique_ptr<EventLog> inner_;
};

class InventingHistory final : public History {
 public:
  explicit InventingHistory(std::unique_ptr<History> inner) : inner_(std::move(inner)) {}
  Result<Position> head() override { return inner_->head(); }
  Result<std::vector<Event>> read(Position after, std::size_t max) override {
    return inner_->read(after, max);
  }
  Result<std::vector<Event>> read_stream(const StreamKey& key, std::int64_t after_version,
                                         std::size_t max) override {
    auto known = inner_->read_stream(key, std::max<std::int64_t>(after_version - 1, 0), 1);
    if (!known || known->empty()) return known;
    std::vector<Event> invented(max, known->front());
    for (std::size_t i = 0; i < max; ++i) {
      invented[i].version = after_version + 1 + static_cast<std::int64_t>(i);
    }
    return invented;
  }
  Result<Uuid> incarnation() override { return inner_->incarnation(); }

 private:
  std::unique_ptr<History> inner_;
};

class HastyProjectionStore final : public ProjectionStore {
 public:
  HastyProjectionStore(std::unique_ptr<ProjectionStore> inner, support::Random& random)
      : inner_(std::move(inner)), random_(random) {}
  Result<Checkpoint> checkpoint() override { return inner_->checkpoint(); }
  Result<Acquired> acquire() override { return inner_->acquire(); }
  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    return inner_->load(keys);
  }
  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    CQRS_TRY(inner_->commit(epoch, ViewChanges{{}, {}, prepared.changes().checkpoint}));
    if (random_.percent(10)) throw memory::Crash{};
    return inner_->commit(epoch, prepared);
  }

 private:
  std::unique_ptr<ProjectionStore> inner_;
  support::Random& random_;
};

class UnfencedProjectionStore final : public ProjectionStore {
 public:
  UnfencedProjectionStore(std::unique_ptr<ProjectionStore> inner, const memory::MemoryViews& views)
      : inner_(std::move(inner)), views_(views) {}
  Result<Checkpoint> checkpoint() override { return inner_->checkpoint(); }
  Result<Acquired> acquire() override { return inner_->acquire(); }
  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    return inner_->load(keys);
  }
  Status commit(std::int64_t /*epoch*/, const PreparedCommit& prepared) override {
    return inner_->commit(views_.epoch, prepared);
  }

 private:
  std::unique_ptr<ProjectionStore> inner_;
  const memory::MemoryViews& views_;
};

// Drops a part of what was decided, now and then, and acknowledges it all the same.
class LossyWriteStore final : public WriteStore {
 public:
  LossyWriteStore(std::unique_ptr<WriteStore> inner, support::Random& random, bool only_requests)
      : inner_(std::move(inner)), random_(random), only_requests_(only_requests) {}
  Status transact(const Touched& touched,
                  const std::function<Changes(const Loaded&)>& decide) override {
    return inner_->transact(touched, [&](const Loaded& loaded) {
      Changes changes = decide(loaded);
      if (random_.percent(10)) {
        changes.requests.clear();
        if (!only_requests_) changes = {};
      }
      return changes;
    });
  }

 private:
  std::unique_ptr<WriteStore> inner_;
  support::Random& random_;
  bool only_requests_;
};

}  // namespace

const char* bug_name(PlantedBug bug) {
  switch (bug) {
    case PlantedBug::kNone:
      return "None";
    case PlantedBug::kLogSkipsEvents:
      return "LogSkipsEvents";
    case PlantedBug::kEventsAppliedTwice:
      return "EventsAppliedTwice";
    case PlantedBug::kAppliedOverGaps:
      return "AppliedOverGaps";
    case PlantedBug::kCheckpointAhead:
      return "CheckpointAhead";
    case PlantedBug::kEpochIgnored:
      return "EpochIgnored";
    case PlantedBug::kAcknowledgedLost:
      return "AcknowledgedLost";
    case PlantedBug::kRequestsForgotten:
      return "RequestsForgotten";
  }
  return "Unknown";
}

std::unique_ptr<EventLog> plant(PlantedBug bug, std::unique_ptr<EventLog> inner) {
  if (bug == PlantedBug::kLogSkipsEvents) return std::make_unique<SkippingLog>(std::move(inner));
  if (bug == PlantedBug::kEventsAppliedTwice) {
    return std::make_unique<DoublingLog>(std::move(inner));
  }
  return inner;
}

std::unique_ptr<History> plant(PlantedBug bug, std::unique_ptr<History> inner) {
  if (bug != PlantedBug::kAppliedOverGaps) return inner;
  return std::make_unique<InventingHistory>(std::move(inner));
}

std::unique_ptr<WriteStore> plant(PlantedBug bug, std::unique_ptr<WriteStore> inner,
                                  support::Random& random) {
  const bool only_requests = bug == PlantedBug::kRequestsForgotten;
  if (bug != PlantedBug::kAcknowledgedLost && !only_requests) return inner;
  return std::make_unique<LossyWriteStore>(std::move(inner), random, only_requests);
}

std::unique_ptr<ProjectionStore> plant(PlantedBug bug, std::unique_ptr<ProjectionStore> inner,
                                       support::Random& random, const memory::MemoryViews& views) {
  if (bug == PlantedBug::kCheckpointAhead) {
    return std::make_unique<HastyProjectionStore>(std::move(inner), random);
  }
  if (bug == PlantedBug::kEpochIgnored) {
    return std::make_unique<UnfencedProjectionStore>(std::move(inner), views);
  }
  return inner;
}

}  // namespace cqrs::simulation
