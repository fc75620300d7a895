// Whether topics agree with what a repair will leave in the record, over a real relay's topics, and
// what a plan says of topics that differ.
#include "core/verify/topic_places.h"

#include "core/verify/repair_planner.h"

#include "tests/unit/verify/published_system.h"

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class TopicPlaces : public PublishedSystem {
 protected:
  Result<std::string> against(const EventPlaces& places, Position published = 7) {
    return disagreement(*log_, places, published, [] { return Status(); });
  }
  std::string said(const EventPlaces& places, Position published = 7) {
    auto why = against(places, published);
    EXPECT_THAT(why, is_ok());
    return why ? *why : "an error";
  }
  std::vector<RepairItem> planned() {
    const auto report = verified(with_topics(CompareMode::kDeep));
    std::vector<RepairItem> items;
    const VerifyLane lane{&streams_, &view_source_, &audit_};
    EXPECT_THAT(plan_repair(lane, report.findings,
                            [&](const RepairItem& item) -> Status {
                              items.push_back(item);
                              return {};
                            }),
                is_ok());
    return items;
  }
};

TEST_F(TopicPlaces, WhatWasPublishedAsItWillBeAgrees) {
  published_users(5);
  EXPECT_EQ(said({{3, event_at(3).event_id}, {7, event_at(7).event_id}}), "");
  EXPECT_EQ(said({}), "");
}

TEST_F(TopicPlaces, AnotherEventAtThePlaceDisagreesAndIsNamed) {
  published_users(5);
  const std::string why = said({{3, event_at(4).event_id}});
  EXPECT_NE(why.find("position 3"), std::string::npos) << why;
  EXPECT_NE(why.find(to_string(user_key(3).id)), std::string::npos) << why;
}

TEST_F(TopicPlaces, AnEventWhereNoneWillBeDisagrees) {
  published_users(5);
  EXPECT_NE(said({{7, Uuid()}}), "");
  EXPECT_EQ(said({{8, Uuid()}}), "") << "it was not published";
}

TEST_F(TopicPlaces, APublishedEventThatIsMissingDisagreesAndOneToComeDoesNot) {
  published_users(5);
  partition_at(3).erase(entry(3));
  EXPECT_NE(said({{3, event_at(3).event_id}}).find("lack"), std::string::npos);
  EXPECT_EQ(said({{8, make_uuid_v7(1, 2, 3)}}), "");
}

TEST_F(TopicPlaces, TopicsThatLostTheirBeginningCannotTell) {
  published_users(5);
  for (auto& removed : topic_.removed) removed = 1;
  EXPECT_NE(said({{3, event_at(3).event_id}}).find("nobody can tell"), std::string::npos);
}

TEST_F(TopicPlaces, TopicsThatDoNotReachWhatWasPublishedAreUnavailable) {
  published_users(5);
  EXPECT_THAT(against({{3, event_at(3).event_id}}, 8), fails_with(ErrorCode::kUnavailable));
}

TEST_F(TopicPlaces, ThePlanGivesTopicsThatDifferAloneAnewOnce) {
  published_users(5);
  published(3).type = "user.updated";
  partition_at(4).erase(entry(4));
  const auto items = planned();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items.front().action, RepairAction::kRenewTopics);
  std::string line;
  append_repair_item(line, items.front());
  const auto back = parse_repair_item(line);
  ASSERT_THAT(back, is_ok()) << line;
  EXPECT_EQ(back->action, RepairAction::kRenewTopics);
}

TEST_F(TopicPlaces, WhereTheRecordLacksEventsThePlanKeepsTheTopics) {
  published_users(5);
  lose_event(3);
  const auto items = planned();
  EXPECT_FALSE(items.empty());
  for (const auto& item : items) EXPECT_NE(item.action, RepairAction::kRenewTopics);
  EXPECT_TRUE(std::any_of(items.begin(), items.end(), [](const RepairItem& item) {
    return item.reason.find("keep") != std::string::npos;
  }));
}

TEST_F(TopicPlaces, WhereEventsArePutRightTheTopicsMayBeRightAlready) {
  published_users(5);
  swap_events(6, 7);
  for (const auto& item : planned()) EXPECT_NE(item.action, RepairAction::kRenewTopics);
}

}  // namespace
}  // namespace cqrs
