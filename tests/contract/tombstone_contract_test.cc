// Claims and tombstones as clients meet them: the real command handler on every write store. Goal:
// what a user gives up is free for others at once, and what was deleted stays deleted.
#include "core/write/command_handler.h"

#include "tests/support/backends.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class TombstoneContract : public testing::TestWithParam<Backend<WriteSide>> {
 protected:
  std::vector<Outcome> run(const std::vector<Command>& batch) {
    return CommandHandler(*store_, clock_, ++seed_).execute(batch);
  }
  Outcome run_one(const Command& command) { return run({command}).at(0); }
  void all_ok(const std::vector<Command>& batch) {
    for (const auto& outcome : run(batch)) ASSERT_THAT(outcome, is_ok());
  }
  // Everything that was kept in memory is read from the files anew.
  void reopen() {
    store_.reset();
    store_ = side_->open_store();
  }
  std::optional<StreamRecord> stream(const StreamKey& key) {
    std::optional<StreamRecord> found;
    EXPECT_THAT(store_->transact({{key}, {}, {}},
                                 [&](const Loaded& loaded) {
                                   found = loaded.streams.at(0);
                                   return Changes();
                                 }),
                is_ok());
    return found;
  }
  std::vector<Event> history() {
    auto events = side_->open_history()->read(0, 1'000);
    EXPECT_THAT(events, is_ok());
    return *events;
  }

  std::unique_ptr<WriteSide> side_ = GetParam().make();
  std::unique_ptr<WriteStore> store_ = side_->open_store();
  ManualClock clock_{kNow};
  std::uint64_t seed_ = 0;  // of event ids: each handler has its own
};

// A user with all three unique fields.
Command full_user(std::uint64_t number) {
  Command command = create_user(number);
  command.body = UserCommand(CreateUser{a_full_user(number).personal});
  return command;
}

struct UniqueField {
  ClaimField field;
  Patch<std::string> UpdateUser::*member;
  std::optional<std::string> of_first;  // what full_user(1) holds
  std::optional<std::string> other;     // what nobody holds
};

std::vector<UniqueField> unique_fields() {
  const PersonalFields first = a_full_user(1).personal;
  const PersonalFields ninth = a_full_user(9).personal;
  return {{ClaimField::kUserEmail, &UpdateUser::email, first.email, ninth.email},
          {ClaimField::kUserNickname, &UpdateUser::nickname, first.nickname, ninth.nickname},
          {ClaimField::kUserPhone, &UpdateUser::phone, first.phone, ninth.phone}};
}

Command take(std::uint64_t number, const UniqueField& unique) {
  UpdateUser changes;
  changes.*unique.member = {true, unique.of_first};
  return update_user(number, changes);
}

TEST_P(TombstoneContract, EachUniqueFieldIsRefusedToOthersAndFreeOnceItWasChanged) {
  all_ok({full_user(1), full_user(2)});
  for (const auto& unique : unique_fields()) {
    SCOPED_TRACE(std::string(claim_field_name(unique.field)));
    EXPECT_THAT(run_one(take(2, unique)),
                fails_with(ErrorCode::kAlreadyExists, claim_field_name(unique.field)));
    UpdateUser other;
    other.*unique.member = {true, unique.other};
    ASSERT_THAT(run_one(update_user(1, other)), is_ok());
    reopen();
    EXPECT_THAT(run_one(take(2, unique)), is_ok());
    EXPECT_THAT(run_one(take(1, unique)),
                fails_with(ErrorCode::kAlreadyExists, claim_field_name(unique.field)));
  }
}

TEST_P(TombstoneContract, ClearedNicknameAndPhoneAreFree) {
  all_ok({full_user(1), create_user(2)});
  UpdateUser cleared;
  cleared.nickname = cleared.phone = clear();
  ASSERT_THAT(run_one(update_user(1, cleared)), is_ok());
  const auto fields = unique_fields();
  EXPECT_THAT(run_one(take(2, fields[1])), is_ok());
  EXPECT_THAT(run_one(take(2, fields[2])), is_ok());
}

TEST_P(TombstoneContract, DeletedUserFreesEverythingItClaimed) {
  all_ok({full_user(1), create_user(2)});
  ASSERT_THAT(run_one(delete_user(1)), is_ok());
  reopen();
  for (const auto& unique : unique_fields()) EXPECT_THAT(run_one(take(2, unique)), is_ok());
}

TEST_P(TombstoneContract, WhatADeletedUserHeldCanBeTakenWithinTheSameBatch) {
  all_ok({full_user(1)});
  Command heir = create_user(2);
  heir.body = UserCommand(CreateUser{a_full_user(1).personal});
  all_ok({delete_user(1), heir});
  reopen();
  for (const auto& unique : unique_fields()) {
    EXPECT_THAT(run_one(take(2, unique)), is_ok()) << "its own already";
  }
  EXPECT_THAT(run_one(create_user(3, an_email(1))), fails_with(ErrorCode::kAlreadyExists, "email"));
}

TEST_P(TombstoneContract, UserCreatedAndDeletedWithinOneBatchLeavesNoClaim) {
  all_ok({full_user(1), delete_user(1)});
  reopen();
  Command heir = create_user(2);
  heir.body = UserCommand(CreateUser{a_full_user(1).personal});
  EXPECT_THAT(run_one(heir), is_ok());
}

