// The record is mended in one transaction, and only where it still is what the plan saw.
#include "core/adapters/postgres/record_repair.h"

#include "core/adapters/postgres/spoil.h"
#include "core/write/command_handler.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class PostgresRecordRepair : public testing::Test {
 protected:
  // Positions 1 … 4: a user, another one, and the first one renamed twice.
  void SetUp() override {
    const auto store = opened(postgres::open_write_store(schema_.options()));
    const ManualClock clock(kNow);
    CommandHandler handler(*store, clock, 7);
    const std::vector<Command> commands{create_user(1), create_user(2), rename_user(1, "Eve"),
                                        rename_user(1, "Zoe")};
    for (const auto& outcome : handler.execute(commands)) ASSERT_THAT(outcome, is_ok());
  }
  [[nodiscard]] Event event_at(Position position) const {
    const auto events = opened(postgres::open_history(schema_.options()))->read(position - 1, 1);
    return events && !events->empty() ? events->front() : Event();
  }
  [[nodiscard]] std::string positions_of(std::uint64_t user) const {
    return schema_.execute(
        "SELECT string_agg(position::text, ' ' ORDER BY stream_version) FROM events WHERE "
        "stream_id = '" +
        to_string(user_key(user).id) + "'");
  }
  [[nodiscard]] std::string unique_indexes() const {
    return schema_.execute(
        "SELECT count(*) FROM pg_index WHERE indrelid = 'events'::regclass AND indisunique");
  }
  void spoil(const std::function<Status(postgres::EventSpoiler&)>& how) const {
    const auto spoiler = opened(postgres::open_event_spoiler(schema_.options()));
    ASSERT_THAT(how(*spoiler), is_ok());
  }
  // Gives what the one change answered.
  Result<bool> mended(const std::function<Result<bool>(RecordRepair&)>& change) const {
    Result<bool> answer = false;
    const Status status =
        postgres::repair_record(schema_.options(), [&](RecordRepair& repair) -> Status {
          answer = change(repair);
          return answer ? Status() : answer.error();
        });
    if (!status) return status.error();
    return answer;
  }
  RepairItem removal_of(Position position) const {
    RepairItem item;
    item.action = RepairAction::kRemoveEvent;
    item.entity = user_key(1);
    item.events = {{event_at(position).event_id, 3, position, 0}};
    return item;
  }

  PostgresSchema schema_;
};

TEST_F(PostgresRecordRepair, ACopyAtTheEndGoesAndTheIndexesAreUniqueAgain) {
  spoil([](postgres::EventSpoiler& spoiler) { return spoiler.repeat_event(4); });
  EXPECT_EQ(unique_indexes(), "1") << "the primary key alone";
  const RepairItem item = removal_of(5);
  EXPECT_EQ(*mended([&](RecordRepair& repair) { return repair.remove_event(item); }), true);
  EXPECT_EQ(positions_of(1), "1 3 4");
  EXPECT_EQ(unique_indexes(), "3");
  EXPECT_EQ(*mended([&](RecordRepair& repair) { return repair.remove_event(item); }), false);
}

TEST_F(PostgresRecordRepair, OnlyACopyAtTheEndOfTheRecordGoes) {
  const RepairItem single = removal_of(4);
  EXPECT_EQ(*mended([&](RecordRepair& repair) { return repair.remove_event(single); }), false);
  spoil([](postgres::EventSpoiler& spoiler) -> Status {
    CQRS_TRY(spoiler.repeat_event(4));
    return spoiler.repeat_event(2);
  });
  const RepairItem amid = removal_of(5);
  EXPECT_EQ(*mended([&](RecordRepair& repair) { return repair.remove_event(amid); }), false);
  EXPECT_EQ(positions_of(1), "1 3 4 5");
  EXPECT_EQ(unique_indexes(), "1") << "copies are left";
}

TEST_F(PostgresRecordRepair, EventsGoBackToTheirPositionsWhereTheyStillStandAsSeen) {
  spoil([](postgres::EventSpoiler& spoiler) { return spoiler.exchange_events(3, 4); });
  EXPECT_EQ(positions_of(1), "1 4 3");
  RepairItem item;
  item.action = RepairAction::kMoveEvents;
  item.entity = user_key(1);
  item.events = {{event_at(4).event_id, 2, 4, 3}, {event_at(3).event_id, 3, 3, 4}};
  EXPECT_EQ(*mended([&](RecordRepair& repair) { return repair.move_events(item); }), true);
  EXPECT_EQ(positions_of(1), "1 3 4");
  EXPECT_EQ(*mended([&](RecordRepair& repair) { return repair.move_events(item); }), false);
  EXPECT_EQ(positions_of(1), "1 3 4");
}

TEST_F(PostgresRecordRepair, AStreamIsWrittenWhereItStillIsWhatThePlanSaw) {
  const auto source = opened(postgres::open_stream_source(schema_.options()));
  const auto right = source->fetch(user_key(2));
  ASSERT_TRUE(right.ok() && right->has_value());
  RepairItem item;
  item.action = RepairAction::kPutStream;
  item.entity = user_key(2);
  item.row.key = user_key(2);
  item.row.version = (*right)->version;
  item.row.digest = (*right)->digest;
  item.row.position = (*right)->position;
  item.row.body = (*right)->content;
  const auto put = [&](RecordRepair& repair) { return repair.put_stream(item); };
  EXPECT_EQ(*mended(put), false) << "it is there, and the plan saw none";
  schema_.execute("DELETE FROM streams WHERE id = '" + to_string(user_key(2).id) + "' RETURNING 1");
  EXPECT_EQ(*mended(put), true);
  const auto written = source->fetch(user_key(2));
  ASSERT_TRUE(written.ok() && written->has_value());
  EXPECT_EQ((*written)->content, (*right)->content);
  EXPECT_EQ((*written)->digest, (*right)->digest);
  EXPECT_EQ((*written)->position, (*right)->position);

  item.seen = SeenRow{(*right)->version, (*right)->digest};
  item.row.version = 2;
  EXPECT_EQ(*mended(put), false) << "the plan knows of an event that is not there";
}

TEST_F(PostgresRecordRepair, NothingIsChangedWhenTheWorkEndsInAnError) {
  spoil([](postgres::EventSpoiler& spoiler) { return spoiler.repeat_event(4); });
  const RepairItem item = removal_of(5);
  const Status status =
      postgres::repair_record(schema_.options(), [&](RecordRepair& repair) -> Status {
        EXPECT_EQ(*repair.remove_event(item), true);
        return make_error(ErrorCode::kVersionConflict, "the lease was lost");
      });
  EXPECT_THAT(status, fails_with(ErrorCode::kVersionConflict));
  EXPECT_EQ(positions_of(1), "1 3 4 5");
}

}  // namespace
}  // namespace cqrs
