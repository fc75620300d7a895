#include "core/adapters/redis/commit_plan.h"
#include "core/adapters/redis/row_codec.h"
#include "core/adapters/redis/row_reader.h"
#include "core/adapters/redis/scripts.h"
#include "core/adapters/redis/stores.h"
#include "core/base/failpoint.h"

#include <unordered_map>

namespace cqrs::redis {
namespace {

enum class Look : std::uint8_t { kAgain, kIfUnknown };

constexpr int kAttempts = 4;
// Rows kept between load() and commit(): some pages.
constexpr std::size_t kMostRemembered = 20'000;

Uuid id_in(std::string_view text) { return parse_uuid(text).value_or(Uuid{}); }

// Four replies from `from` on.
Checkpoint checkpoint_in(const Reply& fields, std::size_t from) {
  return {{std::string(fields[from].text())},
          fields[from + 1].integer(),
          id_in(fields[from + 2].text()),
          id_in(fields[from + 3].text())};
}

class RedisProjectionStore final : public ProjectionStore {
 public:
  RedisProjectionStore(std::unique_ptr<Connection> connection, const Options& options,
                       int generation)
      : connection_(std::move(connection)),
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
    auto replies = connection_->read(
        Request().command("HMGET", keys_.meta(), "cursor", "applied", "event_id", "incarnation"));
    if (!replies) return replies.error();
    return checkpoint_in((*replies)[0], 0);
  }

  Result<Acquired> acquire() override {
    forget();
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
    return acquired;
  }

  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    CQRS_TRY(remember(keys, Look::kAgain));
    std::vector<std::optional<ViewRow>> rows;
    rows.reserve(keys.size());
    for (const auto& key : keys) rows.push_back(known_.at(key));
    if (known_.size() > kMostRemembered) forget();
    return rows;
  }

  Status commit(std::int64_t epoch, const ViewChanges& changes) override {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto done = try_commit(epoch, changes);
      if (!done || *done) {
        forget();
        return done ? Status() : done.error();
      }
      // Something was committed after the rows had been read, perhaps this very page by a request
      // whose answer got lost.
      forget();
    }
    return make_error(ErrorCode::kUnavailable,
                      connection_->name() + ": the views keep changing while they are committed");
  }

 private:
  // Whether it was committed; false when the rows it was worked out from had changed.
  Result<bool> try_commit(std::int64_t epoch, const ViewChanges& changes) {
    std::vector<StreamKey> keys = changes.removed;
    for (const auto& row : changes.rows) keys.push_back(row.key);
    // The script looks whether they are still true.
    CQRS_TRY(remember(keys, Look::kIfUnknown));
    if (revision_.empty()) return emptied(epoch);
    CommitPlan plan(keys_);
    for (const auto& row : changes.rows) {
      const auto& before = known_.at(row.key);
      CQRS_TRY(plan.put(before ? &*before : nullptr, row));
    }
    for (const auto& key : changes.removed) {
      if (const auto& before = known_.at(key); before) CQRS_TRY(plan.remove(*before));
    }
    for (const auto& parked : changes.parked) plan.park(parked);
    CQRS_FAILPOINT_TRY("projector.after_apply", ErrorCode::kUnavailable);
    auto done = transact(epoch, plan, changes.checkpoint);
    if (!done) return done;
    CQRS_FAILPOINT("projector.after_commit");
    return done;
  }

  // A transaction of the server instead of a script, which would copy every argument twice more.
  // What it watches is the revision: whoever commits in between makes it do nothing.
  Result<bool> transact(std::int64_t epoch, const CommitPlan& plan, const Checkpoint& checkpoint) {
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
    if (before[1].text() != revision_) return false;
    Request request;
    request.command("MULTI");
    plan.finish(request);
    request.command("HSET", meta, "cursor", checkpoint.cursor.text, "applied", checkpoint.applied,
                    "event_id", to_string(checkpoint.event_id), "incarnation",
                    to_string(checkpoint.incarnation));
    request.command("HINCRBY", meta, "revision", 1).command("EXEC");
    auto replies = connection_->write(request);
    if (!replies && replies.error().code == ErrorCode::kCorrupt) take_back(epoch, before);
    if (!replies) return replies.error();
    return !(*replies)[replies->size() - 1].is_nil();
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

  // Sees to it that the rows of `keys` are known as they were at one revision.
  Status remember(std::span<const StreamKey> keys, Look look) {
    std::vector<StreamKey> missing;
    for (const auto& key : keys) {
      if (!known_.contains(key)) missing.push_back(key);
    }
    if (look == Look::kIfUnknown && missing.empty() && !revision_.empty()) return {};
    // Before the rows: what changes while they are read makes the commit read them again.
    auto replies = connection_->read(Request().command("HGET", keys_.meta(), "revision"));
    if (!replies) return replies.error();
    if ((*replies)[0].text() != revision_) {
      forget();
      revision_ = (*replies)[0].text();
      missing.assign(keys.begin(), keys.end());
    }
    auto rows = read_rows(*connection_, keys_, missing);
    if (!rows) {
      forget();
      return rows.error();
    }
    for (std::size_t i = 0; i < missing.size(); ++i) {
      known_.insert_or_assign(missing[i], std::move((*rows)[i]));
    }
    return {};
  }

  void forget() {
    known_.clear();
    revision_.clear();
  }

  std::unique_ptr<Connection> connection_;
  Keys keys_;
  std::string generations_;
  int generation_;
  // What load() told the projector is what its commit replaces. Valid at this revision only.
  std::unordered_map<StreamKey, std::optional<ViewRow>> known_;
  std::string revision_;
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
  auto connection = Connection::open(options.url);
  if (!connection) return connection.error();
  CQRS_TRY(check_server(**connection));
  CQRS_TRY(check_format(**connection, Keys(options.prefix, generation)));
  auto store = std::make_unique<RedisProjectionStore>(std::move(*connection), options, generation);
  CQRS_TRY(store->register_generation());
  return std::unique_ptr<ProjectionStore>(std::move(store));
}

}  // namespace cqrs::redis
