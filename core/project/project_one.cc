#include "core/project/project_one.h"

#include "core/project/projector.h"

namespace cqrs {
namespace {

// All three ports of a projector over the events of one entity and its one row.
class OneEntity final : public EventLog, public History, public ProjectionStore {
 public:
  explicit OneEntity(std::vector<Event> events) : events_(std::move(events)) {}

  Result<LogPage> read(const Cursor& cursor, std::size_t /*max*/) override {
    LogPage page;
    page.next = {"end"};
    page.complete_to = events_.empty() ? 0 : events_.back().position;
    if (cursor.text.empty()) page.events = events_;
    return page;
  }

  Result<Position> head() override { return events_.empty() ? 0 : events_.back().position; }
  Result<std::vector<Event>> read(Position /*after*/, std::size_t /*max*/) override {
    return std::vector<Event>();
  }
  Result<std::vector<Event>> read_stream(const StreamKey& /*key*/, std::int64_t /*after_version*/,
                                         std::size_t /*max*/) override {
    return std::vector<Event>();
  }
  Result<Uuid> incarnation() override { return make_uuid_v7(1, 1, 1); }

  Result<Checkpoint> checkpoint() override { return Checkpoint(); }
  Result<Acquired> acquire() override { return Acquired{1, {}, {}}; }
  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    return std::vector<std::optional<ViewRow>>(keys.size());
  }
  Status commit(std::int64_t /*epoch*/, const PreparedCommit& prepared) override {
    stored_ = prepared.changes();
    return {};
  }

  [[nodiscard]] const ViewChanges& stored() const { return stored_; }

 private:
  std::vector<Event> events_;
  ViewChanges stored_;
};

}  // namespace

Result<ViewRow> project_one(std::vector<Event> events) {
  const std::size_t count = events.size();
  OneEntity entity(std::move(events));
  Projector projector(entity, entity, entity);
  CQRS_TRY(projector.start());
  auto applied = projector.step(count);
  if (!applied) return applied.error();
  const ViewChanges& stored = entity.stored();
  if (!stored.parked.empty()) {
    const auto& parked = stored.parked.front();
    return make_error(ErrorCode::kCorrupt, "the event at position " +
                                               std::to_string(parked.event.position) +
                                               " cannot be applied: " + parked.reason);
  }
  if (stored.rows.size() != 1) {
    return make_error(ErrorCode::kCorrupt, "its events make no row");
  }
  return stored.rows.front();
}

}  // namespace cqrs
