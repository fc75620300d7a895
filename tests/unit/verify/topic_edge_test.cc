// The edge topics = events, over a real relay's topics that are then spoilt one entry at a time.
#include "tests/unit/verify/published_system.h"

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class TopicEdgeTest : public PublishedSystem {};

TEST_F(TopicEdgeTest, WhatWasPublishedIsEqual) {
  published_users(5);
  const auto check = checked();
  EXPECT_EQ(findings_.total(), 0);
  EXPECT_EQ(check.compared, 7);
  EXPECT_EQ(check.first_position, 1);
  EXPECT_EQ(check.complete_to, 7);
  EXPECT_EQ(check.duplicates, 0);
  EXPECT_EQ(check.behind, 0);
}

TEST_F(TopicEdgeTest, AnEmptySystemIsEqual) {
  EXPECT_EQ(checked(0).compared, 0);
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(TopicEdgeTest, AnEventThatTheTopicsLackIsLost) {
  published_users(5);
  partition_at(3).erase(entry(3));
  const auto check = checked();
  const Finding finding = the_finding();
  EXPECT_EQ(finding.kind, Difference::kLost);
  EXPECT_EQ(finding.entity, user_key(3));
  EXPECT_EQ(finding.position, 3);
  EXPECT_EQ(check.compared, 7);
  EXPECT_EQ(check.behind, 0);
}

TEST_F(TopicEdgeTest, AnEventBeyondTheHeadIsAPhantom) {
  published_users(5);
  Event made_up = event_at(4);
  made_up.position = 8;
  append(made_up);
  checked();
  EXPECT_EQ(the_finding().kind, Difference::kPhantom);
  EXPECT_EQ(findings_.first.front().position, 8);
}

// Topics that never end: before every page something is committed and published.
TEST_F(TopicEdgeTest, ReadingEndsBesideWritesThatGoOnAndTheyAreNoPhantoms) {
  struct Growing final : EventLog {
    Growing(EventLog& below, std::function<void()> write) : topics(below), grow(std::move(write)) {}
    Result<LogPage> read(const Cursor& cursor, std::size_t /*max*/) override {
      grow();
      return topics.read(cursor, 2);
    }
    EventLog& topics;
    std::function<void()> grow;
  };
  published_users(5);
  std::uint64_t made = 100;
  Growing growing(*log_, [&] {
    execute({create_user(++made)});
    publish();
  });
  const auto check = check_topics({growing, *history_, {}}, 7, findings_);
  ASSERT_THAT(check, is_ok());
  EXPECT_EQ(check->compared, 7);
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(TopicEdgeTest, AnotherEventAtAPositionIsAPhantomAndTheRecordedOneIsLost) {
  published_users(5);
  published(2).event_id = an_id(Kind::kUser, 77);
  checked();
  EXPECT_EQ(findings_.total(), 2);
  EXPECT_EQ(findings_.count(Difference::kPhantom), 1);
  EXPECT_EQ(findings_.count(Difference::kLost), 1);
}

TEST_F(TopicEdgeTest, AnotherEventBesideTheRecordedOneIsAPhantomAlone) {
  published_users(5);
  Event other = event_at(2);
  other.event_id = an_id(Kind::kUser, 77);
  append(other);
  const auto check = checked();
  EXPECT_EQ(the_finding().kind, Difference::kPhantom);
  EXPECT_EQ(check.duplicates, 0);
}

TEST_F(TopicEdgeTest, AnEventThatTheRecordLostIsAPhantom) {
  published_users(5);
  record_.events.erase(record_.events.begin() + 2);
  checked(7);
  EXPECT_EQ(the_finding().kind, Difference::kPhantom);
  EXPECT_EQ(findings_.first.front().position, 3);
}

TEST_F(TopicEdgeTest, OtherDataIsNamedByItsField) {
  published_users(5);
  std::string& data = published(7).data;
  ASSERT_NE(data.find("Zoe"), std::string::npos) << data;
  data.replace(data.find("Zoe"), 3, "Bob");
  const auto check = checked();
  const Finding finding = the_finding();
  EXPECT_EQ(finding.kind, Difference::kField);
  EXPECT_EQ(finding.entity, user_key(1));
  EXPECT_EQ(finding.field, "data.personal.name");
  EXPECT_EQ(finding.expected, "\"Zoe\"");
  EXPECT_EQ(finding.actual, "\"Bob\"");
  EXPECT_EQ(check.looked_at, 1);
}

TEST_F(TopicEdgeTest, EveryOtherPartOfAnEventIsComparedToo) {
  published_users(5);
  const Event whole = published(3);
  const auto expect_field = [&](const std::string& field) {
    checked();
    EXPECT_EQ(the_finding().kind, Difference::kField) << field;
    EXPECT_EQ(the_finding().field, field);
    published(3) = whole;
  };
  published(3).type = "unreadable";
  expect_field("type");
  published(3).schema_version = 9;
  expect_field("schema_version");
  published(3).version = 2;
  expect_field("version");
  published(3).data += " ";
  expect_field("data");
}

TEST_F(TopicEdgeTest, ACopyWithOtherContentIsNoDuplicate) {
  published_users(5);
  Event copy = event_at(5);
  copy.data.replace(copy.data.find("User 5"), 6, "User 6");
  append(copy);
  const auto check = checked();
  EXPECT_EQ(the_finding().kind, Difference::kField);
  EXPECT_EQ(check.duplicates, 0);
}

TEST_F(TopicEdgeTest, EventsOfOneEntityThatChangedPlacesAreOutOfOrder) {
  published_users(5);
  std::swap(published(6), published(7));
  checked();
  const Finding finding = the_finding();
  EXPECT_EQ(finding.kind, Difference::kOrder);
  EXPECT_EQ(finding.entity, user_key(1));
  EXPECT_EQ(finding.position, 6);
}

TEST_F(TopicEdgeTest, CopiesBehindTheirFirstOccurrenceAreCountedAndPass) {
  published_users(5);
  for (const Position position : {2, 6, 6}) append(event_at(position));
  const auto check = checked();
  EXPECT_EQ(findings_.total(), 0);
  EXPECT_EQ(check.duplicates, 3);
  const auto report = verified(with_topics());
  EXPECT_EQ(report.verdict, Verdict::kPass);
  ASSERT_NE(edge_of(report), nullptr);
  EXPECT_EQ(edge_of(report)->duplicates, 3);
}

TEST_F(TopicEdgeTest, WhatIsNotPublishedYetIsWaitedFor) {
  published_users(5);
  execute({rename_user(2, "Max")});
  project();
  int waits = 0;
  const auto check = checked(8, [&] {
    if (++waits == 3) publish();
    return true;
  });
  EXPECT_EQ(waits, 3);
  EXPECT_EQ(findings_.total(), 0);
  EXPECT_EQ(check.compared, 8);
  EXPECT_EQ(check.behind, 0);
}

TEST_F(TopicEdgeTest, WhatIsNotPublishedInTimeIsBehindAndMakesNoVerdict) {
  published_users(5);
  execute({rename_user(2, "Max")});
  project();
  const auto check = checked(8, [] { return false; });
  EXPECT_EQ(findings_.total(), 0);
  EXPECT_EQ(check.compared, 7);
  EXPECT_EQ(check.behind, 1);
  const auto report = verified(with_topics());
  EXPECT_EQ(report.verdict, Verdict::kInconclusive);
  EXPECT_NE(report.reason.find("lack 1 of the events up to position 8"), std::string::npos)
      << report.reason;
  VerifyInput as_of = with_topics();
  as_of.as_of = 7;
  EXPECT_EQ(verified(as_of).verdict, Verdict::kPass);
}

TEST_F(TopicEdgeTest, TopicsWithoutTheirBeginningAreNotComparedAndSayWhy) {
  published_users(5);
  topic_.removed[memory::partition_of(topic_, user_key(1).id)] = 1;
  const auto check = checked();
  EXPECT_EQ(check.compared, 0);
  EXPECT_EQ(check.first_position, 0);
  EXPECT_EQ(check.not_compared.rfind("topics begin after retention: not compared", 0), 0U);
  const auto report = verified(with_topics());
  EXPECT_EQ(report.verdict, Verdict::kPass);
  EXPECT_EQ(report.reason, check.not_compared);
  EXPECT_EQ(edge_of(report)->note, check.not_compared);
}

TEST_F(TopicEdgeTest, TenThousandEventsAreComparedInPagesAndALossAmongThemIsFound) {
  constexpr std::uint64_t kUsers = 5'000;
  std::vector<Command> commands;
  for (std::uint64_t i = 1; i <= kUsers; ++i) {
    commands.push_back(create_user(i));
    commands.push_back(rename_user(i, "Name " + std::to_string(i)));
    if (commands.size() == 500) {
      execute(commands);
      commands.clear();
    }
  }
  publish();
  EXPECT_EQ(checked().compared, 10'000);
  EXPECT_EQ(findings_.total(), 0);
  partition_at(7'777).erase(entry(7'777));
  checked();
  EXPECT_EQ(the_finding().position, 7'777);
}

TEST_F(TopicEdgeTest, VerifyChecksTheTopicsWhereItChecksOrderAndTheyAreThere) {
  published_users(3);
  EXPECT_EQ(edge_of(verified()), nullptr);
  EXPECT_EQ(edge_of(verified(with_topics(CompareMode::kDeep)))->compared, 5);
  VerifyInput views_only = with_topics();
  views_only.checks.order = false;
  EXPECT_EQ(edge_of(verified(views_only)), nullptr);
  partition_at(2).erase(entry(2));
  EXPECT_EQ(verified(with_topics()).verdict, Verdict::kFail);
}

TEST_F(TopicEdgeTest, DifferencesOfYoungEventsAreCountedAndNotJudged) {
  published_users(3);
  partition_at(2).erase(entry(2));
  VerifyInput aged = with_topics();
  aged.young_after.micros = kNow.micros - 1;
  EXPECT_EQ(verified(aged).findings.too_young, 1);
  EXPECT_EQ(verified(aged).verdict, Verdict::kInconclusive);
}

}  // namespace
}  // namespace cqrs
