// What every record promises to those who read it: all events, in the one order, in this
// incarnation.
#include "core/write/command_handler.h"

#include "tests/support/backends.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class HistoryContract : public testing::TestWithParam<Backend<WriteSide>> {
 protected:
  void run(const std::vector<Command>& batch) {
    for (const auto& outcome : handler_.execute(batch)) ASSERT_THAT(outcome, is_ok());
  }
  // Two users, interleaved: positions 1 and 3 are user 1, 2 and 4 are user 2.
  void two_users() {
    run({create_user(1), create_user(2), rename_user(1, "Ada"), rename_user(2, "Bea")});
  }
  std::vector<Event> read(Position after, std::size_t max) {
    auto events = history_->read(after, max);
    EXPECT_THAT(events, is_ok());
    return *events;
  }
  static std::vector<Position> positions(const std::vector<Event>& events) {
    std::vector<Position> out;
    for (const auto& event : events) out.push_back(event.position);
    return out;
  }

  std::unique_ptr<WriteSide> side_ = GetParam().make();
  std::unique_ptr<WriteStore> store_ = side_->open_store();
  std::unique_ptr<History> history_ = side_->open_history();
  ManualClock clock_{kNow};
  CommandHandler handler_{*store_, clock_, 7};
};

TEST_P(HistoryContract, EmptyRecordHasHeadZeroAndNoEvents) {
  const auto head = history_->head();
  ASSERT_THAT(head, is_ok());
  EXPECT_EQ(*head, 0);
  EXPECT_TRUE(read(0, 10).empty());
}

TEST_P(HistoryContract, HeadIsTheLastCommittedPosition) {
  two_users();
  const auto head = history_->head();
  ASSERT_THAT(head, is_ok());
  EXPECT_EQ(*head, 4);
}

TEST_P(HistoryContract, EventIsReadAsItWasCommitted) {
  const Event event = an_event(1, user_key(1), 1, user_created(1));
  ASSERT_THAT(store_->transact({},
                               [&](const Loaded&) {
                                 Changes changes;
                                 changes.events.push_back(event);
                                 return changes;
                               }),
              is_ok());
  EXPECT_THAT(read(0, 10), testing::ElementsAre(event));
}

TEST_P(HistoryContract, ReadGivesEverythingAfterAPositionInOrder) {
  two_users();
  EXPECT_THAT(positions(read(0, 10)), testing::ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(positions(read(2, 10)), testing::ElementsAre(3, 4));
  EXPECT_TRUE(read(4, 10).empty());
}

TEST_P(HistoryContract, ReadStopsAtItsLimit) {
  two_users();
  EXPECT_THAT(positions(read(1, 2)), testing::ElementsAre(2, 3));
}

TEST_P(HistoryContract, StreamIsReadByVersionAlone) {
  two_users();
  const auto events = history_->read_stream(user_key(2), 0, 10);
  ASSERT_THAT(events, is_ok());
  EXPECT_THAT(positions(*events), testing::ElementsAre(2, 4));
  EXPECT_EQ(events->at(0).version, 1);
  EXPECT_EQ(events->at(1).version, 2);
}

TEST_P(HistoryContract, StreamIsReadAfterAVersionUpToALimit) {
  run({create_user(1), rename_user(1, "A"), rename_user(1, "B"), rename_user(1, "C")});
  const auto events = history_->read_stream(user_key(1), 1, 2);
  ASSERT_THAT(events, is_ok());
  EXPECT_THAT(positions(*events), testing::ElementsAre(2, 3));
}

TEST_P(HistoryContract, StreamsOfDifferentKindsNeverMix) {
  two_users();
  const auto events = history_->read_stream({Kind::kProduct, user_key(1).id}, 0, 10);
  ASSERT_THAT(events, is_ok());
  EXPECT_TRUE(events->empty());
}

TEST_P(HistoryContract, EventsCommittedLaterAreSeenByAnOpenReader) {
  EXPECT_TRUE(read(0, 10).empty());
  two_users();
  EXPECT_EQ(read(0, 10).size(), 4U);
  run({create_user(3)});
  EXPECT_THAT(positions(read(4, 10)), testing::ElementsAre(5));
}

TEST_P(HistoryContract, IncarnationStaysTheSameForEveryReader) {
  const auto first = history_->incarnation();
  two_users();
  const auto second = side_->open_history()->incarnation();
  ASSERT_THAT(first, is_ok());
  ASSERT_THAT(second, is_ok());
  EXPECT_FALSE(first->is_nil());
  EXPECT_EQ(*first, *second);
}

INSTANTIATE_TEST_SUITE_P(Backends, HistoryContract, testing::ValuesIn(write_backends()),
                         backend_name<WriteSide>);

}  // namespace
}  // namespace cqrs
