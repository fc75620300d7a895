#include "core/adapters/redis/commit_plan.h"
#include "core/adapters/redis/row_codec.h"
#include "core/adapters/redis/row_reader.h"
#include "core/adapters/redis/scripts.h"
#include "core/adapters/redis/stores.h"
#include "core/base/failpoint.h"

#include <unordered_map>
#include <utility>

namespace cqrs::redis {
namespace {

constexpr int kAttempts = 4;
constexpr std::int64_t kUnknown = -1;

Uuid id_in(std::string_view text) { return parse_uuid(text).value_or(Uuid{}); }

// Four replies from `from` on.
Checkpoint checkpoint_in(const Reply& fields, std::size_t from) {
  return {{std::string(fields[from].text())},
          fields[from + 1].integer(),
          id_in(fields[from + 2].text()),
          id_in(fields[from + 3].text())};
}

using RowsBefore = std::vector<std::optional<ViewRow>>;

// The whole transaction, as it is sent. Empty when it is not known yet what it takes the place of.
class RedisCommit final : public PreparedCommit {
 public:
  using PreparedCommit::PreparedCommit;
  std::optional<Request> request;
};

class RedisProjectionStore final : public ProjectionStore {
 public:
  // Rows are loaded through a connection of its own: beside a commit that is under way.
  struct Connections {
    std::unique_ptr<Connection> load, commit;
  };
  RedisProjectionStore(Connections connections, const Options& options, int generation)
      : reader_(std::move(connections.load)),
        connection_(std::move(connections.commit)),
        keys_(options.prefix, generation),
        generations_(generations_key(options.prefix)),
        generation_(generation) {}

  // A generation is named before anything of it is stored: whatever is there can be removed.
  Status register_generation() {
    auto replies =
        connection_->write(Request().command("SADD", generations_, std::int64_t{generation_}));
    return replies ? Status() : replies.error();
  }

  Result<Checkpoint> checkpoint() override {
    auto replies = reader_->read(
        Request().command("HMGET", keys_.meta(), "cursor", "applied", "event_id", "incarnation"));
    if (!replies) return replies.error();
    return checkpoint_in((*replies)[0], 0);
  }

  Result<Acquired> acquire() override {
    revision_ = kUnknown;
    least_revision_ = kUnknown;
    CQRS_TRY(register_generation());
    Arguments arguments;
    arguments.add(2).add(keys_.meta()).add(keys_.parked_keys()).add(kStoreFormat);
    auto replies = connection_->run_script(kAcquire, arguments, Again::kOnce);
    if (!replies) return replies.error();
    const Reply state = (*replies)[0];
    Acquired acquired{state[0].integer(), checkpoint_in(state, 1), {}};
    for (std::size_t i = 0; i < state[5].size(); ++i) {
      const auto packed = state[5][i].text();
      const auto kind = kind_from_number(packed.empty() ? 0 : packed.front());
      const auto id = packed.size() == 17 ? uuid_from_bytes(packed.substr(1)) : std::nullopt;
      if (kind && id) acquired.parked.push_back({*kind, *id});
    }
    know(state[6].integer());
    return acquired;
  }

  Result<RowsBefore> load(std::span<const StreamKey> keys) override {
    return read_rows(*reader_, keys_, keys);
  }

  Result<std::unique_ptr<PreparedCommit>> prepare(ViewChanges changes) override {
    auto commit = std::make_unique<RedisCommit>(std::move(changes));
    const ViewChanges& wanted = commit->changes();
    if (wanted.before.size() == wanted.rows.size() && wanted.removed.empty()) {
      auto request = work_out(wanted, wanted.before, {});
      if (!request) return request.error();
      commit->request = std::move(*request);
    }
    return std::unique_ptr<PreparedCommit>(std::move(commit));
  }

  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    const auto& commit = static_cast<const RedisCommit&>(prepared);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto done = try_commit(epoch, commit);
      if (!done || !*done) revision_ = kUnknown;
      if (!done) return done.error();
      if (*done) return {};
      // Something was committed since the rows were read, perhaps this very page by a request whose
      // answer got lost.
    }
    return make_error(ErrorCode::kUnavailable,
                      connection_->name() + ": the views keep changing while they are committed");
  }

 private:
  // Whether it was committed; false when the rows it was worked out from may have changed.
  Result<bool> try_commit(std::int64_t epoch, const RedisCommit& commit) {
    std::optional<Request> anew;
    // What was worked out ahead is true as long as nobody has committed but this object.
    if (revision_ == kUnknown || !commit.request) {
      auto request = look_and_work_out(epoch, commit.changes());
      if (!request) return request.error();
      anew = std::move(*request);
    }
    CQRS_FAILPOINT_TRY("projector.after_apply", ErrorCode::kUnavailable);
    auto done = transact(epoch, anew ? *anew : *commit.request);
    if (!done) return done;
    CQRS_FAILPOINT("projector.after_commit");
    return done;
  }

  // `before`: of the rows, then `removed` of those that are taken out.
  Result<Request> work_out(const ViewChanges& changes,
                           std::span<const std::optional<ViewRow>> before,
                           std::span<const std::optional<ViewRow>> removed) const {
    CommitPlan plan(keys_);
    for (std::size_t i = 0; i < changes.rows.size(); ++i) {
      CQRS_TRY(plan.put(before[i] ? &*before[i] : nullptr, changes.rows[i]));
    }
    for (const auto& row : removed) {
      if (row) CQRS_TRY(plan.remove(*row));
    }
    for (const auto& parked : changes.parked) plan.park(parked);
    const Checkpoint& checkpoint = changes.checkpoint;
    Request request;
    request.command("MULTI");
    plan.finish(request);
    request.command("HSET", keys_.meta(), "cursor", checkpoint.cursor.text, "applied",
                    checkpoint.applied, "event_id", to_string(checkpoint.event_id), "incarnation",
                    to_string(checkpoint.incarnation));
    request.command("HINCRBY", keys_.meta(), "revision", 1).command("EXEC");
    return request;
  }

