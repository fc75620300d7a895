// What a repair plan holds for each kind of damage, and that it survives being written down.
#include "core/project/project_one.h"
#include "core/verify/repair_planner.h"

#include "tests/support/history.h"
#include "tests/unit/verify/small_system.h"

#include <map>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class RepairPlan : public SmallSystem {
 protected:
  std::vector<RepairItem> planned() {
    const auto report = verified();
    std::vector<RepairItem> items;
    const VerifyLane lane{&streams_, &view_source_, &audit_};
    const auto status = plan_repair(lane, report.findings, [&](const RepairItem& item) -> Status {
      items.push_back(item);
      return {};
    });
    EXPECT_THAT(status, is_ok());
    return items;
  }
  RepairItem only() {
    const auto items = planned();
    EXPECT_EQ(items.size(), 1U);
    return items.empty() ? RepairItem() : items.front();
  }
};

TEST_F(RepairPlan, ASoundSystemNeedsNothing) {
  users(3);
  EXPECT_TRUE(planned().empty());
}

TEST_F(RepairPlan, ALostRowIsWrittenAsTheProjectorWroteIt) {
  users(3);
  execute({rename_user(2, "Eve")});
  project();
  const ViewRow before = row(2);
  views_.rows.erase(user_key(2));
  const RepairItem item = only();
  EXPECT_EQ(item.action, RepairAction::kPutView);
  EXPECT_EQ(item.difference, Difference::kLost);
  EXPECT_FALSE(item.seen.has_value());
  EXPECT_EQ(item.row, before);
}

TEST_F(RepairPlan, AStaleRowAndAWrongFieldAreWrittenOverWhatWasSeen) {
  users(3);
  const ViewRow old = row(2);
  execute({rename_user(2, "Eve")});
  project();
  const ViewRow right = row(2);
  row(2) = old;
  ViewRow& wrong = row(3);
  const ViewRow unspoilt = wrong;
  wrong.body.replace(wrong.body.find("User 3"), 6, "User X");
  std::map<StreamKey, RepairItem> items;
  for (auto& item : planned()) items[item.entity] = item;
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[user_key(2)].row, right);
  EXPECT_EQ(items[user_key(2)].seen, (SeenRow{1, old.digest}));
  EXPECT_EQ(items[user_key(3)].row, unspoilt);
}

TEST_F(RepairPlan, ARowThatNothingLedToIsTakenOut) {
  users(2);
  ViewRow phantom = row(1);
  phantom.key = user_key(77);
  views_.rows[phantom.key] = phantom;
  const RepairItem item = only();
  EXPECT_EQ(item.action, RepairAction::kRemoveView);
  EXPECT_EQ(item.entity, user_key(77));
  EXPECT_EQ(item.seen, (SeenRow{1, phantom.digest}));
}

TEST_F(RepairPlan, StreamsAreWrittenAsTheirEventsFold) {
  users(4);
  execute({rename_user(1, "Eve"), rename_user(2, "Zoe")});
  project();
  const std::map<StreamKey, StreamRecord> sound = record_.streams;
  record_.streams.erase(user_key(1));
  stream(2).version = 1;
  stream(3).state.replace(stream(3).state.find("User 3"), 6, "User X");
  std::map<StreamKey, RepairItem> items;
  for (auto& item : planned()) {
    if (item.action == RepairAction::kPutStream) items[item.entity] = item;
    EXPECT_NE(item.action, RepairAction::kRemoveView) << "a row whose events are there";
  }
  ASSERT_EQ(items.size(), 3U);
  for (const auto& [key, item] : items) {
    const StreamRecord& right = sound.at(key);
    EXPECT_EQ(item.row.version, right.version);
    EXPECT_EQ(item.row.body, right.state);
    EXPECT_EQ(item.row.digest, right.digest);
    EXPECT_EQ(item.row.position, right.position);
  }
}

TEST_F(RepairPlan, ExchangedEventsGoBackToTheOrderOfTheirVersions) {
  users(3);
  execute({rename_user(2, "A"), rename_user(2, "B")});
  project();
  const Uuid first = event_at(4).event_id;
  swap_events(4, 5);
  const auto items = planned();
  ASSERT_FALSE(items.empty());
  ASSERT_EQ(items.front().action, RepairAction::kMoveEvents);
  ASSERT_EQ(items.front().events.size(), 2U);
  EXPECT_EQ(items.front().events.front(), (RepairEvent{first, 2, 5, 4}));
}

