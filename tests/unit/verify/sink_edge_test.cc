// The edge sink collection = events, over copies of a real record that are spoilt one at a time.
#include "core/verify/sink_edge.h"

#include "core/adapters/memory/stores.h"

#include "tests/unit/verify/memory_copies.h"
#include "tests/unit/verify/small_system.h"

#include <limits>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class SinkEdgeTest : public SmallSystem {
 protected:
  // Positions 1 … count of users, the first of which is then renamed twice; all of them copied.
  void copied_users(std::uint64_t count) {
    users(count);
    execute({rename_user(1, "Eve"), rename_user(1, "Zoe")});
    project();
    copy();
  }
  // What is committed and not copied yet.
  void copy() {
    for (const auto& event : record_.events) {
      if (event.position > copies_.complete) copies_.add(event);
    }
    copies_.complete = head();
  }
  [[nodiscard]] Position head() const { return static_cast<Position>(record_.events.size()); }

  EventCopy& copy_at(Position position) {
    return *std::find_if(copies_.copies.begin(), copies_.copies.end(),
                         [&](const EventCopy& each) { return each.event.position == position; });
  }
  void remove(Position position) {
    std::erase_if(copies_.copies,
                  [&](const EventCopy& each) { return each.event.position == position; });
  }

  SinkCheck checked(Position up_to, const std::function<bool()>& keep_waiting = {}) {
    findings_ = Findings();
    auto check = check_sink({copies_, *history_, keep_waiting}, up_to, findings_);
    EXPECT_THAT(check, is_ok());
    return check ? *check : SinkCheck();
  }
  SinkCheck checked() { return checked(head()); }
  Finding the_finding() {
    EXPECT_EQ(findings_.total(), 1);
    return findings_.first.empty() ? Finding() : findings_.first.front();
  }
  VerifyInput with_copies(CompareMode mode = CompareMode::kDigests) {
    VerifyInput with = input(mode);
    with.copies = &copies_;
    with.history = history_.get();
    return with;
  }
  static const EdgeReport* edge_of(const VerifyReport& report) {
    for (const auto& edge : report.edges) {
      if (edge.name == "sink collection = events") return &edge;
    }
    return nullptr;
  }

  MemoryCopies copies_;
  std::unique_ptr<History> history_ = memory::open_history(record_);
  Findings findings_;
};

TEST_F(SinkEdgeTest, WhatWasBroughtIsEqual) {
  copied_users(5);
  const auto check = checked();
  EXPECT_EQ(findings_.total(), 0);
  EXPECT_EQ(check.compared, 7);
  EXPECT_EQ(check.complete_to, 7);
  EXPECT_EQ(check.behind, 0);
}

