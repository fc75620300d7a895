// Verification as of a cut, beside writes that go on, and of what is too young.
#include "tests/unit/verify/small_system.h"

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class Cut : public SmallSystem {};

TEST_F(Cut, AWholeSystemPassesAtEveryPosition) {
  users(5);
  execute({rename_user(2, "Eve"), rename_user(2, "Zoe"), rename_user(4, "Max")});
  project();
  for (Position cut = 1; cut <= 8; ++cut) {
    const auto report = verified_as_of(cut);
    EXPECT_EQ(report.verdict, Verdict::kPass) << cut;
    EXPECT_EQ(report.as_of, cut);
    EXPECT_EQ(report.head, 8);
  }
}

TEST_F(Cut, APositionOutsideOfTheRecordIsRefusedNamingTheHead) {
  users(3);
  for (const Position cut : {0, 4}) {
    VerifyInput as_of = input();
    as_of.as_of = cut;
    const auto report = verify(as_of);
    ASSERT_THAT(report, fails_with(ErrorCode::kInvalid));
    EXPECT_NE(report.error().message.find("head is 3"), std::string::npos);
  }
}

TEST_F(Cut, ViewsNeedToHaveOnlyWhatIsBeforeTheCut) {
  users(3);
  execute({create_user(4), rename_user(1, "Eve")});
  EXPECT_EQ(verified_as_of(3).verdict, Verdict::kPass);
  EXPECT_EQ(verified_as_of(4).verdict, Verdict::kInconclusive);
  EXPECT_EQ(verified().verdict, Verdict::kInconclusive);
}

TEST_F(Cut, ARowThatIsLostAfterTheCutIsNotJudged) {
  users(4);
  views_.rows.erase(user_key(4));
  EXPECT_EQ(verified_as_of(3).verdict, Verdict::kPass);
  EXPECT_EQ(verified_as_of(4).findings.count(Difference::kLost), 1);
}

TEST_F(Cut, ARowThatIsStaleSinceAfterTheCutIsNotJudged) {
  users(3);
  const ViewRow old = row(2);
  execute({rename_user(2, "Eve")});
  project();
  row(2) = old;
  EXPECT_EQ(verified_as_of(3).verdict, Verdict::kPass);
  EXPECT_EQ(verified_as_of(4).findings.count(Difference::kStale), 1);
}

TEST_F(Cut, AnEventThatIsLostAfterTheCutIsNotJudged) {
  users(3);
  execute({rename_user(1, "Eve"), rename_user(1, "Zoe"), rename_user(1, "Max")});
  project();
  lose_event(5);
  EXPECT_EQ(verified_as_of(3).verdict, Verdict::kPass);
  EXPECT_EQ(verified_as_of(4).verdict, Verdict::kPass);
  EXPECT_EQ(verified_as_of(5).findings.count(Difference::kLost), 1);
  EXPECT_EQ(verified_as_of(6).findings.count(Difference::kLost), 1);
}

TEST_F(Cut, ALastEventThatIsLostIsJudgedAtItsPosition) {
  users(3);
  execute({rename_user(1, "Eve"), create_user(4)});
  project();
  lose_event(4);
  EXPECT_EQ(verified_as_of(3).verdict, Verdict::kPass);
  const auto report = verified_as_of(4);
  ASSERT_EQ(report.findings.total(), 1);
  EXPECT_EQ(report.findings.first.front().position, 4);
  EXPECT_EQ(report.findings.first.front().entity, user_key(1));
}

TEST_F(Cut, EventsExchangedAfterTheCutAreNotJudged) {
  users(3);
  execute({rename_user(1, "Eve"), rename_user(1, "Zoe")});
  project();
  swap_events(4, 5);
  EXPECT_EQ(verified_as_of(3).verdict, Verdict::kPass);
  EXPECT_EQ(verified_as_of(5).findings.count(Difference::kOrder), 1);
}

TEST_F(Cut, AStreamThatHoldsALaterVersionIsComparedAtThatVersion) {
  users(2);
  execute({rename_user(1, "Eve")});
  project();
  std::string& state = stream(1).state;
  state.replace(state.find("Eve"), 3, "Bob");
  const auto report = verified_as_of(1);
  ASSERT_GE(report.findings.total(), 1);
  EXPECT_EQ(report.findings.first.front().field, "personal.name");
  EXPECT_EQ(report.findings.first.front().expected_version, 2);
}

class Holes : public SmallSystem {};

TEST_F(Holes, AnEntityThatVanishedAltogetherIsNamedByItsPosition) {
  users(4);
  lose_event(2);
  record_.streams.erase(user_key(2));
  views_.rows.erase(user_key(2));
  const auto report = verified();
  ASSERT_EQ(report.findings.total(), 1);
  const Finding& finding = report.findings.first.front();
  EXPECT_EQ(finding.kind, Difference::kLost);
  EXPECT_EQ(finding.position, 2);
  EXPECT_TRUE(finding.entity.id.is_nil());
}

