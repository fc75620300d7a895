#include "core/wiring/standard_inject.h"

#include "core/adapters/postgres/spoil.h"
#include "core/log/table_tail.h"
#include "core/wiring/injector.h"
#include "core/wiring/scratch_stores.h"
#include "core/wiring/standard.h"
#include "core/wiring/standard_options.h"

namespace cqrs::standard {
namespace {

// The views as their projector would write them, index included, whatever the rows claim.
class StandardSpoiler final : public Spoiler {
 public:
  StandardSpoiler(std::unique_ptr<ProjectionStore> views, Acquired acquired,
                  std::unique_ptr<postgres::EventSpoiler> events)
      : views_(std::move(views)), acquired_(std::move(acquired)), events_(std::move(events)) {}

  Status remove_view_row(const StreamKey& key) override {
    ViewChanges changes;
    changes.removed.push_back(key);
    return commit(std::move(changes));
  }
  Status put_view_row(const ViewRow& row) override {
    // What was read may be replaced by an older version, too.
    auto before = views_->load({&row.key, 1});
    if (!before) return before.error();
    ViewChanges changes;
    changes.rows.push_back(row);
    changes.before = std::move(*before);
    return commit(std::move(changes));
  }
  Status set_applied(Position position, const Uuid& event_id) override {
    acquired_.checkpoint.cursor = TableTail::after(position);
    acquired_.checkpoint.applied = position;
    acquired_.checkpoint.event_id = event_id;
    return commit({});
  }
  Status remove_event(Position position) override { return events_->remove_event(position); }
  Status repeat_event(Position position) override { return events_->repeat_event(position); }
  Status exchange_events(Position first, Position second) override {
    return events_->exchange_events(first, second);
  }

 private:
  Status commit(ViewChanges changes) {
    changes.checkpoint = acquired_.checkpoint;
    return views_->commit(acquired_.epoch, changes);
  }

  std::unique_ptr<ProjectionStore> views_;
  Acquired acquired_;
  std::unique_ptr<postgres::EventSpoiler> events_;
};

Result<std::unique_ptr<Spoiler>> open_spoiler(const StandardConfig& config, int generation) {
  auto views = open_projection(config, generation);
  if (!views) return views.error();
  auto acquired = (*views)->acquire();
  if (!acquired) return acquired.error();
  auto events = postgres::open_event_spoiler(write_side(config));
  if (!events) return events.error();
  return std::unique_ptr<Spoiler>(std::make_unique<StandardSpoiler>(
      std::move(*views), std::move(*acquired), std::move(*events)));
}

InjectionStores injection_stores(const StandardConfig& config, int generation) {
  InjectionStores stores;
  stores.open_streams = [config]() -> Result<std::unique_ptr<EntitySource>> {
    auto record = open_record(config);
    if (!record) return record.error();
    return std::move(record->streams);
  };
  stores.open_history = [config] { return open_history(config); };
  stores.open_writer = [config] { return open_write_store(config); };
  stores.open_views = [config, generation] { return open_read_store(config, generation); };
  stores.open_projection = [config, generation] { return open_projection(config, generation); };
  stores.open_spoiler = [config, generation] { return open_spoiler(config, generation); };
  return stores;
}

// The views go on with the record at hand, read as a table: topics are not part of a copy, and a
// copied record is not the one that the copied views were built from.
Status go_on_with(const StandardConfig& config, int generation) {
  auto history = open_history(config);
  if (!history) return history.error();
  auto incarnation = (*history)->incarnation();
  if (!incarnation) return incarnation.error();
  auto views = open_projection(config, generation);
  if (!views) return views.error();
  auto acquired = (*views)->acquire();
  if (!acquired) return acquired.error();
  ViewChanges changes;
  changes.checkpoint = acquired->checkpoint;
  changes.checkpoint.cursor = TableTail::after(acquired->checkpoint.applied);
  changes.checkpoint.incarnation = *incarnation;
  return (*views)->commit(acquired->epoch, changes);
}

Result<std::vector<Planted>> plant_in(const StandardConfig& config, int generation,
                                      const InjectionPlan& plan) {
  CQRS_TRY(go_on_with(config, generation));
  return plant(injection_stores(config, generation), plan);
}

class CopiedStores final : public InjectedCopy {
 public:
  CopiedStores(std::unique_ptr<ScratchStores> stores, std::vector<Planted> planted,
               std::vector<std::string> left_out)
      : stores_(std::move(stores)), planted_(std::move(planted)), left_out_(std::move(left_out)) {}

  [[nodiscard]] const std::vector<Planted>& planted() const override { return planted_; }
  [[nodiscard]] Result<Sources> open_sources() const override {
    auto sources = standard::open_sources(stores_->config(), stores_->generation());
    if (sources) sources->topics.reset();
    return sources;
  }
  [[nodiscard]] std::vector<std::string> left_out() const override { return left_out_; }
  Status remove() override { return stores_->remove(); }

 private:
  std::unique_ptr<ScratchStores> stores_;
  std::vector<Planted> planted_;
  std::vector<std::string> left_out_;
};

}  // namespace

Result<std::unique_ptr<InjectedCopy>> inject(const StandardConfig& config,
                                             const InjectionPlan& plan,
                                             const std::function<bool()>& keep_going) {
  auto stores = ScratchStores::make(config, keep_going);
  if (!stores) return stores.error();
  auto planted = plant_in((*stores)->config(), (*stores)->generation(), plan);
  if (!planted) return planted.error();
  std::vector<std::string> left_out{"topics = events"};
  if (config.cache != CacheKind::kNone) left_out.emplace_back("cache within view");
  return std::unique_ptr<InjectedCopy>(
      std::make_unique<CopiedStores>(std::move(*stores), std::move(*planted), std::move(left_out)));
}

Result<std::vector<Planted>> spoil(const StandardConfig& config, const InjectionPlan& plan) {
  auto live = live_generation_of(config);
  if (!live) return live.error();
  return plant_in(config, *live, plan);
}

}  // namespace cqrs::standard
