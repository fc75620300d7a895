// What the commands of one batch are to each other: order, overlay, claims, equal keys, a poisoned
// one.
#include "core/adapters/memory/stores.h"
#include "core/write/command_handler.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class CommandBatchTest : public testing::Test {
 protected:
  std::vector<Outcome> run(const std::vector<Command>& batch) { return handler_.execute(batch); }

  memory::MemoryRecord record_;
  memory::Fault fault_ = memory::Fault::kNone;
  std::unique_ptr<WriteStore> store_ =
      memory::open_write_store(record_, [this](std::string_view) { return fault_; });
  ManualClock clock_{kNow};
  CommandHandler handler_{*store_, clock_, 7};
};

TEST_F(CommandBatchTest, CommandsAreDecidedInOrderOfArrival) {
  const auto outcomes =
      run({create_user(1), rename_user(1, "First"), create_product(1), rename_user(1, "Second")});
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ASSERT_THAT(outcomes[i], is_ok());
    EXPECT_EQ(outcomes[i]->position, static_cast<Position>(i + 1));
  }
  EXPECT_EQ(outcomes[3]->version, 3);
  EXPECT_THAT(record_.streams.at(user_key(1)).state, testing::HasSubstr("Second"));
}

TEST_F(CommandBatchTest, ChangeBeforeTheCreationIsNotFound) {
  const auto outcomes = run({rename_user(1, "Ada"), create_user(1)});
  EXPECT_THAT(outcomes[0], fails_with(ErrorCode::kNotFound, "id"));
  EXPECT_THAT(outcomes[1], is_ok());
}

TEST_F(CommandBatchTest, OrderMayReferToUserAndProductCreatedEarlierInTheBatch) {
  const auto outcomes = run({create_user(1), create_product(1), create_order(1, 1, {1})});
  EXPECT_THAT(outcomes[2], is_ok());
}

TEST_F(CommandBatchTest, OrderBeforeItsUserIsRefused) {
  const auto outcomes = run({create_product(1), create_order(1, 1, {1}), create_user(1)});
  EXPECT_THAT(outcomes[1], fails_with(ErrorCode::kInvalid, "userId"));
  EXPECT_THAT(outcomes[2], is_ok());
}

TEST_F(CommandBatchTest, OrderIsPricedAsTheBatchStandsBeforeIt) {
  const auto outcomes = run({create_user(1), create_product(1), change_price(1, Money{1735}),
                             create_order(1, 1, {1}), change_price(1, Money{1})});
  ASSERT_THAT(outcomes[3], is_ok());
  EXPECT_THAT(record_.streams.at(order_key(1)).state, testing::HasSubstr("\"totalMinor\":3470"));
}

TEST_F(CommandBatchTest, SecondOfTwoEqualEmailsIsRefused) {
  const auto outcomes = run({create_user(1, "ada@example.com"), create_user(2, "ADA@example.com")});
  EXPECT_THAT(outcomes[0], is_ok());
  EXPECT_THAT(outcomes[1], fails_with(ErrorCode::kAlreadyExists, "email"));
}

TEST_F(CommandBatchTest, ReleasedEmailIsFreeForTheNextCommand) {
  run({create_user(1, "ada@example.com")});
  const auto outcomes =
      run({change_email(1, "new@example.com"), create_user(2, "ada@example.com")});
  EXPECT_THAT(outcomes[0], is_ok());
  EXPECT_THAT(outcomes[1], is_ok());
  EXPECT_EQ(record_.claims.at({ClaimField::kUserEmail, "ada@example.com"}), an_id(Kind::kUser, 2));
  EXPECT_EQ(record_.claims.at({ClaimField::kUserEmail, "new@example.com"}), an_id(Kind::kUser, 1));
}

TEST_F(CommandBatchTest, TwoUsersCanSwapTheirEmailsThroughAThird) {
  run({create_user(1, "a@example.com"), create_user(2, "b@example.com")});
  const auto outcomes = run({change_email(1, "c@example.com"), change_email(2, "a@example.com"),
                             change_email(1, "b@example.com")});
  for (const auto& outcome : outcomes) EXPECT_THAT(outcome, is_ok());
  EXPECT_EQ(record_.claims.at({ClaimField::kUserEmail, "a@example.com"}), an_id(Kind::kUser, 2));
  EXPECT_EQ(record_.claims.at({ClaimField::kUserEmail, "b@example.com"}), an_id(Kind::kUser, 1));
  EXPECT_EQ(record_.claims.size(), 2U);
}

TEST_F(CommandBatchTest, EmailTakenAndLeftWithinTheBatchLeavesNoClaim) {
  const auto outcomes = run({create_user(1, "a@example.com"), change_email(1, "b@example.com"),
                             change_email(1, "c@example.com"), change_email(1, "b@example.com")});
  for (const auto& outcome : outcomes) ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(record_.claims.size(), 1U);
  EXPECT_TRUE(record_.claims.contains({ClaimField::kUserEmail, "b@example.com"}));
}

TEST_F(CommandBatchTest, OwnEmailLeftAndTakenBackIsStillHeld) {
  run({create_user(1, "a@example.com")});
  const auto outcomes = run({change_email(1, "b@example.com"), change_email(1, "a@example.com")});
  for (const auto& outcome : outcomes) ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(record_.claims.at({ClaimField::kUserEmail, "a@example.com"}), an_id(Kind::kUser, 1));
  EXPECT_EQ(record_.claims.size(), 1U);
}

