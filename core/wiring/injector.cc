#include "core/wiring/injector.h"

#include "core/base/crypto.h"
#include "core/base/hash.h"
#include "core/log/table_tail.h"
#include "core/project/projector.h"
#include "core/project/view_body.h"
#include "core/verify/cursors.h"
#include "core/write/command_handler.h"

namespace cqrs {
namespace {

class Injector {
 public:
  Injector(const InjectionStores& stores, const InjectionPlan& plan)
      : stores_(stores), plan_(plan) {}

  Result<std::vector<Planted>> run() {
    CQRS_TRY(choose_victims());
    CQRS_TRY(open());
    CQRS_TRY(plant_swaps());
    CQRS_TRY(plant_stale());
    for (std::size_t i = 0; i < plan_.count(Difference::kLost); ++i) CQRS_TRY(plant_lost(i));
    for (std::size_t i = 0; i < plan_.count(Difference::kDuplicate); ++i) CQRS_TRY(plant_dup(i));
    for (std::size_t i = 0; i < plan_.count(Difference::kPhantom); ++i) CQRS_TRY(plant_phantom());
    for (std::size_t i = 0; i < plan_.count(Difference::kField); ++i) CQRS_TRY(plant_field(i));
    CQRS_TRY(claim_all());
    return std::move(planted_);
  }

 private:
  // A projector that lost these changes would claim just that.
  Status claim_all() {
    auto head = history_->head();
    if (!head) return head.error();
    auto last = history_->read(*head - 1, 1);
    if (!last) return last.error();
    return spoiler_->set_applied(*head, last->empty() ? Uuid{} : last->front().event_id);
  }

  // Users spread over the whole key range, one for each thing to plant. Users only, because they
  // have everything that can go wrong: updates and a unique field.
  Status choose_victims() {
    auto source = stores_.open_streams();
    if (!source) return source.error();
    streams_ = std::move(*source);
    auto sums = streams_->sums(Kind::kUser);
    if (!sums) return sums.error();
    const auto available = static_cast<std::size_t>(sums->entities());
    const std::size_t wanted = plan_.total();
    // The last entity is left alone: its event may be the head, and a log cannot miss its own end.
    const std::size_t stride = available < wanted + 1 ? 1 : (available - 1) / wanted;
    EntityCursor cursor(*streams_, Kind::kUser, false);
    CQRS_TRY(cursor.advance());
    std::size_t next = 0;
    for (std::size_t at = 0; at + 1 < available && victims_.size() < wanted; ++at) {
      if (cursor.row() == nullptr) break;
      if (at >= next && !cursor.row()->deleted) {
        victims_.push_back(cursor.row()->id);
        next += stride;
      }
      CQRS_TRY(cursor.advance());
    }
    if (victims_.size() == wanted) return {};
    return invalid("--inject", "--inject needs " + std::to_string(wanted + 1) +
                                   " users that are not deleted and there are fewer: run cqrsctl "
                                   "seed first");
  }

  Status open() {
    auto history = stores_.open_history();
    if (!history) return history.error();
    history_ = std::move(*history);
    auto views = stores_.open_views();
    if (!views) return views.error();
    views_ = std::move(*views);
    return {};
  }

  Uuid next_victim() { return victims_[used_++]; }

  void note(Difference kind, const Uuid& id, std::string how) {
    planted_.push_back({kind, {Kind::kUser, id}, std::move(how)});
  }

  // The last `count` of an entity that has at least as many.
  Result<std::vector<Event>> last_events(const StreamKey& key, std::size_t count) {
    auto row = streams_->fetch(key);
    if (!row) return row.error();
    const std::int64_t version = *row ? (*row)->version : 0;
    auto events = history_->read_stream(key, version - static_cast<std::int64_t>(count), count);
    if (events && events->size() != count) {
      return make_error(ErrorCode::kCorrupt, "user " + to_string(key.id) + " lacks events");
    }
    return events;
  }

  // Real second versions, made by the real command handler and projector.
  Status rename(const std::vector<Uuid>& users) {
    auto store = stores_.open_writer();
    if (!store) return store.error();
    const SystemClock clock;
    CommandHandler handler(**store, clock, random_u64());
    for (const auto& id : users) {
      Command command;
      command.target = {Kind::kUser, id};
      UpdateUser update;
      update.name = {true, "Renamed " + to_string(id).substr(30)};
      command.body = UserCommand(std::move(update));
      const auto outcome = handler.execute({&command, 1});
      if (!outcome.front()) return outcome.front().error();
    }
    return {};
  }

