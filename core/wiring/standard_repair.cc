#include "core/wiring/standard_repair.h"

#include "core/adapters/postgres/record_repair.h"
#include "core/project/forwarding_store.h"
#include "core/verify/topic_places.h"
#include "core/wiring/held_lease.h"
#include "core/wiring/mend.h"
#include "core/wiring/standard.h"
#include "core/wiring/standard_options.h"

#include <thread>

namespace cqrs::standard {
namespace {

using Steady = std::chrono::steady_clock;

// A cache that cannot be told of changes holds commits back until nobody trusts it any more, which
// takes a second. Repeating a commit is harmless.
class PatientStore final : public ForwardingStore {
 public:
  explicit PatientStore(std::unique_ptr<AnnouncingStore> store)
      : ForwardingStore(*store), store_(std::move(store)) {}
  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    for (const auto give_up = Steady::now() + kPatience;;) {
      auto status = ForwardingStore::commit(epoch, prepared);
      const bool passing = !status && status.error().code == ErrorCode::kUnavailable;
      if (!passing || Steady::now() >= give_up) return status;
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  static constexpr std::chrono::seconds kPatience{5};
  static constexpr std::chrono::milliseconds kPause{50};
  std::unique_ptr<AnnouncingStore> store_;
};

// The leases that are held, and the topics.
class Surroundings {
 public:
  Surroundings(const StandardConfig& config, const RepairConsent& consent)
      : config_(config), consent_(consent) {}

  Status own_views() { return hold(projector_, kProjectorLease); }

  Status still_owned() {
    CQRS_TRY(projector_->keep());
    return relay_ ? relay_->keep() : Status();
  }

  Result<std::unique_ptr<ProjectionStore>> open_views(int generation) {
    if (config_.cache == CacheKind::kNone) return open_projection(config_, generation);
    auto store =
        open_announcing_projection(config_, generation, [this] { return projector_->until(); });
    if (!store) return store.error();
    return std::unique_ptr<ProjectionStore>(std::make_unique<PatientStore>(std::move(*store)));
  }

  // Whether the topics may stay is settled before the record changes. Where they may not, the relay
  // begins anew first: published twice does no harm, never published does.
  Result<bool> before_record(const RepairSurvey& survey) {
    CQRS_TRY(hold(relay_, kRelayLease));
    std::string why = survey.renew_topics ? "differ from the record" : "";
    if (why.empty() && !survey.places.empty()) {
      auto compared = compare(survey.places);
      if (!compared) return compared.error();
      why = std::move(*compared);
    }
    if (why.empty()) return false;
    CQRS_TRY(may_renew(why));
    CQRS_TRY(relay_->leases().advance(kRelayLease, relay_->epoch(), Published()));
    renewing_ = true;
    CQRS_TRY(delete_topics(config_));
    return true;
  }

  Status after_record() { return renewing_ ? make_topics(config_) : Status(); }

 private:
  Status hold(std::unique_ptr<HeldLease>& lease, const char* name) {
    auto held = HeldLease::acquire(config_, name);
    if (!held) return held.error();
    lease = std::move(*held);
    return {};
  }

  Result<std::string> compare(const EventPlaces& places) {
    auto published = relay_->leases().published(kRelayLease);
    if (!published) return published.error();
    auto topics = open_topics(config_);
    if (!topics) return topics.error();
    return disagreement(**topics, places, published->position, [this] { return still_owned(); });
  }

  [[nodiscard]] Status may_renew(const std::string& why) const {
    if (!consent_.renew_topics) {
      return invalid("--renew-topics",
                     "the topics " + why +
                         ", other than the record after this plan: say --renew-topics to delete "
                         "them and have the relay fill them anew from the record");
    }
    if (config_.relay != RelayKind::kCdc) return {};
    return invalid("--renew-topics",
                   "the topics " + why +
                       ", other than the record after this plan, and the connector would go on "
                       "writing them while they are deleted: cqrsctl up --relay poll, cqrsctl "
                       "down, then this again; afterwards cqrsctl up --relay cdc");
  }

  const StandardConfig& config_;
  const RepairConsent& consent_;
  std::unique_ptr<HeldLease> projector_;
  std::unique_ptr<HeldLease> relay_;
  bool renewing_ = false;
};

}  // namespace

Result<RepairOutcome> repair(const StandardConfig& config, const RepairHeader& header,
                             const EachRepair& each, const RepairConsent& consent) {
  auto catalog = open_catalog(config, SystemClock().now());
  if (!catalog) return catalog.error();
  auto generations = (*catalog)->list();
  if (!generations) return generations.error();
  auto history = open_history(config);
  if (!history) return history.error();
  auto record = open_record(config);
  if (!record) return record.error();
  Surroundings around(config, consent);
  CQRS_TRY(around.own_views());
  RepairStores stores;
  stores.where = "the schema " + config.name;
  stores.history = std::move(*history);
  stores.streams = std::move(record->streams);
  for (const auto& generation : *generations) stores.generations.push_back(generation.number);
  stores.open_views = [&](int generation) { return around.open_views(generation); };
  stores.repair_record = [&](const RecordWork& work) {
    return postgres::repair_record(write_side(config), work);
  };
  stores.still_owned = [&] { return around.still_owned(); };
  stores.before_record = [&](const RepairSurvey& survey) { return around.before_record(survey); };
  stores.after_record = [&] { return around.after_record(); };
  return mend(stores, header, each);
}

}  // namespace cqrs::standard
