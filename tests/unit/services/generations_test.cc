// Switching between generations at the worst moment, with stores that stop where the test says.
#include "services/projector/generations.h"

#include "core/adapters/memory/stores.h"
#include "core/adapters/sqlite/catalog.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

constexpr std::chrono::seconds kPatience{10};

// What is shared by the test and the projectors' threads.
struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  memory::MemoryRecord record;
  std::map<int, memory::MemoryViews> views;
  std::map<int, bool> closed;   // the gate behind a generation's commit
  std::map<int, bool> waiting;  // somebody stands there
};

class LockedHistory final : public History {
 public:
  explicit LockedHistory(Shared& shared) : shared_(shared), inner_(open_history(shared.record)) {}
  Result<Position> head() override {
    const std::lock_guard lock(shared_.mutex);
    return inner_->head();
  }
  Result<std::vector<Event>> read(Position after, std::size_t max) override {
    const std::lock_guard lock(shared_.mutex);
    return inner_->read(after, max);
  }
  Result<std::vector<Event>> read_stream(const StreamKey& key, std::int64_t after_version,
                                         std::size_t max) override {
    const std::lock_guard lock(shared_.mutex);
    return inner_->read_stream(key, after_version, max);
  }
  Result<Uuid> incarnation() override { return inner_->incarnation(); }

 private:
  Shared& shared_;
  std::unique_ptr<History> inner_;
};

// Commits, and then stops in front of the gate: readers see what nobody has reported yet.
class GatedStore final : public ProjectionStore {
 public:
  GatedStore(Shared& shared, int generation)
      : shared_(shared),
        generation_(generation),
        inner_(open_projection_store(shared.views[generation])) {}
  Result<Checkpoint> checkpoint() override {
    const std::lock_guard lock(shared_.mutex);
    return inner_->checkpoint();
  }
  Result<Acquired> acquire() override {
    const std::lock_guard lock(shared_.mutex);
    return inner_->acquire();
  }
  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    const std::lock_guard lock(shared_.mutex);
    return inner_->load(keys);
  }
  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    std::unique_lock lock(shared_.mutex);
    auto status = inner_->commit(epoch, prepared);
    shared_.waiting[generation_] = true;
    shared_.changed.notify_all();
    shared_.changed.wait(lock, [&] { return !shared_.closed[generation_]; });
    shared_.waiting[generation_] = false;
    return status;
  }

 private:
  Shared& shared_;
  int generation_;
  std::unique_ptr<ProjectionStore> inner_;
};

class GenerationsTest : public testing::Test {
 protected:
  GenerationsTest() {
    auto catalog = sqlite::open_catalog(dir_.file("read.db"), kNow);
    EXPECT_THAT(catalog, is_ok());
    catalog_ = std::move(*catalog);
    GenerationStores stores;
    stores.open_history = [this] {
      return Result<std::unique_ptr<History>>(std::make_unique<LockedHistory>(shared_));
    };
    stores.open_projection = [this](int generation) {
      const std::lock_guard lock(shared_.mutex);
      return Result<std::unique_ptr<ProjectionStore>>(
          std::make_unique<GatedStore>(shared_, generation));
    };
    stores.remove = [](int) { return Status(); };
    generations_ =
        std::make_unique<Generations>(*catalog_, std::move(stores), position_, metrics_, clock_);
    grow_history(shared_.record, 5, 40);
  }
  ~GenerationsTest() override {
    for (const int generation : {1, 2}) open_gate(generation);
    generations_.reset();
  }

  void set_gate(int generation, bool closed) {
    {
      const std::lock_guard lock(shared_.mutex);
      shared_.closed[generation] = closed;
    }
    shared_.changed.notify_all();
  }
  void open_gate(int generation) { set_gate(generation, false); }
  [[nodiscard]] bool committed_behind_gate(int generation) {
    std::unique_lock lock(shared_.mutex);
    return shared_.changed.wait_for(lock, kPatience, [&] { return shared_.waiting[generation]; });
  }
  // What a reader of that generation finds.
  [[nodiscard]] Position stored(int generation) {
    const std::lock_guard lock(shared_.mutex);
    return shared_.views[generation].checkpoint.applied;
  }
  [[nodiscard]] bool all_applied(Position head) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      bool all = true;
      for (const auto& status : generations_->status()) all = all && status.applied == head;
      if (all) return true;
      if (std::chrono::steady_clock::now() >= give_up) return false;
      std::this_thread::yield();
    }
  }
  Position write_one() {
    Position head = 0;
    {
      const std::lock_guard lock(shared_.mutex);
      head = static_cast<Position>(shared_.record.events.size()) + 1;
      shared_.record.events.push_back(an_event(head, user_key(900), ++version_, user_event()));
    }
    generations_->wake(head);
    return head;
  }
  [[nodiscard]] EventBody user_event() const {
    return version_ == 1 ? user_created(900) : user_renamed("Name " + std::to_string(version_));
  }

  TempDir dir_;
  Shared shared_;
  std::unique_ptr<GenerationCatalog> catalog_;
  ReadPosition position_;
  Metrics metrics_;
  ManualClock clock_{kNow};
  std::int64_t version_ = 0;
  std::unique_ptr<Generations> generations_;
};