  Status project() {
    auto store = stores_.open_projection();
    if (!store) return store.error();
    auto record = stores_.open_history();
    if (!record) return record.error();
    TableTail tail(*history_);
    Projector projector(tail, **record, **store);
    CQRS_TRY(projector.start());
    for (;;) {
      auto applied = projector.step(1'000);
      if (!applied) return applied.error();
      if (*applied == 0) return {};
    }
  }

  Status plant_swaps() {
    std::vector<Uuid> users;
    for (std::size_t i = 0; i < plan_.count(Difference::kOrder); ++i) {
      users.push_back(next_victim());
    }
    CQRS_TRY(rename(users));
    CQRS_TRY(project());
    // From here on the stores are spoilt, and nothing but the spoiler writes to the record.
    std::vector<Uuid> stale;
    for (std::size_t i = 0; i < plan_.count(Difference::kStale); ++i) {
      stale.push_back(next_victim());
    }
    CQRS_TRY(rename(stale));
    auto spoiler = stores_.open_spoiler();
    if (!spoiler) return spoiler.error();
    spoiler_ = std::move(*spoiler);
    stale_ = std::move(stale);
    for (const auto& id : users) {
      auto events = last_events({Kind::kUser, id}, 2);
      if (!events) return events.error();
      CQRS_TRY(spoiler_->exchange_events(events->front().position, events->back().position));
      note(Difference::kOrder, id, "two neighbouring events exchanged");
    }
    return {};
  }

  // The write side has a newer version; half of the rows even claim it, digest and all.
  Status plant_stale() {
    for (std::size_t i = 0; i < stale_.size(); ++i) {
      const StreamKey key{Kind::kUser, stale_[i]};
      const bool claims = i % 2 == 1;
      if (claims) {
        auto row = view_row(key);
        if (!row) return row.error();
        auto written = streams_->fetch(key);
        if (!written) return written.error();
        row->version = (*written)->version;
        row->digest = (*written)->digest;
        CQRS_TRY(spoiler_->put_view_row(*row));
      }
      note(
          Difference::kStale, key.id,
          claims ? "old content under the new version and digest" : "old version left in the view");
    }
    return {};
  }

  Result<ViewRow> view_row(const StreamKey& key) {
    auto rows = views_->get({&key, 1});
    if (!rows) return rows.error();
    if (!rows->front()) {
      return make_error(ErrorCode::kUnavailable,
                        "the view lacks a chosen user: let it catch up first");
    }
    return std::move(*rows->front());
  }

  Status plant_lost(std::size_t i) {
    const StreamKey key{Kind::kUser, next_victim()};
    if (i % 2 == 0) {
      note(Difference::kLost, key.id, "row removed from the view");
      return spoiler_->remove_view_row(key);
    }
    auto events = last_events(key, 1);
    if (!events) return events.error();
    note(Difference::kLost, key.id, "last event removed from the events table");
    return spoiler_->remove_event(events->back().position);
  }

  Status plant_dup(std::size_t i) {
    const StreamKey key{Kind::kUser, next_victim()};
    if (i % 2 == 0) {
      auto events = last_events(key, 1);
      if (!events) return events.error();
      note(Difference::kDuplicate, key.id, "last event stored twice");
      return spoiler_->repeat_event(events->back().position);
    }
    return put_copy(Difference::kDuplicate, key, "second row with the same e-mail", false);
  }

  Status plant_phantom() {
    return put_copy(Difference::kPhantom, {Kind::kUser, next_victim()},
                    "row of an entity that never was", true);
  }

  // A row under a new id, made from another one, well-formed in itself.
  Status put_copy(Difference kind, const StreamKey& from, const char* how, bool own_email) {
    auto row = view_row(from);
    if (!row) return row.error();
    auto view = parse_view(Kind::kUser, row->body);
    if (!view) return view.error();
    const std::uint64_t bits = id_hash(from.id);
    row->key.id = make_uuid_v7(from.id.high() >> 16U, bits, mix64(bits));
    if (own_email) {
      std::get<UserState>(view->state).personal.email = to_string(row->key.id) + "@phantom.example";
    }
    row->version = 1;
    render_view(*row, view->state);
    note(kind, row->key.id, how);
    return spoiler_->put_view_row(*row);
  }

  Status plant_field(std::size_t i) {
    const StreamKey key{Kind::kUser, next_victim()};
    auto row = view_row(key);
    if (!row) return row.error();
    auto view = parse_view(Kind::kUser, row->body);
    if (!view) return view.error();
    const Digest before = row->digest;
    std::get<UserState>(view->state).personal.name += "x";
    render_view(*row, view->state);
    const bool hidden = i % 2 == 1;
    if (hidden) row->digest = before;
    note(Difference::kField, key.id,
         hidden ? "name changed, digest left as it was" : "name and digest changed");
    return spoiler_->put_view_row(*row);
  }

  const InjectionStores& stores_;
  const InjectionPlan& plan_;
  std::vector<Uuid> victims_;
  std::vector<Uuid> stale_;
  std::size_t used_ = 0;
  std::unique_ptr<EntitySource> streams_;
  std::unique_ptr<History> history_;
  std::unique_ptr<ReadStore> views_;
  std::unique_ptr<Spoiler> spoiler_;
  std::vector<Planted> planted_;
};

}  // namespace

Result<std::vector<Planted>> plant(const InjectionStores& stores, const InjectionPlan& plan) {
  return Injector(stores, plan).run();
}

}  // namespace cqrs