// Counting all events would take the new ones for the missing one.
TEST_F(Holes, EventsThatArriveMeanwhileHideNoHole) {
  users(4);
  lose_event(2);
  record_.streams.erase(user_key(2));
  views_.rows.erase(user_key(2));
  bool arrived = false;
  before_ = [&](const std::string& read) {
    if (read != "record.page" || arrived) return;
    arrived = true;
    execute({create_user(9)});
  };
  EXPECT_EQ(verified().findings.count(Difference::kLost), 1);
}

TEST_F(Holes, SeveralLostEventsOfOneEntityAreOneDifference) {
  users(2);
  execute({rename_user(1, "A"), rename_user(1, "B"), rename_user(1, "C"), rename_user(1, "D")});
  project();
  lose_event(4);
  lose_event(5);
  EXPECT_EQ(verified().findings.total(), 1);
}

class BesideWrites : public SmallSystem {
 protected:
  // Another version of user 1 before every read of this kind, and before every page of streams, so
  // that there is always something to look at again.
  void write_before(const std::string& which, bool apply) {
    before_ = [this, which, apply](const std::string& read) {
      if ((read != which && read != "streams.page") || writing_) return;
      writing_ = true;
      execute({rename_user(1, "Name " + std::to_string(++writes_))});
      if (apply) project();
      writing_ = false;
    };
  }
  bool writing_ = false;
  int writes_ = 0;
};

TEST_F(BesideWrites, NoReadThatIsOvertakenMakesADifference) {
  for (const char* read :
       {"streams.fetch", "streams.page", "streams.sums", "record.page", "record.stream",
        "record.head", "views.fetch", "views.page", "views.position", "views.sums"}) {
    for (const bool apply : {false, true}) {
      for (const CompareMode mode : {CompareMode::kDigests, CompareMode::kDeep}) {
        SCOPED_TRACE(read);
        before_ = [](const std::string&) {};
        record_ = memory::MemoryRecord();
        views_ = memory::MemoryViews();
        users(3);
        write_before(read, apply);
        EXPECT_EQ(verified(input(mode)).findings.total(), 0);
        EXPECT_GT(writes_, 0);
      }
    }
  }
}

TEST_F(BesideWrites, ARealDifferenceIsFoundWhileItsEntityChanges) {
  users(3);
  row(1).body.replace(row(1).body.find("User 1"), 6, "User 2");
  write_before("streams.fetch", false);
  const auto report = verified();
  ASSERT_EQ(report.findings.total(), 1);
  EXPECT_EQ(report.findings.first.front().field, "personal.name");
}

class TooYoung : public SmallSystem {
 protected:
  VerifyReport verified_with_age(std::int64_t micros) {
    VerifyInput aged = input();
    aged.young_after.micros = kNow.micros - micros;
    return verified(aged);
  }
};

TEST_F(TooYoung, DifferencesOfYoungEntitiesAreCountedAndNotJudged) {
  users(3);
  views_.rows.erase(user_key(1));
  row(2).digest.low += 1;
  stream(3).version = 1;
  stream(3).digest.low += 1;
  const auto young = verified_with_age(1);
  EXPECT_EQ(young.findings.total(), 0);
  EXPECT_GE(young.findings.too_young, 3);
  EXPECT_EQ(young.verdict, Verdict::kInconclusive);
  EXPECT_NE(young.reason.find("--min-age"), std::string::npos);
  EXPECT_GE(verified_with_age(0).findings.total(), 3);
}

TEST_F(TooYoung, AWholeSystemPassesHoweverYoung) {
  users(3);
  EXPECT_EQ(verified_with_age(1'000'000).verdict, Verdict::kPass);
}

TEST_F(TooYoung, AGapOfAYoungEntityIsNotReportedAsAHoleInstead) {
  users(2);
  execute({rename_user(1, "A"), rename_user(1, "B")});
  project();
  lose_event(3);
  const auto report = verified_with_age(1);
  EXPECT_EQ(report.findings.total(), 0);
  EXPECT_EQ(report.findings.too_young, 1);
}

class Extra : public SmallSystem {};

TEST_F(Extra, ChecksOfAViewAreEdgesOfADeepVerification) {
  users(2);
  view_source_.extra = {{"users view = search index", [](Findings& findings) {
                           Finding finding;
                           finding.entity = user_key(2);
                           finding.place = FindingPlace::kExtra;
                           findings.add(std::move(finding));
                           return Result<std::int64_t>(2);
                         }}};
  const auto report = verified();
  ASSERT_EQ(report.edges.size(), 5U);
  EXPECT_EQ(report.edges.back().name, "users view = search index");
  EXPECT_EQ(report.edges.back().compared, 2);
  EXPECT_EQ(report.edges.back().differences, 1);
  EXPECT_EQ(report.verdict, Verdict::kFail);
  EXPECT_EQ(verified(input(CompareMode::kDigests)).verdict, Verdict::kPass);
}

TEST_F(Extra, ProgressThatSaysStopEndsTheVerification) {
  users(2);
  VerifyInput stopped = input();
  stopped.progress = [](std::int64_t) { return false; };
  EXPECT_THAT(verify(stopped), fails_with(ErrorCode::kTimeout));
}

}  // namespace
}  // namespace cqrs
