// One command at a time through the handler: outcomes, versions, idempotency and what is left
// behind.
#include "core/write/command_handler.h"

#include "core/adapters/memory/stores.h"
#include "core/events/codec.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class CommandHandlerTest : public testing::Test {
 protected:
  Outcome run(const Command& command) {
    const auto outcomes = handler_.execute(std::vector<Command>{command});
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.at(0);
  }

  memory::MemoryRecord record_;
  memory::Fault fault_ = memory::Fault::kNone;
  std::unique_ptr<WriteStore> store_ =
      memory::open_write_store(record_, [this](std::string_view) { return fault_; });
  ManualClock clock_{kNow};
  CommandHandler handler_{*store_, clock_, 7};
};

TEST_F(CommandHandlerTest, AnEmptyBatchDoesNothing) {
  EXPECT_TRUE(handler_.execute({}).empty());
  EXPECT_TRUE(record_.events.empty());
}

TEST_F(CommandHandlerTest, AcceptedCommandNamesVersionAndPositionOfItsEvent) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  const auto outcome = run(rename_user(1, "Ada"));
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->stream, user_key(1));
  EXPECT_EQ(outcome->version, 2);
  EXPECT_EQ(outcome->position, 2);
  EXPECT_FALSE(outcome->created);
  EXPECT_FALSE(outcome->replayed);
}

TEST_F(CommandHandlerTest, CreationIsMarkedAsSuch) {
  const auto outcome = run(create_user(1));
  ASSERT_THAT(outcome, is_ok());
  EXPECT_TRUE(outcome->created);
  EXPECT_EQ(outcome->version, 1);
}

TEST_F(CommandHandlerTest, EventCarriesTheCommandsTraceAndTheClocksTime) {
  Command command = create_user(1);
  command.traceparent = "00-trace-span-01";
  ASSERT_THAT(run(command), is_ok());
  ASSERT_EQ(record_.events.size(), 1U);
  EXPECT_EQ(record_.events[0].traceparent, "00-trace-span-01");
  EXPECT_EQ(record_.events[0].recorded_at, kNow);
  EXPECT_EQ(record_.events[0].type, "user.created");
}

TEST_F(CommandHandlerTest, StreamHoldsTheStateItsDigestAndTheLastPosition) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  ASSERT_THAT(run(rename_user(1, "Ada")), is_ok());
  const StreamRecord& stream = record_.streams.at(user_key(1));
  UserState expected = a_user(1);
  expected.personal.name = "Ada";
  const State state = expected;
  const auto stored = decode_state(Kind::kUser, stream.state);
  ASSERT_THAT(stored, is_ok());
  EXPECT_EQ(*stored, state);
  EXPECT_EQ(stream.digest, digest_of(user_key(1), 2, &state));
  EXPECT_EQ(stream.position, 2);
  EXPECT_FALSE(stream.deleted);
}

TEST_F(CommandHandlerTest, RejectedCommandLeavesNothingBehind) {
  EXPECT_THAT(run(with_key(rename_user(1, "Ada"), 1)), fails_with(ErrorCode::kNotFound, "id"));
  EXPECT_TRUE(record_.events.empty());
  EXPECT_TRUE(record_.requests.empty());
}

TEST_F(CommandHandlerTest, ChangeToTheSameValueIsAcceptedWithoutAnEvent) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  const auto outcome = run(rename_user(1, a_user(1).personal.name));
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->version, 1);
  EXPECT_EQ(outcome->position, 1);
  EXPECT_EQ(record_.events.size(), 1U);
}

TEST_F(CommandHandlerTest, ExpectedVersionMustBeTheCurrentOne) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  Command stale = rename_user(1, "Ada");
  stale.expected_version = 2;
  EXPECT_THAT(run(stale), fails_with(ErrorCode::kVersionConflict, "expected_version"));
  Command right = rename_user(1, "Ada");
  right.expected_version = 1;
  EXPECT_THAT(run(right), is_ok());
}

TEST_F(CommandHandlerTest, ExpectedVersionZeroMeansItMustNotExist) {
  Command command = create_user(1);
  command.expected_version = 0;
  EXPECT_THAT(run(command), is_ok());
  EXPECT_THAT(run(command), fails_with(ErrorCode::kVersionConflict, "expected_version"));
}

TEST_F(CommandHandlerTest, EmailOfAnotherUserIsRefusedWhateverItsCase) {
  ASSERT_THAT(run(create_user(1, "Ada@Example.com")), is_ok());
  EXPECT_THAT(run(create_user(2, "aDA@example.COM")),
              fails_with(ErrorCode::kAlreadyExists, "email"));
}

