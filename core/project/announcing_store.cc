#include "core/project/announcing_store.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// Clocks of two machines do not run exactly alike.
constexpr std::chrono::milliseconds kMargin{100};
// A cache that is away is tried again at this pace.
constexpr std::chrono::milliseconds kRest{5'000};
// And trusted only that long for the first time: a word whose answer is lost holds commits up.
constexpr std::chrono::milliseconds kFirstTrust{200};

// A commit of the store within, and all that was loaded for it.
class AnnouncedCommit final : public PreparedCommit {
 public:
  AnnouncedCommit(std::unique_ptr<PreparedCommit> within, std::vector<StreamKey> loaded)
      : PreparedCommit({}), within_(std::move(within)), loaded_(std::move(loaded)) {}
  [[nodiscard]] const ViewChanges& changes() const override { return within_->changes(); }
  [[nodiscard]] const PreparedCommit& within() const { return *within_; }
  [[nodiscard]] const std::vector<StreamKey>& loaded() const { return loaded_; }

 private:
  std::unique_ptr<PreparedCommit> within_;
  std::vector<StreamKey> loaded_;
};

class Announcer final : public AnnouncingStore {
 public:
  // What an owner before this one has said may be trusted that long.
  explicit Announcer(AnnouncerParts parts)
      : parts_(std::move(parts)), trusted_until_(parts_.now() + kCacheTrust + kMargin) {}

  Result<Checkpoint> checkpoint() override { return parts_.store->checkpoint(); }

  Result<Acquired> acquire() override {
    auto acquired = parts_.store->acquire();
    if (!acquired) return acquired;
    const std::lock_guard lock(mutex_);
    applied_ = acquired->checkpoint.applied;
    owner_ = true;
    incarnation_ = Uuid();
    begin();
    return acquired;
  }

  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    // Also what turns out not to change: a former owner may have written it a moment ago.
    loaded_.insert(loaded_.end(), keys.begin(), keys.end());
    return parts_.store->load(keys);
  }

  Result<std::unique_ptr<PreparedCommit>> prepare(ViewChanges changes) override {
    auto within = parts_.store->prepare(std::move(changes));
    if (!within) return within;
    return std::unique_ptr<PreparedCommit>(
        std::make_unique<AnnouncedCommit>(std::move(*within), std::exchange(loaded_, {})));
  }

  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    const auto& announced = static_cast<const AnnouncedCommit&>(prepared);
    const ViewChanges& changes = announced.changes();
    CQRS_TRY(announce(changes, announced.loaded()));
    auto status = parts_.store->commit(epoch, announced.within());
    const std::lock_guard lock(mutex_);
    if (!status) {
      // Another owner keeps a guard of its own. What became of everything else is not known: its
      // floors stay until it has been repeated.
      if (status.error().code == ErrorCode::kVersionConflict) owner_ = false;
      return status;
    }
    applied_ = changes.checkpoint.applied;
    floors_.clear();
    return {};
  }

  Status caught_up(std::int64_t epoch) override { return parts_.store->caught_up(epoch); }

  void tick() override {
    const std::lock_guard lock(mutex_);
    if (!owner_ || !owned()) return;
    if (incarnation_.is_nil() ? parts_.now() >= not_before_ : !say()) begin();
  }

 private:
  void raise(const StreamKey& key, Position position) {
    Position& floor = floors_[key];
    floor = std::max(floor, position);
  }

  // Afterwards either the guard knows of the changes, or nobody trusts any guard.
  Status announce(const ViewChanges& changes, const std::vector<StreamKey>& loaded) {
    const std::lock_guard lock(mutex_);
    if (!owned()) {
      return make_error(ErrorCode::kUnavailable,
                        "the projector's lease is not renewed: the views wait, since another owner "
                        "may keep the cache's guard");
    }
    for (const auto& key : loaded) raise(key, applied_ + 1);
    for (const auto& row : changes.rows) raise(row.key, std::max(row.position, applied_ + 1));
    for (const auto& key : changes.removed) raise(key, applied_ + 1);
    if (!incarnation_.is_nil() && say()) return {};
    // Once nobody trusts anything, beginning is left to tick().
    if (incarnation_.is_nil() && parts_.now() < trusted_until_) begin();
    if (!incarnation_.is_nil()) return {};
    const auto now = parts_.now();
    if (now >= trusted_until_) return {};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(trusted_until_ - now);
    return make_error(ErrorCode::kUnavailable,
                      "the cache cannot be told of changes: the views wait " +
                          std::to_string(left.count()) + " ms more, until nobody trusts it");
  }

  [[nodiscard]] std::vector<CacheFloor> floors() const {
    std::vector<CacheFloor> all;
    all.reserve(floors_.size());
    for (const auto& [key, position] : floors_) all.push_back({key, position});
    return all;
  }

  [[nodiscard]] bool owned() const { return parts_.now() < parts_.owned_until(); }
  [[nodiscard]] Steady::time_point trust_for(std::chrono::milliseconds time) const {
    return std::min(parts_.now() + time, parts_.owned_until());
  }

  // True: the guard has been told everything and goes on.
  bool say() {
    if (!guard_) {
      incarnation_ = Uuid();
      return false;
    }
    const auto until = trust_for(kCacheTrust);
    auto said = guard_->announce(incarnation_, floors(), until);
    if (!said || *said) trusted_until_ = std::max(trusted_until_, until + kMargin);
    if (said && *said) return true;
    // Gone: emptied, started anew, or too late. It cannot come back, and neither can its name.
    incarnation_ = Uuid();
    if (said) return false;
    give_up();
    return false;
  }

  // A new guard knows what is on its way into the views at this moment, and needs to know no more:
  // whoever fills under it reads after it has begun.
  void begin() {
    if (parts_.now() < not_before_ || !owned()) return;
    if (!guard_) {
      auto opened = parts_.open_guard();
      if (!opened) return give_up();
      guard_ = std::move(*opened);
    }
    const Uuid fresh = parts_.new_incarnation();
    const auto until = trust_for(kFirstTrust);
    trusted_until_ = std::max(trusted_until_, until + kMargin);
    if (!guard_->begin(fresh, floors(), until)) return give_up();
    incarnation_ = fresh;
    (void)say();
  }

  void give_up() {
    guard_.reset();
    incarnation_ = Uuid();
    not_before_ = parts_.now() + kRest;
  }

  AnnouncerParts parts_;
  std::vector<StreamKey> loaded_;  // for the page that is being worked out, by its thread
  std::mutex mutex_;               // guards what follows
  std::unique_ptr<CacheGuard> guard_;
  Uuid incarnation_;                  // nil: no guard of ours is known to be alive
  Steady::time_point trusted_until_;  // until then somebody may trust a guard
  Steady::time_point not_before_{};
  Position applied_ = 0;
  bool owner_ = false;
  std::unordered_map<StreamKey, Position> floors_;  // of what is on its way into the views
};

}  // namespace

std::unique_ptr<AnnouncingStore> announcing_store(AnnouncerParts parts) {
  return std::make_unique<Announcer>(std::move(parts));
}

}  // namespace cqrs
