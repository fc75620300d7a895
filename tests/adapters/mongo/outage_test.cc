// A server that goes away under an open store: unavailable while it is gone, and then as if nothing
// had been.
#include "cli/faults/fault_proxy.h"

#include "tests/adapters/mongo/database.h"
#include "tests/contract/view_rows.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class MongoOutage : public testing::Test {
 protected:
  [[nodiscard]] mongo::Options options() const {
    return {proxy_.url(), database_.options().database};
  }
  MongoDatabase database_;
  FaultProxy proxy_{database_.options().url};
  const std::vector<StreamKey> keys_{user_key(1)};
};

// The first call on a broken connection may be the one that tells.
template <class Call>
auto within_two(Call call) {
  auto first = call();
  return first.ok() ? std::move(first) : call();
}

TEST_F(MongoOutage, EveryPortIsUnavailableAndThenWorksAgain) {
  auto store = mongo::open_projection_store(options(), 1);
  auto reader = mongo::open_read_store(options(), 1);
  auto source = mongo::open_view_source(options(), 1, "view");
  ASSERT_THAT(store, is_ok());
  ASSERT_THAT(reader, is_ok());
  ASSERT_THAT(source, is_ok());
  const auto epoch = (*store)->acquire()->epoch;
  ASSERT_THAT((*store)->commit(epoch, changes_of({a_row(user_key(1), 1)}, 1)), is_ok());
  proxy_.reset(true);
  const auto refused = (*store)->commit(epoch, changes_of({a_row(user_key(1), 2)}, 2));
  EXPECT_THAT(refused, fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(refused.error().message, testing::HasSubstr("127.0.0.1"));
  EXPECT_THAT((*store)->load(keys_), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT((*store)->acquire(), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT((*reader)->get(keys_), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT((*reader)->counts(), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT((*source)->sums(Kind::kUser), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(mongo::stored_generations(options()), fails_with(ErrorCode::kUnavailable));
  proxy_.accept_again();
  ASSERT_THAT((*store)->commit(epoch, changes_of({a_row(user_key(1), 2)}, 2)), is_ok());
  const auto rows = (*reader)->get(keys_);
  ASSERT_THAT(rows, is_ok());
  EXPECT_EQ(rows->at(0), a_row(user_key(1), 2));
  EXPECT_EQ((*source)->sums(Kind::kUser)->entities(), 1);
}

TEST_F(MongoOutage, ARestartBetweenTwoCallsIsSurvivedByTheNextTry) {
  auto store = mongo::open_projection_store(options(), 1);
  ASSERT_THAT(store, is_ok());
  const auto epoch = (*store)->acquire()->epoch;
  proxy_.reset(true);
  proxy_.accept_again();
  const auto commit = [&] {
    return (*store)->commit(epoch, changes_of({a_row(user_key(1), 1)}, 1));
  };
  EXPECT_THAT(within_two(commit), is_ok());
  EXPECT_EQ((*store)->checkpoint()->applied, 1);
}

TEST_F(MongoOutage, AServerThatIsNotThereIsTold) {
  const auto gone = options();
  proxy_.reset(true);
  const auto opened = mongo::open_projection_store(gone, 1);
  ASSERT_THAT(opened, fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(opened.error().message, testing::HasSubstr("MongoDB at 127.0.0.1:"));
  EXPECT_THAT(mongo::open_read_store(gone, 1), fails_with(ErrorCode::kUnavailable));
}

TEST_F(MongoOutage, AUrlThatCannotBeReadIsRefusedWithoutItsPassword) {
  mongo::Options broken;
  broken.url = "mongodb://user:secret@host:99999999";
  const auto opened = mongo::open_read_store(broken, 1);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().message, testing::Not(testing::HasSubstr("secret")));
}

}  // namespace
}  // namespace cqrs