TEST_F(SinkEdgeTest, AnEmptySystemIsEqual) {
  EXPECT_EQ(checked(0).compared, 0);
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(SinkEdgeTest, AnEventThatIsNotThereIsLost) {
  copied_users(5);
  remove(3);
  const auto check = checked();
  EXPECT_EQ(the_finding().kind, Difference::kLost);
  EXPECT_EQ(the_finding().entity, user_key(3));
  EXPECT_EQ(the_finding().position, 3);
  EXPECT_EQ(the_finding().store, "sink collection");
  EXPECT_EQ(check.compared, 7);
  EXPECT_EQ(check.behind, 0);
}

TEST_F(SinkEdgeTest, TheLastEventIsLostAsWellAsAnyOther) {
  copied_users(5);
  remove(7);
  checked();
  EXPECT_EQ(the_finding().kind, Difference::kLost);
  EXPECT_EQ(the_finding().position, 7);
}

TEST_F(SinkEdgeTest, EveryPartOfACopyIsComparedAndNamed) {
  copied_users(5);
  const EventCopy whole = copy_at(3);
  const auto expect_field = [&](const std::string& field, const auto& spoil) {
    auto& copy = copies_.copies.at(2);
    spoil(copy);
    checked();
    EXPECT_EQ(the_finding().kind, Difference::kField) << field;
    EXPECT_EQ(the_finding().field, field);
    EXPECT_EQ(the_finding().entity, user_key(3));
    copy = whole;
  };
  expect_field("type", [](EventCopy& copy) { copy.event.type = "unreadable"; });
  expect_field("schema_version", [](EventCopy& copy) { copy.event.schema_version = 9; });
  expect_field("version", [](EventCopy& copy) { copy.event.version = 2; });
  expect_field("stream", [](EventCopy& copy) { copy.event.stream = user_key(4); });
  expect_field("recorded_micros", [](EventCopy& copy) { ++copy.event.recorded_at.micros; });
  expect_field("data.personal.name", [](EventCopy& copy) {
    copy.event.data.replace(copy.event.data.find("User 3"), 6, "User 4");
  });
  // On the same page, on none at all, and where something else stands.
  for (const Position other : {5, 99, 0}) {
    expect_field("position", [&](EventCopy& copy) { copy.event.position = other; });
  }
  expect_field("data", [](EventCopy& copy) {
    copy.event.data.clear();
    copy.unreadable = "data";
  });
  expect_field("position", [](EventCopy& copy) {
    copy.event.position = 0;
    copy.unreadable = "position";
  });
  checked();
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(SinkEdgeTest, AnEventThatNobodyRecordedIsAPhantom) {
  copied_users(5);
  Event made_up = event_at(4);
  made_up.event_id = an_id(Kind::kUser, 77);
  made_up.stream = user_key(77);
  for (const Position position : {2, 8, 0, -1}) {
    made_up.position = position;
    copies_.add(made_up);
    checked();
    EXPECT_EQ(the_finding().kind, Difference::kPhantom) << position;
    EXPECT_EQ(the_finding().entity, user_key(77));
    copies_.copies.pop_back();
  }
}

TEST_F(SinkEdgeTest, WhatCannotBeAnEventIsAPhantom) {
  copied_users(5);
  EventCopy nothing;
  nothing.id = "seven";
  nothing.unreadable = "type";
  nothing.event.version = std::numeric_limits<std::int64_t>::min();
  copies_.copies.push_back(nothing);
  checked();
  EXPECT_EQ(the_finding().kind, Difference::kPhantom);
  EXPECT_NE(the_finding().actual.find("seven"), std::string::npos) << the_finding().actual;
}

TEST_F(SinkEdgeTest, TheSameEventUnderAnotherIdIsADuplicate) {
  copied_users(5);
  EventCopy again = copy_at(6);
  again.id = "elsewhere";
  again.event.event_id = Uuid{};
  copies_.copies.push_back(again);
  checked();
  EXPECT_EQ(the_finding().kind, Difference::kDuplicate);
  EXPECT_EQ(the_finding().entity, user_key(1));
  // Ids are texts to the store, which tells capitals apart.
  copies_.copies.back().event.event_id = event_at(6).event_id;
  checked();
  EXPECT_EQ(the_finding().kind, Difference::kDuplicate);
}

TEST_F(SinkEdgeTest, WhatIsNotBroughtYetIsWaitedFor) {
  copied_users(5);
  execute({rename_user(2, "Max")});
  project();
  int waits = 0;
  const auto check = checked(8, [&] {
    if (++waits == 3) copy();
    return true;
  });
  EXPECT_EQ(waits, 3);
  EXPECT_EQ(findings_.total(), 0);
  EXPECT_EQ(check.compared, 8);
}

TEST_F(SinkEdgeTest, WhatIsNotBroughtInTimeIsBehindAndMakesNoVerdict) {
  copied_users(5);
  execute({rename_user(2, "Max")});
  project();
  const auto check = checked(8, [] { return false; });
  EXPECT_EQ(findings_.total(), 0);
  EXPECT_EQ(check.compared, 7);
  EXPECT_EQ(check.behind, 1);
  const auto report = verified(with_copies());
  EXPECT_EQ(report.verdict, Verdict::kInconclusive);
  EXPECT_NE(report.reason.find("the sink collection lacks 1 of the events up to position 8"),
            std::string::npos)
      << report.reason;
  VerifyInput as_of = with_copies();
  as_of.as_of = 7;
  EXPECT_EQ(verified(as_of).verdict, Verdict::kPass);
}

TEST_F(SinkEdgeTest, AWordThatIsMissingIsNoDifferenceWhereAllOfItIsThere) {
  copied_users(5);
  copies_.complete = 0;
  EXPECT_EQ(verified(with_copies()).verdict, Verdict::kPass);
  remove(3);
  EXPECT_EQ(verified(with_copies()).verdict, Verdict::kInconclusive);
}

TEST_F(SinkEdgeTest, WhatIsBroughtBetweenTwoReadsIsNoDifference) {
  copied_users(5);
  const EventCopy late = copy_at(3);
  remove(3);
  copies_.before = [&](const std::string& read) {
    if (read == "find") copies_.copies.push_back(late);
  };
  checked();
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(SinkEdgeTest, WhatIsCommittedAndBroughtMeanwhileIsNoPhantom) {
  copied_users(5);
  std::uint64_t made = 100;
  copies_.before = [&](const std::string&) {
    execute({create_user(++made)});
    copy();
  };
  EXPECT_EQ(checked(7).compared, 7);
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(SinkEdgeTest, TenThousandEventsAreComparedInPagesAndALossAmongThemIsFound) {
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
  copy();
  EXPECT_EQ(checked().compared, 10'000);
  EXPECT_EQ(findings_.total(), 0);
  // Another page than its own: told once, where it belongs.
  copy_at(4'000).event.position = 9'000;
  remove(7'777);
  checked();
  EXPECT_EQ(findings_.total(), 2);
  EXPECT_EQ(findings_.count(Difference::kLost), 1);
  EXPECT_EQ(findings_.count(Difference::kField), 1);
  EXPECT_EQ(findings_.first.front().position, 4'000);
}

TEST_F(SinkEdgeTest, VerifyChecksTheSinkWhereItChecksOrderAndThereIsOne) {
  copied_users(3);
  EXPECT_EQ(edge_of(verified()), nullptr);
  EXPECT_EQ(edge_of(verified(with_copies(CompareMode::kDeep)))->compared, 5);
  VerifyInput views_only = with_copies();
  views_only.checks.order = false;
  EXPECT_EQ(edge_of(verified(views_only)), nullptr);
  remove(2);
  EXPECT_EQ(verified(with_copies()).verdict, Verdict::kFail);
}

TEST_F(SinkEdgeTest, DifferencesOfYoungEventsAreCountedAndNotJudged) {
  copied_users(3);
  remove(2);
  VerifyInput aged = with_copies();
  aged.young_after.micros = kNow.micros - 1;
  EXPECT_EQ(verified(aged).findings.too_young, 1);
  EXPECT_EQ(verified(aged).verdict, Verdict::kInconclusive);
}

}  // namespace
}  // namespace cqrs
