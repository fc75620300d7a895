#include "core/adapters/mongo/row_lookup.h"
#include "core/adapters/mongo/row_writer.h"
#include "core/adapters/mongo/schema.h"
#include "core/base/failpoint.h"

#include <set>

namespace cqrs::mongo {
namespace {

constexpr std::size_t kParkedBatch = 1'000;

Error no_checkpoint(const Names& names) {
  return make_error(ErrorCode::kCorrupt,
                    names.checkpoint() + " in MongoDB is empty: rebuild the views");
}

Doc to_document(const ParkedEvent& parked) {
  const Event& event = parked.event;
  Doc place;
  place.number("kind", static_cast<std::int64_t>(event.stream.kind));
  place.id("stream", event.stream.id).number("version", event.version);
  std::string text;
  append_cloud_event(text, event);
  Doc doc;
  doc.doc("_id", place).number("kind", static_cast<std::int64_t>(event.stream.kind));
  doc.id("stream", event.stream.id).number("position", event.position);
  doc.text("event", text).text("reason", parked.reason);
  return doc;
}

class MongoProjectionStore final : public ProjectionStore {
 public:
  // Rows are loaded through a connection of its own: beside a commit that is under way.
  struct Connections {
    std::unique_ptr<Connection> load, commit;
  };
  MongoProjectionStore(Connections connections, int generation,
                       std::function<void(std::int64_t)> on_stale_rows)
      : reader_(std::move(connections.load)),
        connection_(std::move(connections.commit)),
        names_(generation),
        writer_(*connection_, names_),
        on_stale_rows_(std::move(on_stale_rows)) {}

  Result<Checkpoint> checkpoint() override {
    auto stored = load_checkpoint(*reader_, names_);
    if (!stored) return stored.error();
    if (!*stored) return no_checkpoint(names_);
    return std::move((*stored)->checkpoint);
  }

  Result<Acquired> acquire() override {
    auto changed = connection_->find_and_update(names_.checkpoint(), checkpoint_filter(),
                                                one("$inc", one("epoch", std::int64_t{1})));
    if (!changed) return changed.error();
    if (!*changed) return no_checkpoint(names_);
    Fields values(*(*changed)->get());
    auto stored = read_checkpoint(values);
    if (!stored) return stored.error();
    Acquired acquired{stored->epoch, std::move(stored->checkpoint), {}};
    std::set<StreamKey> parked;
    Doc options;
    options.doc("projection", all_of({"kind", "stream"}));
    CQRS_TRY(connection_->find(names_.parked(), Doc(), options, [&](Fields& fields) -> Status {
      const auto kind = kind_from_number(fields.number("kind"));
      const Uuid stream = fields.id("stream");
      if (kind) parked.insert({*kind, stream});
      return fields.status("parked event");
    }));
    acquired.parked.assign(parked.begin(), parked.end());
    return acquired;
  }

  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    return find_rows(*reader_, names_, keys);
  }

  // The epoch is looked at before anything is written, so that a former owner changes nothing, and
  // again in the last write, for one that lost it in between. Parked events come after the rows: an
  // aggregate that is parked gets no rows any more, so those of before must stand.
  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    const ViewChanges& changes = prepared.changes();
    auto stored = load_checkpoint(*connection_, names_);
    if (!stored) return stored.error();
    if (!*stored) return no_checkpoint(names_);
    if ((*stored)->epoch != epoch) return taken_over(epoch);
    auto stale = writer_.write(changes.rows, changes.before);
    if (!stale) return stale.error();
    CQRS_TRY(writer_.remove(changes.removed));
    CQRS_TRY(park(changes.parked));
    CQRS_FAILPOINT_TRY("projector.after_apply", ErrorCode::kUnavailable);
    CQRS_TRY(move_checkpoint(**stored, changes.checkpoint));
    CQRS_FAILPOINT("projector.after_commit");
    if (*stale > 0 && on_stale_rows_) on_stale_rows_(*stale);
    return {};
  }

 private:
  [[nodiscard]] Error taken_over(std::int64_t epoch) const {
    return make_error(
        ErrorCode::kVersionConflict,
        names_.checkpoint() + ": another projector took over after epoch " + std::to_string(epoch));
  }

  Status park(std::span<const ParkedEvent> parked) {
    for (std::size_t from = 0; from < parked.size(); from += kParkedBatch) {
      const auto batch = parked.subspan(from, std::min(kParkedBatch, parked.size() - from));
      // One that is parked already stays as it is.
      auto written = connection_->bulk(names_.parked(), [&](mongoc_bulk_operation_t* bulk) {
        for (const auto& event : batch) {
          mongoc_bulk_operation_insert_with_opts(bulk, to_document(event).get(), nullptr, nullptr);
        }
      });
      if (!written) return written.error();
    }
    return {};
  }

  // Guarded by the number of commits as well: the write of an attempt that timed out may reach the
  // server long after it was repeated, and must not take the checkpoint back.
  Status move_checkpoint(const StoredCheckpoint& before, const Checkpoint& checkpoint) {
    Doc expected = checkpoint_filter();
    expected.number("epoch", before.epoch).number("commits", before.commits);
    Doc values;
    values.text("cursor", checkpoint.cursor.text).number("applied", checkpoint.applied);
    values.id("event_id", checkpoint.event_id).id("incarnation", checkpoint.incarnation);
    Doc change;
    change.doc("$set", values).doc("$inc", one("commits", std::int64_t{1}));
    auto moved = connection_->update(names_.checkpoint(), expected, change, false);
    if (!moved) return moved.error();
    if (*moved) return {};
    auto now = load_checkpoint(*connection_, names_);
    if (!now) return now.error();
    if (!*now) return no_checkpoint(names_);
    if ((*now)->epoch != before.epoch) return taken_over(before.epoch);
    return make_error(ErrorCode::kUnavailable,
                      names_.checkpoint() + " moved meanwhile: an earlier attempt arrived late");
  }

  std::unique_ptr<Connection> reader_;
  std::unique_ptr<Connection> connection_;
  Names names_;
  RowWriter writer_;
  std::function<void(std::int64_t)> on_stale_rows_;
};

}  // namespace

Result<std::unique_ptr<ProjectionStore>> open_projection_store(const Options& options,
                                                               int generation) {
  auto connection = Connection::open(options, kAnswerWithin);
  if (!connection) return connection.error();
  CQRS_TRY(prepare(**connection, Names(generation)));
  auto reader = Connection::open(options, kAnswerWithin);
  if (!reader) return reader.error();
  return std::unique_ptr<ProjectionStore>(std::make_unique<MongoProjectionStore>(
      MongoProjectionStore::Connections{std::move(*reader), std::move(*connection)}, generation,
      options.on_stale_rows));
}

}  // namespace cqrs::mongo