TEST_F(CommandBatchTest, SecondOfTwoEqualKeysGetsTheFirstsOutcome) {
  const auto outcomes = run({with_key(create_user(1), 1), with_key(create_user(1), 1)});
  ASSERT_THAT(outcomes[0], is_ok());
  ASSERT_THAT(outcomes[1], is_ok());
  EXPECT_FALSE(outcomes[0]->replayed);
  EXPECT_TRUE(outcomes[1]->replayed);
  EXPECT_EQ(outcomes[1]->position, outcomes[0]->position);
  EXPECT_EQ(record_.events.size(), 1U);
}

TEST_F(CommandBatchTest, EqualKeysWithDifferentBodiesDoNotBothSucceed) {
  const auto outcomes = run({with_key(create_user(1), 1, 1), with_key(create_user(2), 1, 2)});
  EXPECT_THAT(outcomes[0], is_ok());
  EXPECT_THAT(outcomes[1], fails_with(ErrorCode::kAlreadyExists, "Idempotency-Key"));
}

TEST_F(CommandBatchTest, EqualKeyAfterARejectionIsDecidedAfresh) {
  const auto outcomes =
      run({with_key(rename_user(1, "Ada"), 1), create_user(1), with_key(rename_user(1, "Ada"), 1)});
  EXPECT_THAT(outcomes[0], fails_with(ErrorCode::kNotFound));
  ASSERT_THAT(outcomes[2], is_ok());
  EXPECT_FALSE(outcomes[2]->replayed);
}

TEST_F(CommandBatchTest, ExpectedVersionSeesTheBatchBeforeIt) {
  Command stale = rename_user(1, "Stale");
  stale.expected_version = 1;
  Command fresh = rename_user(1, "Fresh");
  fresh.expected_version = 2;
  const auto outcomes = run({create_user(1), rename_user(1, "Ada"), stale, fresh});
  EXPECT_THAT(outcomes[2], fails_with(ErrorCode::kVersionConflict, "expected_version"));
  EXPECT_THAT(outcomes[3], is_ok());
}

TEST_F(CommandBatchTest, EventIdsOfABatchAreDistinctAndGrow) {
  run({create_user(1), create_user(2), create_user(3)});
  EXPECT_LT(record_.events[0].event_id, record_.events[1].event_id);
  EXPECT_LT(record_.events[1].event_id, record_.events[2].event_id);
}

TEST_F(CommandBatchTest, UnknownOutcomeOfTheCommitIsEveryCommandsOutcome) {
  fault_ = memory::Fault::kDoneUnacknowledged;
  for (const auto& outcome : run({create_user(1), create_user(2)})) {
    EXPECT_THAT(outcome, fails_with(ErrorCode::kInDoubt));
  }
}

// A store in which one entity cannot be written, for a reason that nobody could have known before.
class PoisonedStore final : public WriteStore {
 public:
  PoisonedStore(WriteStore& inner, const StreamKey& poisoned, ErrorCode code)
      : inner_(inner), poisoned_(poisoned), code_(code) {}

  Status transact(const Touched& touched,
                  const std::function<Changes(const Loaded&)>& decide) override {
    ++calls;
    bool hit = false;
    const Status status = inner_.transact(touched, [&](const Loaded& loaded) {
      Changes changes = decide(loaded);
      for (const auto& event : changes.events) hit = hit || event.stream == poisoned_;
      return hit ? Changes() : std::move(changes);
    });
    if (hit) return make_error(code_, "constraint failed");
    return status;
  }

  int calls = 0;

 private:
  WriteStore& inner_;
  StreamKey poisoned_;
  ErrorCode code_;
};

std::vector<Command> five_hundred_users() {
  std::vector<Command> batch;
  for (std::uint64_t i = 0; i < 500; ++i) batch.push_back(with_key(create_user(i), i));
  return batch;
}

TEST_F(CommandBatchTest, PoisonedCommandAloneGetsInternalAndTheOthersNeverNotice) {
  PoisonedStore poisoned(*store_, user_key(123), ErrorCode::kInternal);
  CommandHandler handler(poisoned, clock_, 7);
  const auto outcomes = handler.execute(five_hundred_users());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (i == 123) {
      EXPECT_THAT(outcomes[i], fails_with(ErrorCode::kInternal));
    } else {
      ASSERT_THAT(outcomes[i], is_ok()) << i;
      EXPECT_FALSE(outcomes[i]->replayed);
      EXPECT_EQ(record_.events.at(static_cast<std::size_t>(outcomes[i]->position - 1)).stream,
                user_key(i));
    }
  }
  EXPECT_EQ(record_.events.size(), 499U);
}

TEST_F(CommandBatchTest, PoisonedCommandIsFoundByHalvingAndNotOneByOne) {
  PoisonedStore poisoned(*store_, user_key(123), ErrorCode::kInternal);
  CommandHandler handler(poisoned, clock_, 7);
  (void)handler.execute(five_hundred_users());
  EXPECT_LE(poisoned.calls, 1 + 2 * 9);
}

TEST_F(CommandBatchTest, BatchIsNotHalvedWhenTheStoreCannotBeReached) {
  PoisonedStore poisoned(*store_, user_key(123), ErrorCode::kUnavailable);
  CommandHandler handler(poisoned, clock_, 7);
  for (const auto& outcome : handler.execute(five_hundred_users())) {
    ASSERT_THAT(outcome, fails_with(ErrorCode::kUnavailable));
  }
  EXPECT_EQ(poisoned.calls, 1);
}

}  // namespace
}  // namespace cqrs
