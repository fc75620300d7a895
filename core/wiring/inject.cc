#include "core/wiring/inject.h"

#include "core/adapters/sqlite/catalog.h"
#include "core/adapters/sqlite/spoil.h"
#include "core/adapters/sqlite/stores.h"
#include "core/base/crypto.h"
#include "core/base/hash.h"
#include "core/log/table_tail.h"
#include "core/project/projector.h"
#include "core/project/view_body.h"
#include "core/verify/cursors.h"
#include "core/wiring/embedded.h"
#include "core/write/command_handler.h"

#include <algorithm>
#include <charconv>

namespace cqrs {
namespace {

// "swap" is what people plant, "order" is what verify reports.
constexpr std::array<std::string_view, kAllDifferences.size()> kPlantNames{
    "lost", "dup", "phantom", "stale", "swap", "field"};

class Injector {
 public:
  // `scratch` is spoilt, nothing else.
  Injector(const DataDir& scratch, const InjectionPlan& plan) : scratch_(scratch), plan_(plan) {}

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
    auto source = sqlite::open_stream_source(scratch_.write_db());
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
    auto generations = embedded::list_generations(scratch_);
    if (!generations) return generations.error();
    generation_ = live_generation(*generations);
    auto history = sqlite::open_history(scratch_.write_db());
    if (!history) return history.error();
    history_ = std::move(*history);
    auto views = sqlite::open_read_store(scratch_.read_db(generation_));
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
    auto store = sqlite::open_write_store(scratch_.write_db());
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
    auto store = sqlite::open_projection_store(scratch_.read_db(generation_));
    if (!store) return store.error();
    auto record = sqlite::open_history(scratch_.write_db());
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
    // From here on the files are spoilt, and nothing but the spoiler writes to the record.
    std::vector<Uuid> stale;
    for (std::size_t i = 0; i < plan_.count(Difference::kStale); ++i) {
      stale.push_back(next_victim());
    }
    CQRS_TRY(rename(stale));
    auto spoiler = sqlite::open_spoiler(scratch_.write_db(), scratch_.read_db(generation_));
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

  const DataDir& scratch_;
  const InjectionPlan& plan_;
  int generation_ = 1;
  std::vector<Uuid> victims_;
  std::vector<Uuid> stale_;
  std::size_t used_ = 0;
  std::unique_ptr<EntitySource> streams_;
  std::unique_ptr<History> history_;
  std::unique_ptr<ReadStore> views_;
  std::unique_ptr<sqlite::Spoiler> spoiler_;
  std::vector<Planted> planted_;
};

}  // namespace

std::size_t InjectionPlan::total() const {
  std::size_t sum = 0;
  for (const auto count : counts) sum += count;
  return sum;
}

Result<InjectionPlan> parse_injection(std::string_view text) {
  InjectionPlan plan;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const std::string_view word = text.substr(0, end);
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const auto* const at = std::find(kPlantNames.begin(), kPlantNames.end(), name);
    std::size_t count = 0;
    const std::string_view digits =
        equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (at == kPlantNames.end() || error != std::errc() || stop != digits.data() + digits.size() ||
        count > 1'000) {
      return invalid("--inject",
                     "--inject: \"" + std::string(word) +
                         "\" is not one of lost, dup, phantom, stale, swap, field with a "
                         "number up to 1000, like lost=3,dup=2");
    }
    plan.counts[static_cast<std::size_t>(at - kPlantNames.begin())] = count;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (plan.total() == 0) {
    return invalid("--inject", "--inject plants nothing: say for example lost=3");
  }
  return plan;
}

Result<std::vector<Planted>> inject(const DataDir& dir, const DataDir& scratch,
                                    const InjectionPlan& plan) {
  // The copied catalog says which views are live, also when that changes meanwhile.
  auto generations = embedded::list_generations(dir);
  if (!generations) return generations.error();
  CQRS_TRY(sqlite::copy_database(dir.catalog_db(), scratch.catalog_db()));
  auto catalog = sqlite::open_catalog_read_only(scratch.catalog_db());
  if (!catalog) return catalog.error();
  generations = (*catalog)->list();
  if (!generations) return generations.error();
  const int live = live_generation(*generations);
  // The views before the record: copied after them it holds every event they know.
  CQRS_TRY(sqlite::copy_database(dir.read_db(live), scratch.read_db(live)));
  CQRS_TRY(sqlite::copy_database(dir.write_db(), scratch.write_db()));
  return Injector(scratch, plan).run();
}

Result<std::vector<Planted>> spoil(const DataDir& dir, const InjectionPlan& plan) {
  return Injector(dir, plan).run();
}

}  // namespace cqrs
