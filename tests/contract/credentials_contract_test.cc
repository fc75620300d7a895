// What every store promises about credentials: they change with their user's transaction, upgrades
// never undo what happened in between, and a deleted user leaves none.
#include "core/write/command_handler.h"

#include "tests/support/backends.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class CredentialsContract : public testing::TestWithParam<Backend<WriteSide>> {
 protected:
  Status commit(const Changes& changes) {
    return store_->transact({}, [&](const Loaded&) { return changes; });
  }
  Status put(const CredentialRecord& record) {
    Changes changes;
    changes.credentials.push_back(record);
    return commit(changes);
  }
  Status upgrade(const Credential& before, const CredentialRecord& after) {
    Changes changes;
    changes.upgrades.push_back({before, after});
    return commit(changes);
  }
  std::optional<CredentialRecord> find(std::uint64_t user) {
    auto found = side_->open_credentials()->find(an_id(Kind::kUser, user));
    EXPECT_THAT(found, is_ok());
    return *found;
  }
  std::vector<CredentialRecord> keyed(std::size_t max = 100) {
    auto found = side_->open_credentials()->keyed(max);
    EXPECT_THAT(found, is_ok());
    return *found;
  }
  static CredentialRecord record(std::uint64_t user, char fill = 'a') {
    return {an_id(Kind::kUser, user), {CredentialStage::kKeyed, 1, std::string(32, fill)}, kNow};
  }
  static CredentialRecord wrapped(std::uint64_t user) {
    return {an_id(Kind::kUser, user),
            {CredentialStage::kWrapped, 1, "$argon2id$v=19$m=8"},
            {kNow.micros + 5}};
  }

  std::unique_ptr<WriteSide> side_ = GetParam().make();
  std::unique_ptr<WriteStore> store_ = side_->open_store();
};

TEST_P(CredentialsContract, EmptyStoreHasNone) {
  EXPECT_FALSE(find(1).has_value());
  EXPECT_TRUE(keyed().empty());
  EXPECT_EQ(*side_->open_credentials()->count_keyed(), 0);
}

TEST_P(CredentialsContract, CredentialIsFoundAsItWasCommittedWithEveryByte) {
  CredentialRecord sent = record(1);
  sent.credential.hash = std::string("\0\xff'\n", 4) + std::string(28, '\0');
  ASSERT_THAT(put(sent), is_ok());
  EXPECT_EQ(find(1), sent);
  EXPECT_FALSE(find(2).has_value());
}

TEST_P(CredentialsContract, LaterCredentialReplacesTheEarlierOne) {
  ASSERT_THAT(put(record(1, 'a')), is_ok());
  ASSERT_THAT(put(record(1, 'b')), is_ok());
  EXPECT_EQ(find(1), record(1, 'b'));
  EXPECT_EQ(*side_->open_credentials()->count_keyed(), 1);
}

TEST_P(CredentialsContract, KeyedOnesComeInOrderOfUserAndNoMoreThanWanted) {
  for (const std::uint64_t user : {3, 1, 4, 2}) ASSERT_THAT(put(record(user)), is_ok());
  EXPECT_THAT(keyed(3), testing::ElementsAre(record(1), record(2), record(3)));
  EXPECT_EQ(*side_->open_credentials()->count_keyed(), 4);
}

TEST_P(CredentialsContract, OnlyKeyedOnesWaitToBeUpgraded) {
  CredentialRecord foreign = record(3);
  foreign.credential = {CredentialStage::kForeign, 0, "$2b$10$..."};
  ASSERT_THAT(put(record(1)), is_ok());
  ASSERT_THAT(put(wrapped(2)), is_ok());
  ASSERT_THAT(put(foreign), is_ok());
  EXPECT_THAT(keyed(), testing::ElementsAre(record(1)));
  EXPECT_EQ(*side_->open_credentials()->count_keyed(), 1);
  EXPECT_EQ(find(3), foreign);
}

TEST_P(CredentialsContract, UpgradeReplacesWhatWasLookedAt) {
  ASSERT_THAT(put(record(1)), is_ok());
  ASSERT_THAT(upgrade(record(1).credential, wrapped(1)), is_ok());
  EXPECT_EQ(find(1), wrapped(1));
  EXPECT_TRUE(keyed().empty());
}

