// A server that goes away under open views: unavailable while it is gone, and then as if nothing
// had been.
#include "cli/faults/fault_proxy.h"

#include "tests/adapters/postgres/view_database.h"
#include "tests/contract/view_rows.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class PostgresViewOutage : public testing::Test {
 protected:
  [[nodiscard]] postgres::Options options() const {
    postgres::Options options = views_.options();
    options.url = proxy_.url();
    return options;
  }
  PostgresViews views_;
  FaultProxy proxy_{views_.options().url};
  const std::vector<StreamKey> keys_{user_key(1)};
};

TEST_F(PostgresViewOutage, EveryPortIsUnavailableAndThenWorksAgain) {
  auto store = postgres::open_projection_store(options(), 1);
  auto reader = postgres::open_read_store(options(), 1);
  auto source = postgres::open_view_source(options(), 1, "view");
  ASSERT_THAT(store, is_ok());
  ASSERT_THAT(reader, is_ok());
  ASSERT_THAT(source, is_ok());
  const auto epoch = (*store)->acquire()->epoch;
  ASSERT_THAT((*store)->commit(epoch, changes_of({a_row(user_key(1), 1)}, 1)), is_ok());
  proxy_.reset(true);
  EXPECT_THAT((*store)->commit(epoch, changes_of({a_row(user_key(1), 2)}, 2)),
              fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT((*store)->load(keys_), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT((*store)->acquire(), fails_with(ErrorCode::kUnavailable));
  for (int twice = 0; twice < 2; ++twice) {
    EXPECT_THAT((*reader)->get(keys_), fails_with(ErrorCode::kUnavailable));
    EXPECT_THAT((*reader)->find({}), fails_with(ErrorCode::kUnavailable));
    EXPECT_THAT((*reader)->counts(), fails_with(ErrorCode::kUnavailable));
  }
  EXPECT_THAT((*source)->sums(Kind::kUser), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(postgres::stored_generations(options()), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(postgres::remove_generation(options(), 1), fails_with(ErrorCode::kUnavailable));
  proxy_.accept_again();
  ASSERT_THAT((*store)->commit(epoch, changes_of({a_row(user_key(1), 2)}, 2)), is_ok());
  const auto rows = (*reader)->get(keys_);
  ASSERT_THAT(rows, is_ok());
  EXPECT_EQ(rows->at(0), a_row(user_key(1), 2));
  EXPECT_EQ((*source)->sums(Kind::kUser)->entities(), 1);
}

TEST_F(PostgresViewOutage, ACommitWhoseAnswerIsLostIsRepeatedWithoutHarm) {
  auto store = postgres::open_projection_store(options(), 1);
  ASSERT_THAT(store, is_ok());
  const auto epoch = (*store)->acquire()->epoch;
  proxy_.lose_answer_to("COMMIT");
  ViewChanges changes = changes_of({a_row(user_key(1), 1)}, 1);
  changes.parked = {{an_event(2, user_key(2), 1, user_renamed("Ada")), "unknown type"}};
  EXPECT_THAT((*store)->commit(epoch, changes), fails_with(ErrorCode::kUnavailable));
  ASSERT_THAT((*store)->commit(epoch, changes), is_ok());
  EXPECT_EQ((*store)->checkpoint()->applied, 1);
  EXPECT_EQ(views_.reader()->counts()->total(), 1);
  EXPECT_EQ(views_.execute("SELECT count(*) FROM parked"), "1");
}

TEST_F(PostgresViewOutage, SessionsThatTheServerEndedAreOpenedAnew) {
  const auto store = views_.store();
  const auto reader = views_.reader();
  const auto epoch = store->acquire()->epoch;
  ASSERT_EQ(views_.terminate(), 3);  // two are the store's
  EXPECT_THAT(store->commit(epoch, changes_of({a_row(user_key(1))}, 1)),
              fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(reader->get(keys_), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(store->commit(epoch, changes_of({a_row(user_key(1))}, 1)), is_ok());
  EXPECT_THAT(reader->get(keys_), is_ok());
}

TEST_F(PostgresViewOutage, AServerThatIsNotThereIsTold) {
  const auto gone = options();
  proxy_.reset(true);
  EXPECT_THAT(postgres::open_projection_store(gone, 1), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(postgres::open_read_store(gone, 1), fails_with(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace cqrs