TEST_F(RepairPlan, CopiesAtTheEndAreTakenOutFromTheLastOne) {
  users(3);
  repeat_event(2);
  repeat_event(1);
  const auto items = planned();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].action, RepairAction::kRemoveEvent);
  EXPECT_EQ(items[0].events.front().from, 5);
  EXPECT_EQ(items[1].events.front().from, 4);
}

TEST_F(RepairPlan, ACopyAmidTheRecordIsBeyondRepair) {
  users(2);
  repeat_event(1);
  execute({create_user(3)});
  project();
  const RepairItem item = only();
  EXPECT_EQ(item.action, RepairAction::kNone);
  EXPECT_NE(item.reason.find("leaving a hole"), std::string::npos);
}

TEST_F(RepairPlan, ALostEventIsBeyondRepairAndNothingIsInvented) {
  users(3);
  execute({rename_user(2, "A"), rename_user(2, "B")});
  project();
  lose_event(4);
  views_.rows.erase(user_key(2));
  const RepairItem item = only();
  EXPECT_EQ(item.action, RepairAction::kNone);
  EXPECT_EQ(item.entity, user_key(2));
  EXPECT_NE(item.reason.find("no event for version 2"), std::string::npos);
}

TEST_F(RepairPlan, AHoleThatNobodyTellsOfIsBeyondRepair) {
  users(3);
  lose_event(2);
  record_.streams.erase(user_key(2));
  views_.rows.erase(user_key(2));
  const RepairItem item = only();
  EXPECT_EQ(item.action, RepairAction::kNone);
  EXPECT_NE(item.reason.find("position 2"), std::string::npos);
}

TEST_F(RepairPlan, EveryItemIsReadBackAsItWasWritten) {
  users(5);
  execute({rename_user(2, "A \"quoted\" ß"), rename_user(2, "B")});
  project();
  swap_events(6, 7);
  views_.rows.erase(user_key(1));
  ViewRow phantom = row(3);
  phantom.key = user_key(77);
  views_.rows[phantom.key] = phantom;
  record_.streams.erase(user_key(4));
  repeat_event(5);
  lose_event(3);
  const auto items = planned();
  EXPECT_GE(items.size(), 6U);
  for (const auto& item : items) {
    std::string line;
    append_repair_item(line, item);
    const auto back = parse_repair_item(line);
    ASSERT_THAT(back, is_ok()) << line;
    std::string again;
    append_repair_item(again, *back);
    EXPECT_EQ(again, line);
    EXPECT_EQ(back->events, item.events);
    EXPECT_EQ(back->seen, item.seen);
  }
}

TEST_F(RepairPlan, WhatIsNoPlanIsRefusedNamingTheField) {
  EXPECT_THAT(parse_repair_header("not json"), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(parse_repair_header(R"({"format":"cqrs-repair/9"})"),
              fails_with(ErrorCode::kInvalid));
  const auto item = parse_repair_item(R"({"action":"burn","difference":"lost"})");
  ASSERT_THAT(item, fails_with(ErrorCode::kInvalid));
  EXPECT_NE(item.error().message.find("action"), std::string::npos);
}

TEST(ProjectOne, GivesTheRowThatTheProjectorGives) {
  memory::MemoryRecord record;
  grow_history(record, 11, 400);
  const auto expected = fold_rows(record.events);
  std::map<StreamKey, std::vector<Event>> of_entity;
  for (const auto& event : record.events) of_entity[event.stream].push_back(event);
  ASSERT_EQ(of_entity.size(), expected.size());
  for (const auto& [key, events] : of_entity) {
    const auto row = project_one(events);
    ASSERT_THAT(row, is_ok());
    EXPECT_EQ(*row, expected.at(key));
  }
}

TEST(ProjectOne, SaysWhyAnEventCannotBeApplied) {
  Event event = an_event(1, user_key(1), 1, user_created(1));
  event.type = "user.abducted";
  const auto row = project_one({event});
  ASSERT_THAT(row, fails_with(ErrorCode::kCorrupt));
  EXPECT_NE(row.error().message.find("user.abducted"), std::string::npos);
}

}  // namespace
}  // namespace cqrs