  // From the rows as they are now.
  Result<Request> look_and_work_out(std::int64_t epoch, const ViewChanges& changes) {
    // Before the rows: what changes while they are read makes the commit read them again.
    auto replies = connection_->read(Request().command("HGET", keys_.meta(), "revision"));
    if (!replies) return replies.error();
    if ((*replies)[0].is_nil()) return emptied(epoch);
    if ((*replies)[0].integer() < least_revision_) return went_back(epoch);
    know((*replies)[0].integer());
    std::vector<StreamKey> keys;
    for (const auto& row : changes.rows) keys.push_back(row.key);
    keys.insert(keys.end(), changes.removed.begin(), changes.removed.end());
    auto rows = read_rows(*connection_, keys_, keys);
    if (!rows) return rows.error();
    const std::span<const std::optional<ViewRow>> all(*rows);
    return work_out(changes, all.first(changes.rows.size()), all.subspan(changes.rows.size()));
  }

  void know(std::int64_t revision) { revision_ = least_revision_ = revision; }

  // A transaction of the server instead of a script, which would copy every argument twice more.
  // What it watches is the revision: whoever commits in between makes it do nothing.
  Result<bool> transact(std::int64_t epoch, const Request& request) {
    const std::string meta = keys_.meta();
    auto watched = connection_->write(Request()
                                          .command("UNWATCH")
                                          .command("WATCH", meta)
                                          .command("HMGET", meta, "epoch", "revision", "cursor",
                                                   "applied", "event_id", "incarnation"));
    if (!watched) return watched.error();
    const Reply before = (*watched)[2];
    if (before[0].is_nil()) return emptied(epoch);
    if (before[0].integer() != epoch) {
      return make_error(ErrorCode::kVersionConflict,
                        connection_->name() + ": another projector took over after epoch " +
                            std::to_string(epoch) + ", it is at " + std::string(before[0].text()));
    }
    if (before[1].integer() < least_revision_) return went_back(epoch);
    if (before[1].integer() != revision_) return false;
    auto replies = connection_->write(request);
    if (!replies && replies.error().code == ErrorCode::kCorrupt) take_back(epoch, before);
    if (!replies) return replies.error();
    if ((*replies)[replies->size() - 1].is_nil()) return false;
    know(revision_ + 1);
    return true;
  }

  // Redis goes on behind a command that fails for what is stored under its key, up to the
  // checkpoint. The rest may be done again; the checkpoint must not claim that all of it was.
  void take_back(std::int64_t epoch, const Reply& before) {
    Arguments arguments;
    arguments.add(1).add(keys_.meta()).add(epoch);
    for (std::size_t field = 2; field < 6; ++field) arguments.add(before[field].text());
    // Nobody is left to tell when this fails, too: then deep verification finds what is missing.
    static_cast<void>(connection_->run_script(kTakeBack, arguments, Again::kOnce));
  }

  [[nodiscard]] Error emptied(std::int64_t epoch) const {
    return make_error(ErrorCode::kVersionConflict,
                      connection_->name() + ": the store was emptied, " + keys_.meta() +
                          " of epoch " + std::to_string(epoch) +
                          " is gone: the views are built from the beginning by the next owner");
  }

  // Restored from an older file, or started from one that lacks the last moments: what was
  // committed since is missing in the middle.
  [[nodiscard]] Error went_back(std::int64_t epoch) const {
    return make_error(ErrorCode::kVersionConflict,
                      connection_->name() + ": the store went back to an earlier state, " +
                          keys_.meta() + " of epoch " + std::to_string(epoch) +
                          " is older than what was committed: the next owner goes on from there");
  }

  std::unique_ptr<Connection> reader_;
  std::unique_ptr<Connection> connection_;
  Keys keys_;
  std::string generations_;
  int generation_;
  // Of what this object committed last, while nobody can have committed since.
  std::int64_t revision_ = kUnknown;
  std::int64_t least_revision_ = kUnknown;  // that the store had
};

// A cache may throw away what was not used for a while; a store must not.
Status check_server(Connection& connection) {
  auto replies = connection.read(Request().command("INFO", "memory"));
  if (!replies) return replies.error();
  const auto info = (*replies)[0].text();
  const bool limited = info.find("\nmaxmemory:0\r") == std::string_view::npos;
  if (!limited || info.find("\nmaxmemory_policy:allkeys") == std::string_view::npos) return {};
  return make_error(ErrorCode::kUnavailable,
                    connection.name() +
                        ": it would throw away views when its memory is full: set its "
                        "maxmemory-policy to noeviction");
}

}  // namespace

Result<std::unique_ptr<ProjectionStore>> open_projection_store(const Options& options,
                                                               int generation) {
  auto reader = Connection::open(options.url);
  if (!reader) return reader.error();
  CQRS_TRY(check_server(**reader));
  CQRS_TRY(check_format(**reader, Keys(options.prefix, generation)));
  auto connection = Connection::open(options.url);
  if (!connection) return connection.error();
  auto store = std::make_unique<RedisProjectionStore>(
      RedisProjectionStore::Connections{std::move(*reader), std::move(*connection)}, options,
      generation);
  CQRS_TRY(store->register_generation());
  return std::unique_ptr<ProjectionStore>(std::move(store));
}

}  // namespace cqrs::redis