TEST_P(TombstoneContract, TwoUsersSwapNicknamesThroughAGapWithinOneBatch) {
  all_ok({full_user(1), full_user(2)});
  const auto name_of = [](std::uint64_t number) { return *a_full_user(number).personal.nickname; };
  const auto rename = [](std::uint64_t number, Patch<std::string> nickname) {
    UpdateUser changes;
    changes.nickname = std::move(nickname);
    return update_user(number, changes);
  };
  all_ok({rename(1, clear()), rename(2, set(name_of(1))), rename(1, set(name_of(2)))});
  reopen();
  EXPECT_THAT(run_one(rename(1, set(name_of(1)))),
              fails_with(ErrorCode::kAlreadyExists, "nickname"));
  EXPECT_THAT(run_one(rename(2, set(name_of(2)))),
              fails_with(ErrorCode::kAlreadyExists, "nickname"));
}

TEST_P(TombstoneContract, DeletionLeavesATombstoneWithADigest) {
  all_ok({create_user(1), rename_user(1, "Ada")});
  const auto outcome = run_one(delete_user(1));
  ASSERT_THAT(outcome, is_ok());
  EXPECT_EQ(outcome->version, 3);
  EXPECT_FALSE(outcome->created);
  const auto record = stream(user_key(1));
  ASSERT_TRUE(record.has_value());
  EXPECT_TRUE(record->deleted);
  EXPECT_EQ(record->state, "");
  EXPECT_EQ(record->version, 3);
  EXPECT_EQ(record->digest, digest_of(user_key(1), 3, nullptr));
  EXPECT_EQ(history().back().type, "user.deleted");
}

TEST_P(TombstoneContract, EveryLaterCommandFindsItDeletedAndNothingRevivesIt) {
  all_ok({create_user(1), create_product(1)});
  all_ok({delete_user(1), delete_product(1)});
  const auto events = history().size();
  reopen();
  for (const auto& command :
       {rename_user(1, "Ada"), delete_user(1), deactivate_user(1), activate_user(1),
        delete_product(1), change_price(1, Money{1}), activate_product(1)}) {
    const auto outcome = run_one(command);
    EXPECT_THAT(outcome, fails_with(ErrorCode::kNotFound, "id"));
    EXPECT_THAT(outcome.error().message, testing::HasSubstr("was deleted"));
  }
  for (const auto& command : {create_user(1), create_product(1)}) {
    const auto outcome = run_one(command);
    EXPECT_THAT(outcome, fails_with(ErrorCode::kAlreadyExists, "id"));
    EXPECT_THAT(outcome.error().message, testing::HasSubstr("was deleted"));
  }
  EXPECT_EQ(history().size(), events);
}

TEST_P(TombstoneContract, TheSameHoldsWithinTheBatchOfTheDeletion) {
  all_ok({create_user(1), create_product(1)});
  const auto outcomes =
      run({delete_user(1), create_user(1), rename_user(1, "Ada"), create_order(1, 1, {1})});
  EXPECT_THAT(outcomes[0], is_ok());
  EXPECT_THAT(outcomes[1], fails_with(ErrorCode::kAlreadyExists, "id"));
  EXPECT_THAT(outcomes[2], fails_with(ErrorCode::kNotFound, "id"));
  EXPECT_THAT(outcomes[3], fails_with(ErrorCode::kInvalid, "userId"));
}

TEST_P(TombstoneContract, AnExpectedVersionDoesNotHideThatItWasDeleted) {
  all_ok({create_user(1), delete_user(1)});
  for (const std::int64_t version : {0, 1, 2, 7}) {
    Command command = rename_user(1, "Ada");
    command.expected_version = version;
    EXPECT_THAT(run_one(command), fails_with(ErrorCode::kNotFound, "id")) << version;
  }
}

TEST_P(TombstoneContract, StaleVersionDeletesNothing) {
  all_ok({create_product(1), change_price(1, Money{5})});
  Command stale = delete_product(1);
  stale.expected_version = 1;
  EXPECT_THAT(run_one(stale), fails_with(ErrorCode::kVersionConflict, "expected_version"));
  stale.expected_version = 2;
  EXPECT_THAT(run_one(stale), is_ok());
}

TEST_P(TombstoneContract, RepeatedDeletionUnderOneKeyIsAnsweredAsBefore) {
  all_ok({create_user(1)});
  const auto first = run_one(with_key(delete_user(1), 1));
  ASSERT_THAT(first, is_ok());
  reopen();
  const auto second = run_one(with_key(delete_user(1), 1));
  ASSERT_THAT(second, is_ok());
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(second->version, first->version);
  EXPECT_EQ(second->position, first->position);
}

TEST_P(TombstoneContract, DeletedOrInactiveProductCannotBeOrderedAndAnActivatedOneCan) {
  all_ok({create_user(1), create_product(1), create_product(2), delete_product(2)});
  const auto deleted = run_one(create_order(1, 1, {1, 2}));
  EXPECT_THAT(deleted, fails_with(ErrorCode::kInvalid, "items[1].productId"));
  all_ok({deactivate_product(1)});
  EXPECT_THAT(run_one(create_order(1, 1, {1})),
              fails_with(ErrorCode::kInvalid, "items[0].productId"));
  EXPECT_THAT(run({activate_product(1), create_order(1, 1, {1})})[1], is_ok());
}

INSTANTIATE_TEST_SUITE_P(Backends, TombstoneContract, testing::ValuesIn(write_backends()),
                         backend_name<WriteSide>);

}  // namespace
}  // namespace cqrs