TEST_P(CredentialsContract, UpgradeOfWhatChangedMeanwhileDoesNothing) {
  ASSERT_THAT(put(record(1, 'b')), is_ok());
  ASSERT_THAT(upgrade(record(1, 'a').credential, wrapped(1)), is_ok());
  EXPECT_EQ(find(1), record(1, 'b'));
  Credential other_key = record(1, 'b').credential;
  other_key.key_id = 2;
  ASSERT_THAT(upgrade(other_key, wrapped(1)), is_ok());
  EXPECT_EQ(find(1), record(1, 'b'));
}

TEST_P(CredentialsContract, UpgradeOfNobodyMakesNothing) {
  ASSERT_THAT(upgrade(record(1).credential, wrapped(1)), is_ok());
  EXPECT_FALSE(find(1).has_value());
}

TEST_P(CredentialsContract, DeletedUserLeavesNone) {
  for (const std::uint64_t user : {1, 2}) ASSERT_THAT(put(record(user)), is_ok());
  Changes changes;
  changes.events.push_back(an_event(1, user_key(1), 1, user_created(1)));
  changes.streams.push_back({user_key(1), 1, true, "", digest_of(user_key(1), 1, nullptr), 1});
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_FALSE(find(1).has_value());
  EXPECT_EQ(find(2), record(2));
  EXPECT_EQ(*side_->open_credentials()->count_keyed(), 1);
}

TEST_P(CredentialsContract, UserCreatedAndDeletedInOneTransactionLeavesNone) {
  Changes changes;
  changes.events.push_back(an_event(1, user_key(1), 1, user_created(1)));
  changes.streams.push_back({user_key(1), 1, true, "", digest_of(user_key(1), 1, nullptr), 1});
  changes.credentials.push_back(record(1));
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_FALSE(find(1).has_value());
}

TEST_P(CredentialsContract, DeletedStreamOfAnotherKindTakesNoUsersCredential) {
  CredentialRecord same_id = record(1);
  same_id.user = an_id(Kind::kProduct, 1);
  ASSERT_THAT(put(same_id), is_ok());
  Changes changes;
  const StreamKey product = product_key(1);
  changes.events.push_back(an_event(1, product, 1, user_created(1)));
  changes.streams.push_back({product, 1, true, "", digest_of(product, 1, nullptr), 1});
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_EQ(*side_->open_credentials()->count_keyed(), 1);
}

TEST_P(CredentialsContract, FailedTransactionLeavesCredentialsAsTheyWere) {
  ASSERT_THAT(put(record(1, 'a')), is_ok());
  Changes changes;
  changes.credentials = {record(1, 'b'), record(2)};
  // Two events with one id: refused by every store.
  changes.events.push_back(an_event(1, user_key(2), 1, user_created(2)));
  changes.events.push_back(changes.events.front());
  changes.events.back().position = 2;
  changes.events.back().version = 2;
  EXPECT_THAT(commit(changes), fails_with(ErrorCode::kInternal));
  EXPECT_EQ(find(1), record(1, 'a'));
  EXPECT_FALSE(find(2).has_value());
}

TEST_P(CredentialsContract, HandlerStoresThemForAcceptedCommandsOnly) {
  const ManualClock clock(kNow);
  CommandHandler handler(*store_, clock, 7);
  const auto with = [](Command command, char fill) {
    command.credential = record(1, fill).credential;
    return command;
  };
  const std::vector<Command> commands{
      with(with_key(create_user(1), 1), 'a'),
      with(with_key(create_user(1), 1), 'b'),  // replayed: nothing happens
      with(create_user(1), 'c'),               // refused: the id exists
      with(create_user(2, an_email(1)), 'd'),  // refused: the e-mail is taken
      with(create_user(3, "no e-mail"), 'e'),  // refused: invalid
      create_user(4),                          // has no password
  };
  const auto outcomes = handler.execute(commands);
  EXPECT_THAT(outcomes[0], is_ok());
  EXPECT_TRUE(outcomes[1].ok() && outcomes[1]->replayed);
  EXPECT_FALSE(outcomes[2].ok() || outcomes[3].ok() || outcomes[4].ok());
  EXPECT_THAT(outcomes[5], is_ok());
  EXPECT_THAT(keyed(), testing::ElementsAre(record(1, 'a')));
}

TEST_P(CredentialsContract, TheNextOwnerOfTheStoreFindsThem) {
  ASSERT_THAT(put(record(1)), is_ok());
  store_.reset();
  store_ = side_->open_store();
  EXPECT_EQ(find(1), record(1));
}

INSTANTIATE_TEST_SUITE_P(Backends, CredentialsContract, testing::ValuesIn(write_backends()),
                         backend_name<WriteSide>);

}  // namespace
}  // namespace cqrs