TEST_F(CommandHandlerTest, NicknameAndPhoneOfAnotherUserAreRefused) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  ASSERT_THAT(run(create_user(2)), is_ok());
  UpdateUser first;
  first.nickname = set("Ada");
  first.phone = set("+4930123456");
  ASSERT_THAT(run(update_user(1, first)), is_ok());
  UpdateUser nickname;
  nickname.nickname = set("ADA");
  EXPECT_THAT(run(update_user(2, nickname)), fails_with(ErrorCode::kAlreadyExists, "nickname"));
  UpdateUser phone;
  phone.phone = set("+4930123456");
  EXPECT_THAT(run(update_user(2, phone)), fails_with(ErrorCode::kAlreadyExists, "phone"));
}

TEST_F(CommandHandlerTest, ClearedNicknameIsFreeForOthers) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  ASSERT_THAT(run(create_user(2)), is_ok());
  UpdateUser take;
  take.nickname = set("Ada");
  UpdateUser leave;
  leave.nickname = clear();
  ASSERT_THAT(run(update_user(1, take)), is_ok());
  ASSERT_THAT(run(update_user(1, leave)), is_ok());
  EXPECT_THAT(run(update_user(2, take)), is_ok());
  EXPECT_EQ(record_.claims.at({ClaimField::kUserNickname, "ada"}), an_id(Kind::kUser, 2));
}

TEST_F(CommandHandlerTest, CaseOfANicknameCanBeChangedByItsOwner) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  UpdateUser changes;
  changes.nickname = set("ada");
  ASSERT_THAT(run(update_user(1, changes)), is_ok());
  changes.nickname = set("Ada");
  EXPECT_THAT(run(update_user(1, changes)), is_ok());
}

TEST_F(CommandHandlerTest, SameKeyAndBodyGetsTheFirstAnswerAgain) {
  const auto first = run(with_key(create_user(1), 1));
  ASSERT_THAT(run(rename_user(1, "Ada")), is_ok());
  const auto again = run(with_key(create_user(1), 1));
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->replayed);
  EXPECT_TRUE(again->created);
  EXPECT_EQ(again->version, first->version);
  EXPECT_EQ(again->position, first->position);
  EXPECT_EQ(record_.events.size(), 2U);
}

TEST_F(CommandHandlerTest, SameKeyWithAnotherBodyIsRefused) {
  ASSERT_THAT(run(with_key(create_user(1), 1, 1)), is_ok());
  EXPECT_THAT(run(with_key(create_user(2), 1, 2)),
              fails_with(ErrorCode::kAlreadyExists, "Idempotency-Key"));
  EXPECT_EQ(record_.events.size(), 1U);
}

TEST_F(CommandHandlerTest, RejectionIsDecidedAfreshUnderTheSameKey) {
  EXPECT_THAT(run(with_key(rename_user(1, "Ada"), 1)), fails_with(ErrorCode::kNotFound));
  ASSERT_THAT(run(create_user(1)), is_ok());
  const auto retried = run(with_key(rename_user(1, "Ada"), 1));
  ASSERT_THAT(retried, is_ok());
  EXPECT_FALSE(retried->replayed);
}

TEST_F(CommandHandlerTest, AcceptedCommandWithoutEffectIsRememberedToo) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  const auto command = with_key(rename_user(1, a_user(1).personal.name), 1);
  ASSERT_THAT(run(command), is_ok());
  ASSERT_THAT(run(rename_user(1, "Ada")), is_ok());
  const auto again = run(command);
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->version, 1);
}

TEST_F(CommandHandlerTest, UnavailableStoreIsReportedAsSuch) {
  fault_ = memory::Fault::kNotDone;
  EXPECT_THAT(run(create_user(1)), fails_with(ErrorCode::kUnavailable));
  EXPECT_TRUE(record_.events.empty());
}

TEST_F(CommandHandlerTest, CommitOfUnknownOutcomeIsInDoubtAndResolvedByItsKey) {
  fault_ = memory::Fault::kDoneUnacknowledged;
  EXPECT_THAT(run(with_key(create_user(1), 1)), fails_with(ErrorCode::kInDoubt));
  fault_ = memory::Fault::kNone;
  const auto again = run(with_key(create_user(1), 1));
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(record_.events.size(), 1U);
}

TEST_F(CommandHandlerTest, UnreadableStreamFailsOnlyItsOwnCommands) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  record_.streams.at(user_key(1)).state = "{";
  const auto outcomes =
      handler_.execute(std::vector<Command>{rename_user(1, "Ada"), create_user(2)});
  EXPECT_THAT(outcomes[0], fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(outcomes[1], is_ok());
}

TEST_F(CommandHandlerTest, DeletedEntityCanNeitherBeChangedNorCreatedAgain) {
  ASSERT_THAT(run(create_user(1)), is_ok());
  record_.streams.at(user_key(1)).deleted = true;
  record_.streams.at(user_key(1)).state.clear();
  EXPECT_THAT(run(rename_user(1, "Ada")), fails_with(ErrorCode::kNotFound, "id"));
  EXPECT_THAT(run(create_user(1)), fails_with(ErrorCode::kAlreadyExists, "id"));
}

}  // namespace
}  // namespace cqrs
