// A repair over ports in memory: what becomes of the views when the record changes under them.
#include "core/wiring/mend.h"

#include "core/verify/repair_planner.h"

#include "tests/unit/verify/small_system.h"

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

// Just what the tests need of the promises: copies at the end, without any transaction.
class MemoryRepair final : public RecordRepair {
 public:
  explicit MemoryRepair(memory::MemoryRecord& record) : record_(record) {}
  Result<bool> put_stream(const RepairItem& /*item*/) override { return false; }
  Result<bool> move_events(const RepairItem& /*item*/) override { return false; }
  Result<bool> remove_event(const RepairItem& item) override {
    if (record_.events.back().position != item.events.front().from) return false;
    record_.events.pop_back();
    return true;
  }

 private:
  memory::MemoryRecord& record_;
};

class Mend : public SmallSystem {
 protected:
  void make_plan() {
    const auto report = verified();
    const VerifyLane lane{&streams_, &view_source_, &audit_};
    EXPECT_THAT(plan_repair(lane, report.findings,
                            [&](const RepairItem& item) -> Status {
                              items_.push_back(item);
                              return {};
                            }),
                is_ok());
  }
  RepairStores stores() {
    RepairStores stores;
    stores.where = "memory";
    stores.history = memory::open_history(record_);
    stores.streams = std::make_unique<MemoryStreams>(record_, nothing_);
    stores.generations = {1};
    stores.open_views = [this](int) -> Result<std::unique_ptr<ProjectionStore>> {
      return memory::open_projection_store(views_);
    };
    stores.repair_record = [this](const RecordWork& work) {
      MemoryRepair repair(record_);
      return work(repair);
    };
    return stores;
  }
  Result<RepairOutcome> mended(RepairStores& stores) {
    RepairHeader header;
    header.incarnation = record_.incarnation;
    header.generation = 1;
    return mend(stores, header,
                [this](const std::function<Status(const RepairItem&)>& take) -> Status {
                  for (const auto& item : items_) CQRS_TRY(take(item));
                  return {};
                });
  }

  BeforeRead nothing_;
  std::vector<RepairItem> items_;
};

TEST_F(Mend, AnEventThatTakesTheRemovedOnesPlaceAtOnceReachesTheViews) {
  users(3);
  repeat_event(3);
  project();
  ASSERT_EQ(views_.checkpoint.applied, 4);
  make_plan();
  ASSERT_EQ(items_.size(), 1U);
  auto with = stores();
  with.repair_record = [this](const RecordWork& work) -> Status {
    MemoryRepair repair(record_);
    CQRS_TRY(work(repair));
    execute({create_user(9)});
    return {};
  };
  const auto outcome = mended(with);
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->applied, 1);
  EXPECT_EQ(event_at(4).stream, user_key(9));
  EXPECT_EQ(views_.checkpoint.applied, 3);
  project();
  EXPECT_TRUE(views_.rows.contains(user_key(9)));
  EXPECT_EQ(verified().findings.total(), 0);
}

TEST_F(Mend, ViewsOfTopicsThatAreGivenAnewBeginInTheRecord) {
  users(3);
  views_.checkpoint.cursor = {"topic 1:3:7"};
  RepairItem item;
  item.action = RepairAction::kRenewTopics;
  items_ = {item};
  bool made = false;
  auto with = stores();
  with.before_record = [](const RepairSurvey& survey) -> Result<bool> {
    return survey.renew_topics;
  };
  with.after_record = [&] {
    made = true;
    return Status();
  };
  const auto outcome = mended(with);
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->applied, 1);
  EXPECT_TRUE(made);
  EXPECT_EQ(views_.checkpoint.cursor, TableTail::after(3));
  EXPECT_EQ(views_.checkpoint.applied, 3);
}

TEST_F(Mend, WhoIsNotAskedFirstChangesNothing) {
  users(3);
  repeat_event(3);
  views_.rows.erase(user_key(1));
  make_plan();
  ASSERT_EQ(items_.size(), 2U);
  auto with = stores();
  with.before_record = [](const RepairSurvey& survey) -> Result<bool> {
    EXPECT_EQ(survey.places, (EventPlaces{{4, Uuid()}}));
    return invalid("--renew-topics", "no");
  };
  EXPECT_THAT(mended(with), fails_with(ErrorCode::kInvalid));
  EXPECT_EQ(record_.events.size(), 4U);
  EXPECT_FALSE(views_.rows.contains(user_key(1)));
}

TEST_F(Mend, WhoLosesTheStoresStops) {
  users(3);
  views_.rows.erase(user_key(1));
  make_plan();
  auto with = stores();
  with.still_owned = [] { return Status(make_error(ErrorCode::kVersionConflict, "lost")); };
  EXPECT_THAT(mended(with), fails_with(ErrorCode::kVersionConflict));
  EXPECT_FALSE(views_.rows.contains(user_key(1)));
}

}  // namespace
}  // namespace cqrs