TEST_F(GenerationsTest, ReadersMoveOnlyWhenTheNewViewsHoldAllThatTheOldOnesHold) {
  Position old_at_switch = -1;
  Position new_at_switch = -1;
  position_.on_change([&] {
    if (position_.get().generation != 2 || old_at_switch >= 0) return;
    old_at_switch = stored(1);
    new_at_switch = stored(2);
  });
  ASSERT_THAT(generations_->start(false), is_ok());
  ASSERT_THAT(generations_->create(false, 0), is_ok());
  ASSERT_TRUE(all_applied(generations_->head()));
  // The live one has committed an event, and readers see it; neither has reported it. The new one
  // has not even begun.
  set_gate(1, true);
  set_gate(2, true);
  write_one();
  ASSERT_TRUE(committed_behind_gate(1));
  ASSERT_TRUE(committed_behind_gate(2));
  write_one();  // seen by neither yet
  auto switched = std::async(std::launch::async, [&] { return generations_->switch_live(1, 2); });
  EXPECT_EQ(switched.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout)
      << "moved while the old generation was in the middle of a step";
  open_gate(1);
  open_gate(2);
  ASSERT_THAT(switched.get(), is_ok());
  EXPECT_GE(new_at_switch, old_at_switch);
  EXPECT_TRUE(all_applied(generations_->head())) << "the old one follows again";
}

TEST_F(GenerationsTest, TheOldViewsStandStillUntilTheirLastReaderIsDone) {
  ASSERT_THAT(generations_->start(false), is_ok());
  ASSERT_THAT(generations_->create(false, 0), is_ok());
  ASSERT_TRUE(all_applied(generations_->head()));
  auto reader = std::make_unique<ReadPosition::Pin>(position_);
  ASSERT_EQ(reader->generation(), 1);
  auto switched = std::async(std::launch::async, [&] { return generations_->switch_live(1, 2); });
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (position_.get().generation != 2 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  const Position before = stored(1);
  set_gate(2, true);
  write_one();
  ASSERT_TRUE(committed_behind_gate(2));
  EXPECT_EQ(stored(1), before) << "a reader of the old views saw more than the new ones have";
  open_gate(2);
  reader.reset();
  ASSERT_THAT(switched.get(), is_ok());
  EXPECT_TRUE(all_applied(generations_->head()));
}

TEST_F(GenerationsTest, RebuildingFillsNewViewsThoughTheOldOnesCanStart) {
  ASSERT_THAT(generations_->start(true), is_ok());
  EXPECT_EQ(position_.get().generation, 2);
  EXPECT_TRUE(all_applied(generations_->head())) << "the old one follows, as after a switch";
  EXPECT_EQ(generations_->status().size(), 2U);
  ASSERT_THAT(generations_->switch_live(2, 1), is_ok());
}

TEST_F(GenerationsTest, ASwitchFromAnotherThanTheLiveOneChangesNothing) {
  ASSERT_THAT(generations_->start(false), is_ok());
  ASSERT_THAT(generations_->create(false, 0), is_ok());
  EXPECT_THAT(generations_->switch_live(2, 1), fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(generations_->switch_live(1, 3), fails_with(ErrorCode::kNotFound));
  EXPECT_EQ(position_.get().generation, 1);
  ASSERT_THAT(generations_->switch_live(1, 2), is_ok());
  EXPECT_THAT(generations_->switch_live(1, 2), fails_with(ErrorCode::kVersionConflict));
}

TEST_F(GenerationsTest, AnUnfinishedOneIsAdoptedUntilItIsProvenOrServed) {
  ASSERT_THAT(generations_->start(false), is_ok());
  const auto first = generations_->create(true, 50);
  ASSERT_THAT(first, is_ok());
  EXPECT_FALSE(first->adopted);
  const auto again = generations_->create(true, 0);
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->adopted);
  EXPECT_EQ(again->number, first->number);
  ASSERT_THAT(generations_->set_proof(first->number, true), is_ok());
  const auto next = generations_->create(true, 0);
  ASSERT_THAT(next, is_ok());
  EXPECT_FALSE(next->adopted);
  ASSERT_TRUE(all_applied(generations_->head()));
  ASSERT_THAT(generations_->switch_live(1, next->number), is_ok());
  ASSERT_THAT(generations_->switch_live(next->number, 1), is_ok());
  const auto last = generations_->create(true, 0);
  ASSERT_THAT(last, is_ok());
  EXPECT_FALSE(last->adopted);
}

}  // namespace
}  // namespace cqrs
